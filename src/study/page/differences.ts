/** Arms against the baseline with one budget: forest plot, heat map, tables. */
import { whole } from '../../report/page/format.ts';
import { type Content, type Html, html } from '../../report/page/html.ts';
import { chartFigure, folded, missing, section } from '../../report/page/sections/parts.ts';
import { goalLimits } from '../results/goal.ts';
import { measures } from '../results/measures.ts';
import { comparisonTable, differenceTable } from '../results/tables.ts';
import { differenceText, isKnown } from '../results/text.ts';
import type { ArmResult, Comparison, StudyResults } from '../results.ts';
import type { StudyInput } from '../results-input.ts';
import { type ForestRow, forestChart } from './forest.ts';
import { heatMap } from './heat.ts';
import { foldedTable, studyTable } from './table.ts';

export interface Part {
  budget: number;
  id: string;
}

type Compared = ArmResult & { against: Comparison };

export function differencesSection(
  input: StudyInput,
  results: StudyResults,
  { budget, id }: Part,
): Html {
  const arms = results.arms.filter((arm) => arm.budget === budget);
  const compared = arms.filter((arm): arm is Compared => arm.against !== null);
  const text = {
    id,
    title: `Against ${results.baseline}, ${whole(budget)} steps`,
    lead: `PSNR-Y of every arm minus that of ${results.baseline}: the same images, the same seeds.`,
  };
  if (compared.length === 0) {
    return section(text, missing(`No arm can be compared with ${results.baseline} yet.`));
  }
  const ids = input.tasks.map((task) => task.id);
  const [, ...others] = results.measures;
  return section(
    text,
    html`<h3>In the mean over tasks</h3>`,
    macroForest(compared, results.baseline),
    html`<h3>By task</h3><p class="fine">In dB. Blue and +: the arm is better; orange and −: ${results.baseline} is. A stronger shade from 0.02, 0.1 and 0.3 dB on; read the numbers, with their errors in the tables below.</p>`,
    taskHeat(compared, ids),
    studyTable(comparisonTable(results, budget)),
    folded(
      'Every task with its interval',
      compared.map((arm) => taskForest(arm, ids)),
    ),
    foldedTable(differenceTable(results, budget, 'psnrY', ids)),
    others.map((key) => foldedTable(differenceTable(results, budget, key, ids))),
  );
}

function macroForest(arms: readonly Compared[], baseline: string): Content {
  const rows = arms.flatMap(({ arm, against }) => rowsOf(arm, against.measures.psnrY?.macro));
  if (rows.length === 0) return missing('No mean over tasks is known.');
  const told = arms.map(
    ({ arm, against }) => `${arm} ${differenceText(against.measures.psnrY?.macro, 'psnrY')}`,
  );
  return figureOf(
    rows,
    `Differences of the macro mean from ${baseline} in dB: ${told.join(', ')}.`,
    `Macro mean, dB, with 95 % intervals (photographs and seeds; not adjusted for the number of arms). Dashed: the goal, +${goalLimits.macro} dB.`,
    goalLimits.macro,
  );
}

function rowsOf(
  label: string,
  difference?: Pick<ForestRow, 'interval'> & { value: number | null },
) {
  if (!difference || !isKnown(difference.value)) return [];
  return [{ label, value: difference.value, interval: difference.interval }];
}

function taskForest({ arm, against }: Compared, ids: readonly string[]): Content {
  const { psnrY } = against.measures;
  const rows = ids.flatMap((task) => rowsOf(task, psnrY?.tasks[task]));
  if (rows.length === 0) return '';
  const told = ids.map((task) => `${task} ${differenceText(psnrY?.tasks[task], 'psnrY')}`);
  return html`<h4>${arm}</h4>${figureOf(rows, `Differences of ${arm} by task in dB: ${told.join(', ')}.`)}`;
}

function figureOf(rows: readonly ForestRow[], alt: string, caption?: string, aim?: number): Html {
  const more = { digits: measures.psnrY.differenceDigits, ...(aim === undefined ? {} : { aim }) };
  return chartFigure({
    alt,
    wide: forestChart(rows, { width: 640, labelWidth: 160, intervals: true, ...more }),
    narrow: forestChart(rows, { width: 330, labelWidth: 92, intervals: false, ...more }),
    ...(caption === undefined ? {} : { caption }),
  });
}

function taskHeat(arms: readonly Compared[], ids: readonly string[]): Html {
  return heatMap({
    title: 'PSNR-Y by task, arm minus baseline',
    head: 'arm',
    columns: ['macro', 'by mass', ...ids],
    digits: measures.psnrY.differenceDigits,
    rows: arms.map(({ arm, against }) => {
      const found = against.measures.psnrY;
      const all = [found?.macro, found?.byMass, ...ids.map((id) => found?.tasks[id])];
      return { label: arm, values: all.map((difference) => difference?.value ?? null) };
    }),
  });
}
