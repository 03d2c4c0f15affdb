import { equalWeights } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

/** The plain sum of the tasks' losses, sum_t L_t: a task of few samples counts as much as any other. */
export const equal: BalanceRule<null> = {
  ...plainRule,
  name: 'equal',
  summary: 'loss weights that make every task count the same',
  steers: 'loss',
  decides: 'once',
  start: (context) => equalWeights(context, null),
  update: (context) => equal.start(context),
};
