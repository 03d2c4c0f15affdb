import { gapOf, smooth, smoothEach } from '../kpi.ts';
import { softmax } from '../loss-weights.ts';
import {
  type BalanceContext,
  type BalanceRule,
  plainRule,
  type TaskMatrix,
  volume,
} from '../rule.ts';
import { approach } from '../shares.ts';
import { sumOf } from '../sums.ts';

interface MarginalState {
  readonly psnr: readonly (number | null)[];
  /** Smoothed marginal gain of each task's data; null before the first alignments. */
  readonly gain: readonly (number | null)[];
  readonly shares: readonly number[];
}

/** The task that is furthest below its specialist, or without references the one of the lowest PSNR. */
function worstTask(
  { references }: BalanceContext,
  psnr: readonly (number | null)[],
): number | null {
  const gaps = psnr.map((value, task) => gapOf(value, references[task] ?? null));
  const known = gaps.some((gap) => gap !== null);
  const distance = known ? gaps : psnr.map((value) => (value === null ? null : -value));
  let worst: number | null = null;
  for (const [task, value] of distance.entries()) {
    if (value === null) continue;
    if (worst === null || value > (distance[worst] as number)) worst = task;
  }
  return worst;
}

/** What a step on each task does for the objective, from its alignments with the tasks. */
function gainsFor(worst: number | null, alignments: TaskMatrix): number[] {
  return alignments.map((row) =>
    worst === null ? sumOf(row) / row.length : (row[worst] as number),
  );
}

/** Alignments beyond this say no more: they are cosines, or of their size. */
const limit = 10;

/**
 * Shares by marginal gain: p ~ p exp(eta w), w how well the steps on a task's data align with what lowers
 * the mean log-MSE over all tasks (objective `mean`) or that of the worst (`worst`), smoothed over updates.
 */
export const marginalGain: BalanceRule<MarginalState> = {
  ...plainRule,
  name: 'marginal-gain',
  summary: 'shares grow with what a step on their data does for the objective',
  steers: 'shares',
  decides: 'at updates',
  needs: ['alignments'],
  objectives: ['mean', 'worst'],
  constants: {
    eta: { value: 0.7, low: 0, high: 100, about: 'growth of the log share at full alignment' },
    samples: { value: 64, low: 1, high: 1024, about: 'training samples a task and measurement' },
  },
  start({ anchor, taskIds }) {
    const unknown = taskIds.map(() => null);
    return volume(anchor, { psnr: unknown, gain: unknown, shares: anchor });
  },
  update(context, state, { alignments, probePsnr }) {
    const { anchor, config, constants, objective } = context;
    if (!alignments) return volume(state.shares, state);
    const psnr = smoothEach(state.psnr, probePsnr, config.emaWeight);
    const worst = objective === 'worst' ? worstTask(context, psnr) : null;
    const newest = gainsFor(worst, alignments);
    const gain = state.gain.map((average, task) => {
      const value = Math.min(Math.max(newest[task] as number, -limit), limit);
      return smooth(average, value, config.emaWeight);
    });
    const eta = constants.eta as number;
    const grown = state.shares.map((share, task) => Math.log(share) + eta * (gain[task] ?? 0));
    const shares = approach(anchor, state.shares, softmax(grown), config);
    return volume(shares, { psnr, gain, shares }, { psnr, gain });
  },
};
