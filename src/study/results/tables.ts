/** The tables of a study as text, for its page and its Markdown. */
import { duration, percent, signed, whole } from '../../report/page/format.ts';
import type { ArmResult, StudyResults, Summaries } from '../results.ts';
import type { StudyInput } from '../results-input.ts';
import { type MeasureKey, measures } from './measures.ts';
import {
  conditionText,
  differenceText,
  fixed,
  intervalText,
  isKnown,
  metText,
  pText,
  shareText,
  unknown,
  valueText,
  wholeText,
} from './text.ts';

export interface StudyTable {
  title: string;
  /** How to read it. */
  lead: string;
  /** The first column names the row; the others hold numbers unless they say otherwise. */
  columns: readonly { title: string; words?: boolean }[];
  rows: readonly (readonly string[])[];
}

const numbers = (...titles: string[]) => titles.map((title) => ({ title }));
const words = (title: string) => ({ title, words: true });

export function armsTable({ arms, baseline }: StudyInput): StudyTable {
  return {
    title: 'Arms',
    lead: `Others are compared with ${baseline}.`,
    columns: [words('arm'), words('what it is')],
    rows: arms.map(({ name, about }) => [name === baseline ? `${name} (baseline)` : name, about]),
  };
}

export function tasksTable({ tasks }: StudyInput): StudyTable {
  return {
    title: 'Tasks',
    lead: 'With their natural mass, the share of all degradations that falls to them.',
    columns: [words('task'), ...numbers('mass'), words('what it is')],
    rows: tasks.map(({ id, mass, description }) => [id, percent(mass), description]),
  };
}

export function budgetsOf({ arms }: StudyResults): number[] {
  return [...new Set(arms.map(({ budget }) => budget))];
}

const ofBudget = ({ arms }: StudyResults, budget: number) =>
  arms.filter((arm) => arm.budget === budget);

/** Against the baseline and the goal. */
export function comparisonTable(results: StudyResults, budget: number): StudyTable {
  return {
    title: `Against ${results.baseline}, ${whole(budget)} steps`,
    lead: 'PSNR-Y in dB, arm minus baseline.',
    columns: [
      words('arm'),
      ...numbers('macro ± s.e.', '95 % interval', 'p', 'p after Holm', 'by mass ± s.e.'),
      ...numbers('lowest task', 'worst task, 95 %', 'spread, 95 %', 'tasks lost to bicubic'),
      ...numbers('goal met', 'in resamples'),
    ],
    rows: ofBudget(results, budget).map((arm) => [arm.arm, ...comparisonCells(arm)]),
  };
}

function comparisonCells({ against }: ArmResult): string[] {
  if (!against) return new Array<string>(11).fill(unknown);
  const { measures: found, adjustedP, goal, resampled } = against;
  const macro = found.psnrY?.macro;
  const { worst, spread, support } = resampled;
  return [
    differenceText(macro, 'psnrY'),
    intervalText(macro?.interval, 3),
    pText(macro?.p),
    pText(adjustedP),
    differenceText(found.psnrY?.byMass, 'psnrY'),
    conditionText(goal.tasks),
    `${signed(worst.value, 3)} ${intervalText(worst.interval, 3)}`,
    `${signed(spread.value, 3)} ${intervalText(spread.interval, 3)}`,
    goal.bicubic.met === null && goal.lost.length === 0 ? unknown : String(goal.lost.length),
    metText(goal.met),
    isKnown(support) ? percent(support, 0) : unknown,
  ];
}

/** Where every arm stands, by itself. */
export function standingTable(results: StudyResults, budget: number): StudyTable {
  return {
    title: `Where the arms stand, ${whole(budget)} steps`,
    lead: 'PSNR-Y in dB. Spread: standard deviation over tasks. Gap: specialist minus network.',
    columns: [
      words('arm'),
      ...numbers('seeds', 'macro', 's.d. of seeds', 'by mass', 'worst task', 'spread'),
      ...numbers('mean gap', 'largest gap', 'gaps > 0.4 dB', 'AR', 'RPR', 'images over bicubic'),
    ],
    rows: [
      ['bicubic', '', ...standingCells(results.bicubic)],
      ...(results.start ? [['start', '', ...standingCells(results.start)]] : []),
      ...ofBudget(results, budget).map((arm) => [
        arm.arm,
        seedsText(arm),
        ...standingCells(arm.measures, arm),
      ]),
    ],
  };
}

function seedsText({ seeds, missing }: ArmResult): string {
  return missing.length === 0
    ? String(seeds.length)
    : `${seeds.length} of ${seeds.length + missing.length}`;
}

function standingCells({ psnrY }: Summaries, arm?: ArmResult): string[] {
  const { gaps, seal } = arm ?? {};
  const worst = psnrY?.worst;
  const largest = gaps?.largest;
  return [
    valueText(psnrY?.macro.value, 'psnrY'),
    fixed(arm && deviationOf(arm.bySeed.map(({ macro }) => macro)), 3),
    valueText(psnrY?.byMass.value, 'psnrY'),
    worst ? `${valueText(worst.value, 'psnrY')} ${worst.task}` : unknown,
    valueText(psnrY?.spread, 'psnrY'),
    fixed(gaps?.mean.value, 3),
    largest ? `${fixed(largest.value, 3)} ${largest.task}` : unknown,
    wholeText(gaps?.unsatisfactory),
    seal ? `${fixed(seal.acceptance, 2)} of ${seal.cases}` : unknown,
    fixed(seal?.relative, 3),
    shareText(arm?.better.macro),
  ];
}

/** Sample standard deviation; null with fewer than two values or an unknown one. */
function deviationOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(isKnown);
  if (known.length < 2 || known.length < values.length) return null;
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (known.length - 1));
}

/** One measure of every task. */
export function measureTable(
  results: StudyResults,
  budget: number,
  key: MeasureKey,
  ids: readonly string[],
): StudyTable {
  const { title, unit, better } = measures[key];
  const cells = (summaries: Summaries) => {
    const found = summaries[key];
    const means = [found?.macro, found?.byMass, ...ids.map((id) => found?.tasks[id])];
    return means.map((mean) => valueText(mean?.value, key));
  };
  return {
    title: `${title}, ${whole(budget)} steps`,
    lead: `${unit ? `In ${unit}. ` : ''}${better === 'higher' ? 'Higher' : 'Lower'} is better.`,
    columns: [words('arm'), ...numbers('macro', 'by mass', ...ids)],
    rows: [
      ['bicubic', ...cells(results.bicubic)],
      ...(results.start ? [['start', ...cells(results.start)]] : []),
      ...ofBudget(results, budget).map((arm) => [arm.arm, ...cells(arm.measures)]),
    ],
  };
}

/** Differences of one measure in every task. */
export function differenceTable(
  results: StudyResults,
  budget: number,
  key: MeasureKey,
  ids: readonly string[],
): StudyTable {
  const { title, unit, better } = measures[key];
  const compared = ofBudget(results, budget).filter(({ arm }) => arm !== results.baseline);
  return {
    title: `${title}, arm minus ${results.baseline}, ${whole(budget)} steps`,
    lead: `With one standard error${unit ? `, in ${unit}` : ''}; ${better === 'higher' ? 'above' : 'below'} 0 the arm is better.`,
    columns: [words('arm'), ...numbers('macro', 'by mass', ...ids)],
    rows: compared.map(({ arm, against }) => {
      const found = against?.measures[key];
      const all = [found?.macro, found?.byMass, ...ids.map((id) => found?.tasks[id])];
      return [arm, ...all.map((difference) => differenceText(difference, key))];
    }),
  };
}

export function costTable({ arms }: StudyResults): StudyTable {
  return {
    title: 'Costs',
    lead: 'A run, in the mean over seeds. What specialists were trained on and what the probes cost is charged to the arms that need them.',
    columns: [
      words('arm'),
      ...numbers('steps', 'own samples', 'of specialists', 'all over own', 'probe images'),
      ...numbers('time', 'parameters', 'MACs a pixel'),
    ],
    rows: arms.map(({ arm, budget, cost, parameters, macsPerPixel }) => [
      arm,
      whole(budget),
      wholeText(cost?.samples),
      wholeText(cost?.specialistSamples),
      fixed(cost && (cost.samples + cost.specialistSamples) / cost.samples, 2),
      wholeText(cost?.probeImages),
      isKnown(cost?.seconds) ? duration(cost.seconds * 1000) : unknown,
      wholeText(parameters),
      wholeText(macsPerPixel),
    ]),
  };
}

/** Nothing when no specialists were measured. */
export function transferTable({ transfer }: StudyResults): StudyTable | undefined {
  if (!transfer) return undefined;
  return {
    title: 'Transfer',
    lead: 'PSNR-Y in dB of the specialist of a task (row) on the images of a task (column).',
    columns: [words('specialist of'), ...numbers(...transfer.rows.map(({ task }) => task))],
    rows: transfer.rows.map(({ task, psnr }) => [
      task,
      ...psnr.map((value) => valueText(value, 'psnrY')),
    ]),
  };
}
