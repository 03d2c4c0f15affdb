import type { BalanceContext, Decision } from './rule.ts';
import { sumOf } from './sums.ts';

/** No task's weight falls below this part of the largest: none is silenced by an underflow. */
const leastPart = 1e-6;

/**
 * Factors on samples that make of their mean loss the weighted sum over tasks sum_t v_t L_t / sum_t v_t,
 * which rules of multi-task learning are written in: v_t / (sum_u v_u p_t) for a sample of task t, p its
 * share. Their mean over the samples is 1. Only the proportions of v count, since the optimizer takes
 * out a common factor. Weights that are not finite, or all zero, count as equal.
 *
 * @param taskWeights v >= 0, (T)
 * @param shares p, (T); a task without share has no samples and gets 1
 */
export function sampleFactors(taskWeights: readonly number[], shares: readonly number[]): number[] {
  const largest = Math.max(...taskWeights);
  const usable = largest > 0 && Number.isFinite(largest);
  const weights = taskWeights.map((weight, task) => {
    if (shares[task] === 0) return 0;
    return usable ? Math.max(weight / largest, leastPart) : 1;
  });
  const total = sumOf(weights);
  return weights.map((weight, task) => {
    const share = shares[task] as number;
    return share > 0 ? weight / (total * share) : 1;
  });
}

/** A decision on the loss, samples at the anchor; `taskWeights` as sampleFactors takes them. */
export function weighted<State>(
  { anchor }: BalanceContext,
  taskWeights: readonly number[],
  state: State,
  report: Decision<State>['report'] = {},
): Decision<State> {
  return { shares: anchor, lossWeights: sampleFactors(taskWeights, anchor), state, report };
}

/** The decision of rules on the loss before they have seen any: equal weights. */
export function equalWeights<State>(context: BalanceContext, state: State): Decision<State> {
  return weighted(
    context,
    context.taskIds.map(() => 1),
    state,
  );
}

/** v_t = exp(x_t - max x) / sum: a softmax that cannot overflow. */
export function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = sumOf(powers);
  return powers.map((power) => power / total);
}

/** Losses beyond these are taken as these: their logarithms, reciprocals and sums are used. */
const leastLoss = 1e-12;
const mostLoss = 1e12;

/** The newest finite loss of each task, or what was known of it before; null while there is none. */
export function newestLosses(
  before: readonly (number | null)[],
  losses: readonly (number | null)[],
): (number | null)[] {
  return before.map((known, task) => {
    const loss = losses[task] ?? null;
    return loss !== null && Number.isFinite(loss)
      ? Math.min(Math.max(loss, leastLoss), mostLoss)
      : known;
  });
}

/** A loss for every task: that of a task without any is the mean of the others', or 1. */
export function completeLosses(losses: readonly (number | null)[]): number[] {
  const known = losses.filter((loss) => loss !== null);
  const mean = known.length > 0 ? sumOf(known) / known.length : 1;
  return losses.map((loss) => loss ?? mean);
}
