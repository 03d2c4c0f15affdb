/** Heat maps as tables: rows against tasks. */
import { wrapped } from '../../report/page/charts/theme.ts';
import { signed } from '../../report/page/format.ts';
import { type Content, type Html, html } from '../../report/page/html.ts';

export interface HeatRow {
  label: string;
  values: readonly (number | null)[];
}

export interface HeatMap {
  /** What it is called where it cannot be seen. */
  title: string;
  /** What the first column names. */
  head: string;
  columns: readonly string[];
  rows: readonly HeatRow[];
  /** Digits behind the point. */
  digits: number;
}

/** Where the three shades of a difference begin, in dB. */
const shadeLimits = [0.02, 0.1, 0.3] as const;

/** Blue above 0 and orange below, in three shades; none within 0.02 dB. */
export function shadeOf(value: number | null): string {
  if (value === null) return 'unknown';
  const size = shadeLimits.filter((limit) => Math.abs(value) >= limit).length;
  return size === 0 ? 'even' : `${value > 0 ? 'gain' : 'loss'}${size}`;
}

export function heatMap({ title, head, columns, rows, digits }: HeatMap): Html {
  return html`<div class="map"><div class="scroll" role="region" aria-label="${title}" tabindex="0"><table class="heat">
<thead><tr><th scope="col">${head}</th>${columns.map((name) => html`<th scope="col">${broken(name)}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ label, values }) =>
      html`<tr><th scope="row">${label}</th>${values.map(
        (value) => html`<td class="${shadeOf(value)}">${signed(value, digits)}</td>`,
      )}</tr>
`,
  )}</tbody>
</table></div></div>`;
}

/** Long names stand on several lines. */
function broken(name: string): Content {
  return wrapped(name, 9)
    .split('\n')
    .map((part, at) => [at > 0 && html`<br>`, part]);
}
