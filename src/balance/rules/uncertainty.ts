import { type AdamNumber, adamNumber, adamStep } from '../adam.ts';
import { equalWeights, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface UncertaintyState {
  /** The log-variance s of each task, as it is learned. */
  readonly logVariance: readonly AdamNumber[];
}

/**
 * Homoscedastic uncertainty (Kendall et al., CVPR 2018) as LibMTL has it: sum_t L_t / (2 e^s_t) + s_t / 2, s
 * learned beside the network by Adam. At rest e^s is the loss itself. A batch without a task leaves its s.
 */
export const uncertainty: BalanceRule<UncertaintyState> = {
  ...plainRule,
  name: 'uncertainty',
  summary: 'loss weights from learned uncertainties',
  steers: 'loss',
  decides: 'every step',
  constants: {
    start: { value: -0.5, low: -20, high: 20, about: 'first log-variance' },
    rate: { value: 1e-3, low: 0, high: 1, about: 'learning rate of the log-variances' },
  },
  start: (context) =>
    equalWeights(context, {
      logVariance: context.taskIds.map(() => adamNumber(context.constants.start as number)),
    }),
  update(context, state, { losses }) {
    const logVariance = state.logVariance.map((s, task) => {
      const loss = losses[task] ?? null;
      const gradient = loss === null ? null : (1 - loss * Math.exp(-s.value)) / 2;
      return adamStep(s, gradient, context.constants.rate as number);
    });
    const values = logVariance.map(({ value }) => value);
    const weights = values.map((s) => Math.exp(-s) / 2);
    return weighted(context, weights, { logVariance }, { logVariance: values });
  },
};
