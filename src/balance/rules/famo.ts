import { type AdamNumber, adamNumber, adamStep } from '../adam.ts';
import { completeLosses, equalWeights, newestLosses, softmax, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';
import { dot } from '../sums.ts';

interface FamoState {
  /** The logits xi of the weights. */
  readonly logits: readonly AdamNumber[];
  readonly losses: readonly (number | null)[];
}

/**
 * Fast adaptive multitask optimization (Liu et al., NeurIPS 2023): (1 / c) sum_t z_t log L_t, z = softmax(xi),
 * whose gradient weighs task t by z_t / L_t. After a step, xi goes by Adam along J^T (log L - log L') + decay xi,
 * J the Jacobian of the softmax and L' the losses of the same batch after the step: a task whose loss falls
 * faster than the others' gets less. Tasks without samples in the batch have no change of their own.
 */
export const famo: BalanceRule<FamoState> = {
  ...plainRule,
  name: 'famo',
  summary: 'loss weights that let all log-losses fall equally fast',
  steers: 'loss',
  decides: 'every step',
  needs: ['lossesAfter'],
  constants: {
    rate: { value: 0.025, low: 0, high: 1, about: 'learning rate of the logits' },
    decay: { value: 1e-3, low: 0, high: 1, about: 'weight decay of the logits' },
  },
  start: (context) =>
    equalWeights(context, {
      logits: context.taskIds.map(() => adamNumber(0)),
      losses: context.taskIds.map(() => null),
    }),
  update(context, state, observation) {
    const { rate, decay } = context.constants as { rate: number; decay: number };
    const unknown = context.taskIds.map(() => null);
    const before = newestLosses(unknown, observation.losses);
    const after = newestLosses(unknown, observation.lossesAfter ?? unknown);
    const falls = before.map((loss, task) => {
      const later = after[task] ?? null;
      return loss === null || later === null ? 0 : Math.log(loss) - Math.log(later);
    });
    const z = softmax(state.logits.map(({ value }) => value));
    const mean = dot(z, falls);
    const logits = state.logits.map((logit, task) => {
      const gradient = (z[task] as number) * ((falls[task] as number) - mean);
      return adamStep(logit, gradient + decay * logit.value, rate);
    });
    const losses = newestLosses(state.losses, observation.losses);
    const complete = completeLosses(losses);
    const next = softmax(logits.map(({ value }) => value));
    const weights = next.map((part, task) => part / (complete[task] as number));
    return weighted(context, weights, { logits, losses }, { taskWeight: next });
  },
};
