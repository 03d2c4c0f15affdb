/** What was run, what it cost, and how its numbers are computed. */
import { type Html, html } from '../../report/page/html.ts';
import { section } from '../../report/page/sections/parts.ts';
import { armsTable, costTable, tasksTable } from '../results/tables.ts';
import { methodTexts } from '../results/text.ts';
import type { StudyResults } from '../results.ts';
import type { StudyInput } from '../results-input.ts';
import { foldedTable, studyTable } from './table.ts';

export function costsSection(input: StudyInput, results: StudyResults): Html {
  return section(
    { id: 'costs', title: 'Arms and costs' },
    studyTable(armsTable(input)),
    studyTable(costTable(results)),
    foldedTable(tasksTable(input)),
  );
}

export function methodSection({ commands }: StudyInput, results: StudyResults): Html {
  return section(
    { id: 'method', title: 'How it is computed' },
    html`<ul>${methodTexts(results).map((text) => html`<li>${text}</li>`)}</ul>`,
    commands.length > 0 && html`<h3>Commands</h3><pre tabindex="0">${commands.join('\n')}</pre>`,
  );
}
