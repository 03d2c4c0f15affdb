import { completeLosses, equalWeights, newestLosses, softmax, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface StchState {
  readonly steps: number;
  readonly losses: readonly (number | null)[];
  /** Sum and number of each task's losses during warm-up; their mean is its reference. */
  readonly warm: readonly { readonly sum: number; readonly count: number }[];
}

/**
 * Smooth Tchebycheff scalarization (Lin et al., ICML 2024): T mu log sum_t exp(log(L_t / L_ref) / mu), whose
 * gradient weighs task t by softmax(log(L / L_ref) / mu)_t / L_t. L_ref is a task's mean loss over the first
 * `warmup` steps, in which the loss is the sum of log-losses: 1 / L_t. L is the task's loss in the newest
 * batch that held it, up to the step before.
 */
export const stch: BalanceRule<StchState> = {
  ...plainRule,
  name: 'stch',
  summary: 'loss weights of a smooth maximum of log-losses over their first level',
  steers: 'loss',
  decides: 'every step',
  constants: {
    mu: { value: 1, low: 0.01, high: 1e6, about: 'smoothness, small for the plain maximum' },
    warmup: { value: 1000, low: 1, high: 1e12, about: 'steps whose mean loss is the first level' },
  },
  start: (context) =>
    equalWeights(context, {
      steps: 0,
      losses: context.taskIds.map(() => null),
      warm: context.taskIds.map(() => ({ sum: 0, count: 0 })),
    }),
  update(context, state, observation) {
    const { mu, warmup } = context.constants as { mu: number; warmup: number };
    const steps = state.steps + 1;
    const losses = newestLosses(state.losses, observation.losses);
    const complete = completeLosses(losses);
    const isWarm = steps <= warmup;
    const unknown = state.warm.map(() => null);
    const now = newestLosses(unknown, observation.losses);
    const warm = state.warm.map(({ sum, count }, task) => {
      const loss = now[task] ?? null;
      return isWarm && loss !== null ? { sum: sum + loss, count: count + 1 } : { sum, count };
    });
    const logs = complete.map((loss, task) => {
      const { sum, count } = warm[task] as { sum: number; count: number };
      return count > 0 ? Math.log(loss / (sum / count)) : 0;
    });
    const level = isWarm ? logs.map(() => 1) : softmax(logs.map((log) => log / mu));
    const weights = level.map((part, task) => part / (complete[task] as number));
    return weighted(context, weights, { steps, losses, warm });
  },
};
