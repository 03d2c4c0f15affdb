import { gapOf, smooth } from '../kpi.ts';
import { type BalanceRule, plainRule, volume } from '../rule.ts';
import { reachable } from '../shares.ts';
import { bestMeanShares, bestWorstShares, gainsOver, usableTransfer } from '../transfer.ts';

interface ConstrainedState {
  /** Smoothed PSNR over that of natural sampling, in dB. */
  readonly lead: readonly (number | null)[];
  readonly shares: readonly number[];
}

/**
 * The mean, subject to no task falling below natural sampling: sequential linear programming. The PSNR of
 * task u is measured, and taken to change by sum_t (p'_t - p_t) M_tu when the shares go from p to p', M the
 * transfer matrix; so the shares are those with the largest mean within bounds and one step for which
 * lead_u + change_u >= 0. Where no such shares exist, those that bring the worst task furthest back. A matrix
 * that is wrong is corrected by what is measured at the next update.
 */
export const constrained: BalanceRule<ConstrainedState> = {
  ...plainRule,
  name: 'constrained',
  summary: 'the largest mean for which no task falls below natural sampling, as measured beside',
  steers: 'shares',
  decides: 'at updates',
  needs: ['transfer', 'naturalPsnr'],
  objectives: ['no-task-below-natural'],
  start: ({ anchor, taskIds }) => volume(anchor, { lead: taskIds.map(() => null), shares: anchor }),
  update(context, state, observation) {
    const { anchor, config } = context;
    const { naturalPsnr, probePsnr } = observation;
    const transfer = usableTransfer(observation.transfer, context.transfer);
    if (!transfer || !naturalPsnr) return volume(state.shares, state);
    const lead = state.lead.map((average, task) => {
      const behind = gapOf(probePsnr[task] ?? null, naturalPsnr[task] ?? null);
      const newest = behind === null ? null : -behind;
      return smooth(average, newest, config.emaWeight);
    });
    const gains = gainsOver(state.shares, transfer);
    const bounds = reachable(anchor, state.shares, config);
    // Where natural sampling is not known, a task must not fall below what it has.
    const known = lead.map((value) => value ?? 0);
    const least = known.map((value) => -value);
    const shares =
      bestMeanShares(gains, bounds, least) ?? bestWorstShares(gains, bounds, known) ?? state.shares;
    return volume(shares, { lead, shares }, { lead });
  },
};
