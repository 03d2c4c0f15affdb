import { softmax, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface GroupDroState {
  readonly weights: readonly number[];
}

/** Losses beyond this say no more, and their exponential would overflow. */
const lossLimit = 1e6;

/**
 * Group DRO (Sagawa et al., ICLR 2020): q ~ q exp(eta L), the loss sum_t q_t L_t. A batch without
 * a task adds nothing to its q. The q in force is that of the step before.
 */
export const groupDro: BalanceRule<GroupDroState> = {
  ...plainRule,
  name: 'group-dro',
  summary: 'loss weights that grow exponentially with the loss',
  steers: 'loss',
  decides: 'every step',
  constants: {
    eta: { value: 0.01, low: 0, high: 100, about: 'growth of the log weight a unit of loss' },
  },
  start(context) {
    const weights = context.taskIds.map(() => 1 / context.taskIds.length);
    return weighted(context, weights, { weights });
  },
  update(context, state, { losses }) {
    const grown = state.weights.map((weight, task) => {
      const loss = losses[task] ?? null;
      const excess = loss !== null && Number.isFinite(loss) ? Math.min(loss, lossLimit) : 0;
      return Math.log(weight) + (context.constants.eta as number) * excess;
    });
    const weights = softmax(grown);
    return weighted(context, weights, { weights }, { groupWeight: weights });
  },
};
