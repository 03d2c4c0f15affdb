import { equalWeights, newestLosses, softmax, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface DwaState {
  /** Mean loss of each task between the last two updates, and between those before. */
  readonly last: readonly (number | null)[];
  readonly before: readonly (number | null)[];
}

/** A loss that grew a millionfold says no more than this. */
const ratioLimit = 1e6;

/**
 * Dynamic weight average (Liu et al., CVPR 2019): T softmax(r / tau), r the loss of a task over that
 * of the interval before. An interval between two updates is its epoch; tasks without a ratio have 1.
 */
export const dwa: BalanceRule<DwaState> = {
  ...plainRule,
  name: 'dwa',
  summary: 'loss weights that are larger where the loss falls slowly',
  steers: 'loss',
  decides: 'at updates',
  constants: {
    tau: { value: 2, low: 0.01, high: 1e6, about: 'temperature, large for equal weights' },
  },
  start(context) {
    const unknown = context.taskIds.map(() => null);
    return equalWeights(context, { last: unknown, before: unknown });
  },
  update(context, state, { losses }) {
    const before = state.last;
    const last = newestLosses(before, losses);
    const ratios = last.map((loss, task) => {
      const earlier = before[task] ?? null;
      return loss === null || earlier === null ? 1 : Math.min(loss / earlier, ratioLimit);
    });
    const weights = softmax(ratios.map((ratio) => ratio / (context.constants.tau as number)));
    return weighted(context, weights, { last, before }, { ratio: ratios });
  },
};
