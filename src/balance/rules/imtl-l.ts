import { type AdamNumber, adamNumber, adamStep } from '../adam.ts';
import { equalWeights, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface ImtlState {
  /** The log-scale s of each task's loss, as it is learned. */
  readonly logScale: readonly AdamNumber[];
}

/**
 * The loss-balancing half of impartial multi-task learning (Liu et al., ICLR 2021): sum_t e^s_t L_t - s_t, s
 * learned beside the network by Adam. At rest e^s L = 1, which is the sum of log-losses. A batch without
 * a task leaves its s.
 */
export const imtlL: BalanceRule<ImtlState> = {
  ...plainRule,
  name: 'imtl-l',
  summary: 'loss weights learned to make all losses equally large',
  steers: 'loss',
  decides: 'every step',
  constants: {
    rate: { value: 1e-3, low: 0, high: 1, about: 'learning rate of the log-scales' },
  },
  start: (context) =>
    equalWeights(context, {
      logScale: context.taskIds.map(() => adamNumber(0)),
    }),
  update(context, state, { losses }) {
    const logScale = state.logScale.map((s, task) => {
      const loss = losses[task] ?? null;
      const gradient = loss === null ? null : Math.exp(s.value) * loss - 1;
      return adamStep(s, gradient, context.constants.rate as number);
    });
    const values = logScale.map(({ value }) => value);
    return weighted(context, values.map(Math.exp), { logScale }, { logScale: values });
  },
};
