/** What the bootstrap says of an arm against the baseline: quantities that are no means. */

import { percentileInterval, type Resampling, resample, TaskCells } from './bootstrap.ts';
import { type CrossedValue, placesIn } from './crossed.ts';
import { judgeGoal, type TaskValue } from './goal.ts';
import { type PartnerOf, pairedValues, type ScoreIndex, type SeedScores } from './pairs.ts';
import { spreadOf } from './summaries.ts';

export interface Resampled {
  value: number | null;
  interval: readonly [low: number, high: number] | null;
}

export interface ResampledComparison {
  /** PSNR-Y of the arm's worst task minus that of the baseline's, dB. */
  worst: Resampled;
  /** Standard deviation over tasks, arm minus baseline, dB. */
  spread: Resampled;
  /** Difference in the task that loses most, dB. */
  lowest: Resampled;
  /** Share of the resamples in which the goal is met; null when it cannot be judged. */
  support: number | null;
  /** Resamples that could be used. */
  resamples: number;
}

const unknown: Resampled = { value: null, interval: null };

const nothing: ResampledComparison = {
  worst: unknown,
  spread: unknown,
  lowest: unknown,
  support: null,
  resamples: 0,
};

interface Statistics {
  worst: number;
  spread: number;
  lowest: number;
  met: boolean | null;
}

/** PSNR-Y of arm, baseline and bicubic interpolation, on the images that all three have. */
export function resampleComparison(
  runs: readonly SeedScores[],
  baselineOf: PartnerOf,
  bicubic: ScoreIndex,
  ids: readonly string[],
  resampling: Resampling,
): ResampledComparison {
  const arm = pairedValues(runs, baselineOf, (score, other) =>
    Number.isFinite(other?.psnrY) ? score.psnrY : Number.NaN,
  );
  const baseline = pairedValues(runs, baselineOf, (score, other) =>
    Number.isFinite(score.psnrY) && other ? other.psnrY : Number.NaN,
  );
  const over = pairedValues(
    runs,
    () => bicubic,
    (score, other) => (other ? score.psnrY - other.psnrY : Number.NaN),
  );
  const known = arm.filter(({ value }) => Number.isFinite(value));
  const seeds = placesIn(known.map(({ seed }) => seed));
  const photos = placesIn(known.map(({ photo }) => photo));
  const cellsOf = (values: readonly CrossedValue[]) =>
    new TaskCells(
      values.filter(({ seed, photo }) => seeds.has(seed) && photos.has(photo)),
      ids.length,
      seeds,
      photos,
    );
  const cells = { arm: cellsOf(arm), baseline: cellsOf(baseline), over: cellsOf(over) };
  const statisticsOf = (draw: Parameters<TaskCells['means']>[0]): Statistics | undefined => {
    const [a, b] = [cells.arm.means(draw), cells.baseline.means(draw)];
    return a && b && compare(a, b, cells.over.means(draw), ids);
  };
  const once = {
    seeds: new Uint32Array(seeds.size).fill(1),
    photos: new Uint32Array(photos.size).fill(1),
  };
  const found = known.length > 0 ? statisticsOf(once) : undefined;
  if (!found) return nothing;
  // One photograph and one seed can only be drawn as they are.
  const isVaried = seeds.size > 1 || photos.size > 1;
  const size = { seeds: seeds.size, photos: photos.size };
  const drawn = isVaried ? resample(resampling, size, statisticsOf) : [];
  const of = (key: 'worst' | 'spread' | 'lowest'): Resampled => ({
    value: found[key],
    interval: percentileInterval(drawn.map((one) => one[key])),
  });
  const judged = drawn.filter(({ met }) => met !== null);
  return {
    worst: of('worst'),
    spread: of('spread'),
    lowest: of('lowest'),
    support: judged.length === 0 ? null : judged.filter(({ met }) => met).length / judged.length,
    resamples: drawn.length,
  };
}

function compare(
  arm: readonly number[],
  baseline: readonly number[],
  over: readonly number[] | undefined,
  ids: readonly string[],
): Statistics {
  const gains = arm.map((value, at) => value - (baseline[at] as number));
  const named = (values: readonly (number | null)[]): TaskValue[] =>
    ids.map((task, at) => ({ task, value: values[at] ?? null }));
  const macro = gains.reduce((a, b) => a + b, 0) / gains.length;
  return {
    worst: Math.min(...arm) - Math.min(...baseline),
    spread: (spreadOf(arm) as number) - (spreadOf(baseline) as number),
    lowest: Math.min(...gains),
    met: judgeGoal(macro, named(gains), named(over ?? [])).met,
  };
}
