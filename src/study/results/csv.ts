/** The numbers of a study as CSV (RFC 4180), whole and unrounded; what is unknown is empty. */
import type { ArmResult, StudyResults, Summaries } from '../results.ts';
import type { CrossedMean, Difference } from './crossed.ts';
import { measureKeys } from './measures.ts';
import type { OverTasks } from './summaries.ts';

type Cell = string | number | boolean | null | undefined;

function csvOf(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(cellText).join(',')}\r\n`).join('');
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Every task, then both means. */
function rowsOf<Of>({ tasks, macro, byMass }: OverTasks<Of>): [string, Of][] {
  return [...Object.entries(tasks), ['macro', macro], ['by mass', byMass]];
}

const valueCells = ({ value, standardError, degrees, clusters, images, left }: CrossedMean) => [
  ...[value, standardError, degrees, clusters, images, left],
];

function summaryRows(name: string, budget: number | null, summaries: Summaries): Cell[][] {
  return measureKeys.flatMap((key) => {
    const summary = summaries[key];
    if (!summary) return [];
    return rowsOf(summary).map(([of, mean]) => [name, budget, key, of, ...valueCells(mean)]);
  });
}

function differenceRows({ arm, budget, against }: ArmResult): Cell[][] {
  return measureKeys.flatMap((key) => {
    const found = against?.measures[key];
    if (!found) return [];
    return rowsOf(found).map(([of, difference]: [string, Difference]) => {
      const isMain = key === 'psnrY' && of === 'macro';
      return [
        ...[arm, budget, key, of, ...valueCells(difference)],
        ...[difference.interval?.[0], difference.interval?.[1], difference.p],
        isMain ? against?.adjustedP : null,
      ];
    });
  });
}

function armRow(result: ArmResult): Cell[] {
  const { measures, gaps, seal, better, against, cost } = result;
  const psnr = measures.psnrY;
  return [
    ...[result.arm, result.budget, result.seeds.length, result.missing.length],
    ...[psnr?.macro.value, psnr?.byMass.value, psnr?.worst?.value, psnr?.worst?.task, psnr?.spread],
    ...[gaps?.mean.value, gaps?.largest?.value, gaps?.largest?.task],
    ...[seal?.acceptance, seal?.relative, better.macro],
    ...[against?.goal.macro.value, against?.goal.tasks.value, against?.goal.tasks.task],
    ...[against?.goal.bicubic.value, against?.goal.met, against?.resampled.support],
    ...[cost?.samples, cost?.specialistSamples, cost?.probeImages, cost?.seconds],
    ...[result.parameters, result.macsPerPixel],
  ];
}

const valueColumns = ['value', 'standard_error', 'degrees', 'clusters', 'images', 'left_out'];
const keyColumns = ['arm', 'budget', 'measure', 'task'];
const armColumns = [
  ...['arm', 'budget', 'seeds', 'missing_seeds'],
  ...['psnr_macro', 'psnr_by_mass', 'psnr_worst', 'worst_task', 'psnr_spread'],
  ...['mean_gap', 'largest_gap', 'largest_gap_task', 'ar', 'rpr', 'images_over_bicubic'],
  ...['gain_macro', 'lowest_gain', 'lowest_gain_task', 'lowest_over_bicubic', 'goal_met'],
  ...['goal_in_resamples', 'samples', 'specialist_samples', 'probe_images', 'seconds'],
  ...['parameters', 'macs_per_pixel'],
];

/** Text of every CSV file by its name. */
export function csvFiles(results: StudyResults): Record<string, string> {
  const { arms, bicubic, start, transfer } = results;
  const ids = transfer?.rows.map(({ task }) => task) ?? [];
  return {
    'arms.csv': csvOf(armColumns, arms.map(armRow)),
    'values.csv': csvOf(
      [...keyColumns, ...valueColumns],
      [
        ...summaryRows('bicubic', null, bicubic),
        ...(start ? summaryRows('start', null, start) : []),
        ...arms.flatMap(({ arm, budget, measures }) => summaryRows(arm, budget, measures)),
      ],
    ),
    'differences.csv': csvOf(
      [...keyColumns, ...valueColumns, 'low', 'high', 'p', 'p_holm'],
      arms.flatMap(differenceRows),
    ),
    'seeds.csv': csvOf(
      ['arm', 'budget', 'seed', 'psnr_macro'],
      arms.flatMap(({ arm, budget, bySeed }) =>
        bySeed.map(({ seed, macro }) => [arm, budget, seed, macro]),
      ),
    ),
    ...(transfer
      ? {
          'transfer.csv': csvOf(
            ['specialist_of', ...ids],
            transfer.rows.map(({ task, psnr }) => [task, ...psnr]),
          ),
        }
      : {}),
  };
}
