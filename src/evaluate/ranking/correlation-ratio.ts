/**
 * The correlation ratio: how much of a score's variance lies between the classes of a parameter
 * (Pearson 1905; Fisher, "Statistical Methods for Research Workers", 1925, section 45):
 *
 *   eta^2 = sum_b n_b (mean_b - mean)^2 / sum_i (y_i - mean)^2
 *
 * It is the R^2 of the class means as predictions, asks for no linear relation, and lies in [0, 1].
 */
import { Random, streams } from '../../rng.ts';
import type { Bins } from './bins.ts';

/** Below this share of the squared scores a variance is rounding, and there is nothing to explain. */
const rounding = 1e-18;

/** Whether the scores differ at all. */
export function varies(scores: ArrayLike<number>): boolean {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] as number;
  const mean = sum / scores.length;
  for (let i = 0; i < scores.length; i++) squares += ((scores[i] as number) - mean) ** 2;
  return squares > rounding * scores.length * Math.max(1, mean ** 2);
}

/**
 * eta^2 of finite scores.
 * @returns null when all scores are equal
 */
export function correlationRatio(scores: ArrayLike<number>, { of, count }: Bins): number | null {
  if (!varies(scores)) return null;
  const n = scores.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (scores[i] as number) / n;
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < n; i++) {
    const deviation = (scores[i] as number) - mean;
    const bin = of[i] as number;
    sums[bin] = (sums[bin] as number) + deviation;
    sizes[bin] = (sizes[bin] as number) + 1;
    total += deviation ** 2;
  }
  let between = 0;
  for (let bin = 0; bin < count; bin++) {
    if (sizes[bin]) between += (sums[bin] as number) ** 2 / (sizes[bin] as number);
  }
  return Math.min(1, between / total);
}

/**
 * What eta^2 is in the mean when the parameter has nothing to do with the score: (b - 1) / (n - 1), the
 * exact mean over all permutations of the scores.
 */
export function chanceLevel(bins: number, draws: number): number {
  return draws > 1 ? (bins - 1) / (draws - 1) : 0;
}

/** eta^2 of one parameter under permutations. */
export interface Permuted {
  readonly mean: number;
  /** 95 % of the permutations stay at or below it. */
  readonly upper: number;
  /** Share of permutations, the true order counted as one, that reach the measured eta^2. */
  readonly p: number;
}

/**
 * The null distribution by permutation of the scores, every parameter under the same ones. Draws are
 * independent of the photographs that they fall on, so all orders are equally likely without an effect.
 * @param permutations at least 1
 */
export function permuted(
  scores: ArrayLike<number>,
  parameters: readonly Bins[],
  { permutations, seed }: { permutations: number; seed: number },
): Permuted[] {
  const found: number[][] = parameters.map(() => []);
  const measured = parameters.map((bins) => correlationRatio(scores, bins) ?? 0);
  for (let round = 0; round < permutations; round++) {
    const shuffled = new Random(seed, streams.permutation, round).shuffle(Array.from(scores));
    for (const [at, bins] of parameters.entries()) {
      (found[at] as number[]).push(correlationRatio(shuffled, bins) ?? 0);
    }
  }
  return found.map((values, at) => {
    const sorted = values.sort((a, b) => a - b);
    // The sums of another order are rounded otherwise.
    const reached = sorted.filter((value) => value >= (measured[at] as number) - 1e-12).length;
    return {
      mean: sorted.reduce((a, b) => a + b, 0) / permutations,
      upper: sorted[Math.ceil(0.95 * permutations) - 1] as number,
      p: (1 + reached) / (1 + permutations),
    };
  });
}
