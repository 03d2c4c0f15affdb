import { type FocalState, startFocal, updateFocal } from '../focal-shares.ts';
import { gapOf } from '../kpi.ts';
import { type BalanceRule, plainRule, volume } from '../rule.ts';
import { boundShares } from '../shares.ts';

interface PlateauState {
  readonly focal: FocalState;
  /** The smallest gap of each task so far, and the updates since it last shrank by the tolerance. */
  readonly leastGap: readonly (number | null)[];
  readonly unanswered: readonly number[];
}

/**
 * The focal quota for shares that are answered: a task whose gap has not shrunk by `tolerance` for
 * `patience` updates gets no larger share than it has, until the gap shrinks again. A gap says how far a
 * task is from its best, not that more of its data closes it.
 */
export const plateau: BalanceRule<PlateauState> = {
  ...plainRule,
  name: 'plateau',
  summary: 'the focal quota, where no share grows whose gap does not answer',
  steers: 'shares',
  decides: 'at updates',
  needs: ['references'],
  constants: {
    patience: { value: 2, low: 1, high: 1000, about: 'updates that a gap may take to shrink' },
    tolerance: { value: 0.02, low: 0, high: 100, about: 'dB by which it has to shrink' },
  },
  start(context) {
    const { state: focal } = startFocal(context);
    const { taskIds } = context;
    const leastGap = taskIds.map(() => null);
    return volume(focal.shares, { focal, leastGap, unanswered: taskIds.map(() => 0) });
  },
  update(context, state, observation) {
    const { references, constants } = context;
    const { patience, tolerance } = constants as { patience: number; tolerance: number };
    const { state: focal, report } = updateFocal(context, state.focal, observation);
    const gaps = focal.psnr.map((psnr, task) => gapOf(psnr, references[task] ?? null));
    const answered = gaps.map((gap, task) => {
      const least = state.leastGap[task] ?? null;
      return gap === null || least === null || gap <= least - tolerance;
    });
    const unanswered = state.unanswered.map((count, task) => (answered[task] ? 0 : count + 1));
    const leastGap = state.leastGap.map((least, task) =>
      answered[task] ? (gaps[task] ?? least) : least,
    );
    const shares = heldShares(state.focal.shares, focal.shares, unanswered, patience);
    const next = { focal: { ...focal, shares }, leastGap, unanswered };
    return volume(shares, next, { ...report, unanswered });
  },
};

/** What the focal quota wants, but held where nothing answers; what is left goes to the other tasks. */
function heldShares(
  previous: readonly number[],
  wanted: readonly number[],
  unanswered: readonly number[],
  patience: number,
): number[] {
  const isHeld = wanted.map(
    (share, task) => (unanswered[task] as number) >= patience && share > (previous[task] as number),
  );
  if (!isHeld.some(Boolean)) return [...wanted];
  const before = (task: number) => previous[task] as number;
  // The others keep the proportions of what they want, and none of them falls below that.
  const low = wanted.map((share, task) => (isHeld[task] ? before(task) : share));
  const high = wanted.map((share, task) =>
    isHeld[task] ? before(task) : Math.max(share, before(task)),
  );
  return boundShares(wanted, low, high);
}
