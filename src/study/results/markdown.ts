/** The results of a study as Markdown that can be read by itself. */
import { whole } from '../../report/page/format.ts';
import { visible } from '../../report/page/html.ts';
import type { StudyResults } from '../results.ts';
import type { StudyInput } from '../results-input.ts';
import {
  armsTable,
  budgetsOf,
  comparisonTable,
  costTable,
  differenceTable,
  measureTable,
  type StudyTable,
  standingTable,
  tasksTable,
  transferTable,
} from './tables.ts';
import { goalSentence, methodTexts, verdicts } from './text.ts';

/** Text that a table or a line can hold: no line ends, nothing that Markdown or HTML would take for its own. */
function plain(text: string): string {
  return visible(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\\|`*_<>[\]]/g, (character) => `\\${character}`);
}

function tableText({ title, lead, columns, rows }: StudyTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  const rule = columns.map(({ words }) => (words ? '---' : '---:'));
  return [
    `### ${plain(title)}`,
    '',
    plain(lead),
    '',
    line(columns.map((column) => column.title)),
    `| ${rule.join(' | ')} |`,
    ...rows.map(line),
  ].join('\n');
}

const list = (items: readonly string[]) => items.map((item) => `- ${plain(item)}`).join('\n');

export function markdownOf(input: StudyInput, results: StudyResults): string {
  const ids = input.tasks.map(({ id }) => id);
  const of = (budget: number) => [
    comparisonTable(results, budget),
    standingTable(results, budget),
    ...results.measures.flatMap((key) => [
      differenceTable(results, budget, key, ids),
      measureTable(results, budget, key, ids),
    ]),
  ];
  const transfer = transferTable(results);
  const parts = [
    `# Study ${plain(results.name)}`,
    `Made by evensr ${plain(results.evensr)}. ${whatWasRun(input)}`,
    plain(goalSentence),
    '## Found',
    list(verdicts(results)),
    ...(results.notes.length > 0 ? ['## To know', list(results.notes)] : []),
    '## What was run',
    tableText(armsTable(input)),
    tableText(tasksTable(input)),
    tableText(costTable(results)),
    ...(input.commands.length > 0 ? ['Commands:', commandText(input.commands)] : []),
    '## Results',
    ...budgetsOf(results).flatMap(of).map(tableText),
    ...(transfer ? [tableText(transfer)] : []),
    '## How the numbers are computed',
    list(methodTexts(results)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** A block that no command can leave, whatever backticks it holds. */
function commandText(commands: readonly string[]): string {
  const text = visible(commands.join('\n'));
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}

/** Arms, seeds, budgets and images in one sentence. */
export function whatWasRun({ arms, seeds, budgets, tasks, photos, bicubic }: StudyInput): string {
  const steps = budgets.map(whole).join(' and ');
  const images = bicubic.length > 0 ? `, ${whole(bicubic.length)} test images` : '';
  return `Arms: ${arms.length}; seeds: ${seeds.join(', ')}; steps: ${steps}; ${tasks.length} tasks on ${whole(photos.length)} held-out photographs${images}.`;
}
