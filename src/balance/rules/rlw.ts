import { Random, streams } from '../../rng.ts';
import { softmax, weighted } from '../loss-weights.ts';
import { type BalanceContext, type BalanceRule, type Decision, plainRule } from '../rule.ts';

interface RlwState {
  /** Steps that drew weights. */
  readonly step: number;
}

/** A standard normal number from two uniforms (Box & Muller 1958). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.uniform()));
  return radius * Math.cos(2 * Math.PI * random.uniform());
}

function decide(context: BalanceContext, step: number): Decision<RlwState> {
  const random = new Random(context.seed, streams.lossWeights, step);
  const weights = softmax(context.taskIds.map(() => normal(random)));
  return weighted(context, weights, { step });
}

/** Random loss weighting (Lin et al., TMLR 2022): softmax of standard normal numbers, new ones each step. */
export const rlw: BalanceRule<RlwState> = {
  ...plainRule,
  name: 'rlw',
  summary: 'random loss weights, new ones at every step',
  steers: 'loss',
  decides: 'every step',
  start: (context) => decide(context, 0),
  update: (context, { step }) => decide(context, step + 1),
};
