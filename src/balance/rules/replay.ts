import { fixedRule } from '../rule.ts';

/**
 * The shares of `balance.shares`: those of another run, averaged over time, tell whether it is their level
 * or their course that helped.
 */
export const replay = fixedRule(
  'replay',
  'the shares of balance.shares, for example the realised samples of another run',
  ({ shares, masses }) => shares ?? masses,
  { needs: ['shares'] },
);
