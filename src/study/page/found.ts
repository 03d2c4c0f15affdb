/** What was found, first of all: does an arm meet the goal, and what does the reader have to know. */
import { type Html, html } from '../../report/page/html.ts';
import { section } from '../../report/page/sections/parts.ts';
import { goalSentence, verdicts } from '../results/text.ts';
import type { StudyResults } from '../results.ts';

export function foundSection(results: StudyResults): Html {
  const { notes } = results;
  return section(
    { id: 'found', title: 'What was found', lead: goalSentence },
    html`<ul>${verdicts(results).map((text) => html`<li>${text}</li>`)}</ul>`,
    notes.length > 0 &&
      html`<h3>To know</h3><ul class="fine">${notes.map((text) => html`<li>${text}</li>`)}</ul>`,
  );
}
