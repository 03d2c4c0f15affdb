import { type FocalState, type FocalUpdate, startFocal, updateFocal } from '../focal-shares.ts';
import { type BalanceContext, type BalanceRule, type Decision, plainRule } from '../rule.ts';

function decide(context: BalanceContext, { state, report }: FocalUpdate): Decision<FocalState> {
  const { anchor } = context;
  // A task without mass has no samples to weigh.
  const lossWeights = state.shares.map((share, task) => {
    const m = anchor[task] as number;
    return m === 0 ? 1 : share / m;
  });
  return { shares: anchor, lossWeights, state, report };
}

/**
 * The same focal weight on the loss: samples come at the anchor m, and the losses of task t are
 * multiplied by p_t / m_t, p being the shares that the quota rule would set. The mean weight is
 * sum_t m_t p_t / m_t = 1 and the expected gradient that of the quota rule; only its variance differs.
 */
export const lossWeight: BalanceRule<FocalState> = {
  ...plainRule,
  name: 'loss-weight',
  summary: 'the same weight on the loss, samples at the anchor',
  steers: 'loss',
  decides: 'at updates',
  needs: ['references'],
  start: (context) => decide(context, startFocal(context)),
  update: (context, state, observation) =>
    decide(context, updateFocal(context, state, observation)),
};
