/** Pieces that sections are made of. */
import type { Picture } from '../gather/encode.ts';
import type { RunFacts } from '../gather/run.ts';
import { type Content, type Html, html } from '../html.ts';

export interface SectionText {
  id: string;
  title: string;
  /** What it shows and how to read it. */
  lead?: Content;
}

export function section({ id, title, lead }: SectionText, ...body: Content[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${lead ? html`<p class="lead">${lead}</p>` : ''}
${body}
</section>
`;
}

/** A plain sentence in the place of what is missing. */
export function missing(text: Content): Html {
  return html`<p class="missing">${text}</p>`;
}

/** How a run is called: its letter, where there are several, and its name. */
export function runName({ letter, name }: RunFacts): string {
  return letter ? `${letter} · ${name}` : name;
}

/** A heading for what belongs to one of several runs. */
export function runHeading(run: RunFacts): Html | '' {
  return run.letter ? html`<h3>${runName(run)}</h3>` : '';
}

export interface Chart {
  /** What it shows, in a sentence with its most important numbers. */
  alt: string;
  wide: Html;
  /** For phones; the wide one serves both without it. */
  narrow?: Html;
  caption?: Content;
}

export function chartFigure({ alt, wide, narrow, caption }: Chart): Html {
  const drawings = narrow
    ? html`<div class="wide">${wide}</div><div class="narrow">${narrow}</div>`
    : wide;
  return html`<figure class="chart">
<div role="img" aria-label="${alt}">${drawings}</div>
${caption ? html`<figcaption>${caption}</figcaption>` : ''}
</figure>
`;
}

export interface Column {
  title: Content;
  /** Numbers stand to the right. */
  number?: boolean;
}

/** A table that scrolls by itself where it is too wide; the first cell of a row is its heading. */
export function dataTable(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Html {
  const kind = ({ number }: Column) => (number ? html` class="number"` : '');
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${kind(column)}>${column.title}</th>`)}</tr></thead>
<tbody>${rows.map(
    ([head, ...cells]) =>
      html`<tr><th scope="row">${head}</th>${cells.map(
        (cell, at) => html`<td${kind(columns[at + 1] as Column)}>${cell}</td>`,
      )}</tr>
`,
  )}</tbody>
</table></div>
`;
}

export function folded(summary: string, ...body: Content[]): Html {
  return html`<details><summary>${summary}</summary>${body}</details>`;
}

/** A picture with its own size or, enlarged pixel by pixel, that of `shown`. */
export function picture({ source }: Picture, alt: string, shown: Omit<Picture, 'source'>): Html {
  return html`<img src="${source}" alt="${alt}" width="${shown.width}" height="${shown.height}">`;
}
