import { smoothEach } from '../kpi.ts';
import { completeLosses, equalWeights, newestLosses, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';
import { sumOf } from '../sums.ts';

interface AmtlState {
  readonly psnr: readonly (number | null)[];
  readonly losses: readonly (number | null)[];
}

/** A PSNR this many times its reference below 0 says no more. */
const leftLimit = 100;

/**
 * Achievement-based weights (Yun & Cho, ICCV 2023): v ~ (1 - a / ((1 + margin) R))^focus, a the accuracy, here
 * PSNR, and R the specialist's; the loss is the product of L_t^v_t, whose gradient weighs task t by v_t / L_t,
 * L the mean losses of the last interval. A task that is beyond its margin has a weight of 0, one without
 * PSNR or reference the mean of the others.
 */
export const amtl: BalanceRule<AmtlState> = {
  ...plainRule,
  name: 'amtl',
  summary: 'loss weights by achievement, of a geometric mean',
  steers: 'loss',
  decides: 'at updates',
  needs: ['references'],
  constants: {
    margin: { value: 0.05, low: 0, high: 10, about: 'what may be gained over the specialist' },
    focus: { value: 2, low: 0, high: 10, about: 'power on the distance to it' },
  },
  start(context) {
    const unknown = context.taskIds.map(() => null);
    return equalWeights(context, { psnr: unknown, losses: unknown });
  },
  update(context, state, observation) {
    const { references, config, constants } = context;
    const { margin, focus } = constants as { margin: number; focus: number };
    const psnr = smoothEach(state.psnr, observation.probePsnr, config.emaWeight);
    const achieved = psnr.map((value, task) => {
      const reference = references[task] ?? null;
      if (value === null || reference === null || !(reference > 0)) return null;
      const left = 1 - value / ((1 + margin) * reference);
      return Math.min(Math.max(left, 0), leftLimit) ** focus;
    });
    const known = achieved.filter((weight) => weight !== null);
    const mean = known.length > 0 ? sumOf(known) / known.length : 1;
    const losses = newestLosses(state.losses, observation.losses);
    const complete = completeLosses(losses);
    const weights = achieved.map((weight, task) => (weight ?? mean) / (complete[task] as number));
    return weighted(context, weights, { psnr, losses }, { psnr, achievement: achieved });
  },
};
