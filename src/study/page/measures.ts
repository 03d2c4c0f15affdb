/** Where the arms stand by every measure, and what a specialist's training does to other tasks. */
import { whole } from '../../report/page/format.ts';
import type { Html } from '../../report/page/html.ts';
import { section } from '../../report/page/sections/parts.ts';
import { measureTable, standingTable, transferTable } from '../results/tables.ts';
import type { StudyResults } from '../results.ts';
import type { StudyInput } from '../results-input.ts';
import type { Part } from './differences.ts';
import { heatMap } from './heat.ts';
import { foldedTable, studyTable } from './table.ts';

export function measuresSection(
  input: StudyInput,
  results: StudyResults,
  { budget, id }: Part,
): Html {
  const ids = input.tasks.map((task) => task.id);
  return section(
    { id, title: `All measures, ${whole(budget)} steps` },
    studyTable(standingTable(results, budget)),
    results.measures.map((key) => foldedTable(measureTable(results, budget, key, ids))),
  );
}

/** Specialists on all tasks, against the best known of what they started from; nothing when not measured. */
export function transferSection(results: StudyResults): Html | '' {
  const { transfer, start, bicubic } = results;
  const table = transferTable(results);
  if (!transfer || !table) return '';
  const ids = transfer.rows.map(({ task }) => task);
  const [ground, from] = start ? [start, 'the start'] : [bicubic, 'bicubic interpolation'];
  const gains = transfer.rows.map(({ task, psnr }) => ({
    label: task,
    values: psnr.map((value, at) => {
      const before = ground.psnrY?.tasks[ids[at] as string]?.value ?? null;
      return value === null || before === null ? null : value - before;
    }),
  }));
  return section(
    {
      id: 'transfer',
      title: 'Transfer between tasks',
      lead: `What training on one task alone (row) does to every task (column): PSNR-Y of its specialist minus that of ${from}, in dB. Orange: tasks that pay for it.`,
    },
    heatMap({
      title: `Specialists minus ${from}`,
      head: 'specialist of',
      columns: ids,
      rows: gains,
      digits: 2,
    }),
    foldedTable(table),
  );
}
