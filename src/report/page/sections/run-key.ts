/** Which line is which run: a sample of its dashes and its name. */
import { runLook } from '../charts/theme.ts';
import type { RunFacts } from '../gather/run.ts';
import { type Html, html } from '../html.ts';
import { runName } from './parts.ts';

/** Nothing for a single run. */
export function runKey(runs: readonly RunFacts[]): Html | '' {
  if (runs.length < 2) return '';
  return html`<ul class="key">${runs.map((run) => {
    const { colour, dash } = runLook(run.number);
    const dashes = dash === 'solid' ? 'none' : dash.join(' ');
    return html`<li><svg viewBox="0 0 36 8" width="36" height="8" aria-hidden="true"><path d="M1 4H35" fill="none" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/></svg> ${runName(run)}</li>`;
  })}</ul>`;
}
