import { type FocalState, type FocalUpdate, startFocal, updateFocal } from '../focal-shares.ts';
import { type BalanceRule, type Decision, plainRule, volume } from '../rule.ts';

function decide({ state, report }: FocalUpdate): Decision<FocalState> {
  return volume(state.shares, state, report);
}

/** The focal weight as volume: how much data a task gets follows how far it is from its reference. */
export const quota: BalanceRule<FocalState> = {
  ...plainRule,
  name: 'quota',
  summary: 'focal weight on the volume of data',
  steers: 'shares',
  decides: 'at updates',
  needs: ['references'],
  start: (context) => decide(startFocal(context)),
  update: (context, state, observation) => decide(updateFocal(context, state, observation)),
};
