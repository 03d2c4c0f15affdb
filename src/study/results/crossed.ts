/**
 * Means over photographs and seeds, and how sure they are. Every run is scored on the same images, so a
 * score depends on the photograph and on the seed: two crossed factors, both of which are samples.
 *
 * The variance of a mean is that of two-way clustering (Cameron, Gelbach and Miller, "Robust inference with
 * multiway clustering", 2011): clustered by photograph, plus by seed, minus what both count. With as many
 * images of every photograph as here it is the unbiased estimate of the analysis of variance,
 * (MS_photo + MS_seed - MS_interaction) / (photos * seeds), and its degrees of freedom are Satterthwaite's.
 * A bootstrap over three seeds sees only two thirds of their variance; this does not depend on their number.
 */
import { criticalT, twoSidedP } from './student.ts';

/** One value of one image in one run; all of them indices. */
export interface CrossedValue {
  task: number;
  seed: number;
  photo: number;
  /** What is not finite (unknown, or the PSNR of identical images) is left out and counted. */
  value: number;
}

/** What the standard error is over. With one photograph or one seed it cannot be over these. */
export type Clusters = 'photographs and seeds' | 'photographs' | 'seeds' | 'none';

export interface CrossedMean {
  /** Null when a task that counts has no finite value. */
  value: number | null;
  /** Null with one photograph and one seed. */
  standardError: number | null;
  degrees: number | null;
  clusters: Clusters;
  /** Values that went in: images times seeds. */
  images: number;
  /** Values left out: infinite, not measured, or without a partner. */
  left: number;
}

/** A mean whose distance from 0 matters. */
export interface Difference extends CrossedMean {
  /** 95 % interval; null where the error is not known. */
  interval: readonly [low: number, high: number] | null;
  /** Two-sided, of the mean being 0; null where the error is not known, or 0 around another value. */
  p: number | null;
}

interface Variance {
  variance: number | null;
  degrees: number | null;
  clusters: Clusters;
}

const sumOf = (values: Iterable<number>) => {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
};

/**
 * Mean over tasks of their means over all images and seeds.
 * @param weights of the tasks, >= 0; they need not sum to 1. Tasks of weight 0 do not count.
 */
export function crossedMean(
  values: readonly CrossedValue[],
  weights: readonly number[],
): CrossedMean {
  const counted = values.filter(({ task }) => (weights[task] ?? 0) > 0);
  const finite = counted.filter(({ value }) => Number.isFinite(value));
  const images = finite.length;
  const all = { images, left: counted.length - images };
  const means = taskMeans(finite, weights.length);
  const total = sumOf(weights);
  const isWhole = weights.every((weight, task) => weight <= 0 || means[task] !== null);
  if (!isWhole || !(total > 0)) {
    return { value: null, standardError: null, degrees: null, clusters: 'none', ...all };
  }
  const value = sumOf(
    weights.map((weight, task) => (weight > 0 ? (weight / total) * (means[task] as number) : 0)),
  );
  const { variance, degrees, clusters } = varianceOf(
    finite,
    weights.map((weight) => weight / total),
    means,
  );
  const standardError = variance === null ? null : Math.sqrt(variance);
  return { value, standardError, degrees, clusters, ...all };
}

/** The same with an interval and a p-value. */
export function crossedDifference(
  values: readonly CrossedValue[],
  weights: readonly number[],
): Difference {
  const mean = crossedMean(values, weights);
  const { value, standardError, degrees } = mean;
  if (value === null || standardError === null || degrees === null) {
    return { ...mean, interval: null, p: null };
  }
  if (standardError === 0) {
    return { ...mean, interval: [value, value], p: value === 0 ? 1 : null };
  }
  const reach = criticalT(0.05, degrees) * standardError;
  const interval = [value - reach, value + reach] as const;
  return { ...mean, interval, p: twoSidedP(value / standardError, degrees) };
}

function countsOf(values: readonly CrossedValue[], tasks: number): number[] {
  const counts = new Array<number>(tasks).fill(0);
  for (const { task } of values) counts[task] = (counts[task] as number) + 1;
  return counts;
}

function taskMeans(values: readonly CrossedValue[], tasks: number): (number | null)[] {
  const counts = countsOf(values, tasks);
  const sums = new Array<number>(tasks).fill(0);
  for (const { task, value } of values) sums[task] = (sums[task] as number) + value;
  return sums.map((sum, task) => (counts[task] ? sum / (counts[task] as number) : null));
}

/** By how much each image moves the mean, added up by seed and photograph. Over all of them it is 0. */
function influences(
  values: readonly CrossedValue[],
  weights: readonly number[],
  means: readonly (number | null)[],
): number[][] {
  const counts = countsOf(values, weights.length);
  const seeds = placesIn(values.map(({ seed }) => seed));
  const photos = placesIn(values.map(({ photo }) => photo));
  const cells = Array.from({ length: seeds.size }, () => new Array<number>(photos.size).fill(0));
  for (const { task, seed, photo, value } of values) {
    const row = cells[seeds.get(seed) as number] as number[];
    const column = photos.get(photo) as number;
    const share = (weights[task] as number) / (counts[task] as number);
    row[column] = (row[column] as number) + share * (value - (means[task] as number));
  }
  return cells;
}

/** Places of the distinct numbers, in rising order, so that the order of runs and images changes nothing. */
export function placesIn(numbers: readonly number[]): Map<number, number> {
  const distinct = [...new Set(numbers)].sort((a, b) => a - b);
  return new Map(distinct.map((number, at) => [number, at]));
}

function varianceOf(
  values: readonly CrossedValue[],
  weights: readonly number[],
  means: readonly (number | null)[],
): Variance {
  const cells = influences(values, weights, means);
  const rows = cells.map(sumOf);
  const columns = (cells[0] ?? []).map((_, photo) =>
    sumOf(cells.map((row) => row[photo] as number)),
  );
  const [seeds, photos] = [rows.length, columns.length];
  const bySeed = clustered(rows);
  const byPhoto = clustered(columns);
  if (seeds < 2 && photos < 2) return { variance: null, degrees: null, clusters: 'none' };
  if (seeds < 2) return { variance: byPhoto, degrees: photos - 1, clusters: 'photographs' };
  if (photos < 2) return { variance: bySeed, degrees: seeds - 1, clusters: 'seeds' };
  const free = (seeds - 1) * (photos - 1);
  const left = cells.flatMap((row, seed) =>
    row.map((cell, photo) => {
      const expected = (rows[seed] as number) / photos + (columns[photo] as number) / seeds;
      return (cell - expected) ** 2;
    }),
  );
  const both = (sumOf(left) * seeds * photos) / free;
  return combined({ bySeed, byPhoto, both, seeds, photos });
}

/** Sum of squares of what the clusters contribute, with the factor that makes it unbiased. */
function clustered(sums: readonly number[]): number {
  const squares = sumOf(sums.map((sum) => sum ** 2));
  return sums.length < 2 ? 0 : (squares * sums.length) / (sums.length - 1);
}

interface Parts {
  bySeed: number;
  byPhoto: number;
  both: number;
  seeds: number;
  photos: number;
}

/** Never below what clustering one way gives: a difference of estimates could fall there, even below 0. */
function combined({ bySeed, byPhoto, both, seeds, photos }: Parts): Variance {
  const clusters = 'photographs and seeds';
  const sum = bySeed + byPhoto - both;
  if (sum <= Math.max(bySeed, byPhoto)) {
    return byPhoto >= bySeed
      ? { variance: byPhoto, degrees: photos - 1, clusters }
      : { variance: bySeed, degrees: seeds - 1, clusters };
  }
  const spread =
    byPhoto ** 2 / (photos - 1) +
    bySeed ** 2 / (seeds - 1) +
    both ** 2 / ((photos - 1) * (seeds - 1));
  return { variance: sum, degrees: sum ** 2 / spread, clusters };
}
