import { completeLosses, equalWeights, newestLosses, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface GlsState {
  readonly losses: readonly (number | null)[];
}

/**
 * Geometric loss strategy (Chennupati et al., CVPR Workshops 2019): the loss is (prod_t L_t)^(1 / T), whose
 * gradient weighs task t by 1 / L_t. L is the task's loss in the newest batch that held it, up to the
 * step before.
 */
export const gls: BalanceRule<GlsState> = {
  ...plainRule,
  name: 'gls',
  summary: 'loss weights of the geometric mean of the losses',
  steers: 'loss',
  decides: 'every step',
  start: (context) => equalWeights(context, { losses: context.taskIds.map(() => null) }),
  update(context, state, observation) {
    const losses = newestLosses(state.losses, observation.losses);
    return weighted(
      context,
      completeLosses(losses).map((loss) => 1 / loss),
      { losses },
    );
  },
};
