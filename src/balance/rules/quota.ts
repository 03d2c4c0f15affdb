import { type FocalState, type FocalUpdate, startFocal, updateFocal } from '../focal-shares.ts';
import type { BalanceRule, Decision } from '../rule.ts';

function decide({ state, report }: FocalUpdate): Decision<FocalState> {
  return { shares: state.shares, lossWeights: state.shares.map(() => 1), state, report };
}

/** The focal weight as volume: how much data a task gets follows how far it is from its reference. */
export const quota: BalanceRule<FocalState> = {
  name: 'quota',
  summary: 'focal weight on the volume of data',
  adaptive: true,
  start: (context) => decide(startFocal(context)),
  update: (context, state, observation) => decide(updateFocal(context, state, observation)),
};
