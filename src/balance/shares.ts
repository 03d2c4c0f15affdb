import type { Anchor, BalanceConfig } from './config.ts';
import { dot, sumOf } from './sums.ts';

/** The anchor as shares that sum to 1, in the order of `taskIds`. */
export function anchorShares(
  anchor: Anchor,
  taskIds: readonly string[],
  masses: readonly number[],
): number[] {
  const weights = taskIds.map((id, task) => {
    if (anchor === 'uniform') return 1;
    return anchor === 'natural' ? (masses[task] as number) : (anchor[id] as number);
  });
  const total = sumOf(weights);
  return weights.map((weight) => weight / total);
}

/** Weights this small mean that every task has reached its reference. */
const negligible = 1e-12;

/**
 * Shares p_t = m_t (lambda + (1 - lambda) f_t / sum_u m_u f_u) from an anchor m and weights f >= 0.
 * They sum to 1; equal weights, or none worth mentioning, give the anchor. Our reconstruction of how
 * a weight steers the volume of training data (the idea of arXiv 2506.05607).
 */
export function mixShares(
  anchor: readonly number[],
  weights: readonly number[],
  lambda: number,
): number[] {
  const mean = dot(anchor, weights);
  if (!(mean > negligible)) return [...anchor];
  return anchor.map((m, task) => m * (lambda + ((1 - lambda) * (weights[task] as number)) / mean));
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** Bisections until a factor is known to the last bit of a double, with room to spare. */
const bisections = 200;

/**
 * The shares q_t = clip(c p_t, low_t, high_t) that sum to 1: clipping and renormalising in turn, taken
 * to its limit by finding the common factor c. Needs sum low <= 1 <= sum high.
 */
export function boundShares(
  shares: readonly number[],
  low: readonly number[],
  high: readonly number[],
): number[] {
  const scaled = (factor: number) =>
    shares.map((share, t) =>
      clip(factor * Math.max(share, negligible), low[t] as number, high[t] as number),
    );
  let below = 0;
  let above = 1;
  while (sumOf(scaled(above)) < 1 && above < 1e30) above *= 2;
  for (let i = 0; i < bisections; i++) {
    const middle = (below + above) / 2;
    if (sumOf(scaled(middle)) < 1) below = middle;
    else above = middle;
  }
  return scaled(above);
}

/**
 * One update of the shares: mixShares, held within [floor m, ceiling m] and within a factor `stepLimit`
 * of the previous shares, all at once. Should the bounds contradict each other (previous shares from
 * another configuration), the step limit yields.
 */
export function nextShares(
  anchor: readonly number[],
  weights: readonly number[],
  previous: readonly number[],
  config: Pick<BalanceConfig, 'lambda' | 'floor' | 'ceiling' | 'stepLimit'>,
): number[] {
  const { lambda, floor, ceiling, stepLimit } = config;
  const target = mixShares(anchor, weights, lambda);
  const lowest = anchor.map((m) => floor * m);
  const highest = anchor.map((m) => ceiling * m);
  const low = lowest.map((bound, t) => Math.max(bound, (previous[t] as number) / stepLimit));
  const high = highest.map((bound, t) => Math.min(bound, (previous[t] as number) * stepLimit));
  const feasible =
    low.every((bound, t) => bound <= (high[t] as number)) && sumOf(low) <= 1 && sumOf(high) >= 1;
  return feasible ? boundShares(target, low, high) : boundShares(target, lowest, highest);
}

/**
 * Shares as near to `wanted` (weights >= 0 in any unit) as [floor m, ceiling m] around the anchor m
 * allows; they sum to 1. Weights that are all zero, or not finite, give the anchor.
 */
export function sharesWithin(
  anchor: readonly number[],
  wanted: readonly number[],
  { floor, ceiling }: Pick<BalanceConfig, 'floor' | 'ceiling'>,
): number[] {
  const total = sumOf(wanted);
  if (!(total > 0 && Number.isFinite(total))) return [...anchor];
  return boundShares(
    wanted.map((share) => share / total),
    anchor.map((m) => floor * m),
    anchor.map((m) => ceiling * m),
  );
}

/** A task that had next to nothing may rise as if it had this part of its anchor. */
const leastBase = 0.1;

/**
 * As far from the previous shares towards others as the step limit allows: the same part of the way for
 * all tasks, so that every linear condition that both ends fulfil holds on the way too (bounds, the sum,
 * and what a rule predicts from its shares).
 */
export function stepTowards(
  anchor: readonly number[],
  previous: readonly number[],
  wanted: readonly number[],
  stepLimit: number,
): number[] {
  const parts = previous.map((before, t) => {
    const way = (wanted[t] as number) - before;
    const base = Math.max(before, leastBase * (anchor[t] as number));
    const allowed = way > 0 ? base * (stepLimit - 1) : before * (1 - 1 / stepLimit);
    return Math.abs(way) > allowed ? allowed / Math.abs(way) : 1;
  });
  const part = Math.min(...parts);
  return previous.map((before, t) => before + part * ((wanted[t] as number) - before));
}

/** What one update can reach: within [floor m, ceiling m] and a factor of the step limit. */
export function reachable(
  anchor: readonly number[],
  previous: readonly number[],
  { floor, ceiling, stepLimit }: Pick<BalanceConfig, 'floor' | 'ceiling' | 'stepLimit'>,
): { low: number[]; high: number[] } {
  // Previous shares may lie outside the bounds by rounding; they themselves are always reachable.
  const low = previous.map((p, t) =>
    Math.min(p, Math.max(floor * (anchor[t] as number), p / stepLimit)),
  );
  const high = previous.map((p, t) =>
    Math.max(p, Math.min(ceiling * (anchor[t] as number), p * stepLimit)),
  );
  return { low, high };
}

/** sharesWithin, approached by stepTowards: what a rule's wish becomes at one update. */
export function approach(
  anchor: readonly number[],
  previous: readonly number[],
  wanted: readonly number[],
  config: Pick<BalanceConfig, 'floor' | 'ceiling' | 'stepLimit'>,
): number[] {
  return stepTowards(anchor, previous, sharesWithin(anchor, wanted, config), config.stepLimit);
}
