/** What happens when numbers go wrong: skip, go back once, stop. */
import type { GuardState } from './state.ts';

/** The guard of a run that begins. */
export const newGuard: GuardState = {
  inRow: 0,
  skipped: 0,
  rolledBack: false,
  learningRateScale: 1,
};

export type Verdict = 'good' | 'skipped' | 'roll-back' | 'diverged';

/**
 * Judges one step. A skipped step changes nothing but these counts; after `limit` of them in a row the
 * run goes back to its last checkpoint with half the learning rate, once, and the next time it stops.
 */
export function judge(
  state: GuardState,
  finite: boolean,
  limit: number,
): { verdict: Verdict; state: GuardState } {
  if (finite) return { verdict: 'good', state: { ...state, inRow: 0 } };
  const next = { ...state, inRow: state.inRow + 1, skipped: state.skipped + 1 };
  if (next.inRow < limit) return { verdict: 'skipped', state: next };
  return { verdict: state.rolledBack ? 'diverged' : 'roll-back', state: next };
}

/** The guard of a run that has just gone back to the checkpoint that held `state`. */
export function afterRollBack(state: GuardState): GuardState {
  return {
    ...state,
    inRow: 0,
    rolledBack: true,
    learningRateScale: state.learningRateScale / 2,
  };
}

const remembered = 101;
const enoughToJudge = 20;
const alarmFactor = 100;

/** Raises an alarm when a loss is more than 100 times the median of the last 101 steps. */
export class DivergenceAlarm {
  #losses: number[] = [];
  #on = false;

  /** The median, at the step where the losses leave it; nothing while they are away from it. */
  watch(loss: number): number | undefined {
    const sorted = this.#losses.toSorted((a, b) => a - b);
    const median = sorted[sorted.length >> 1] as number;
    const away = sorted.length >= enoughToJudge && loss > alarmFactor * median;
    const raised = away && !this.#on;
    this.#on = away;
    if (!away) this.#losses = [...this.#losses.slice(1 - remembered), loss];
    return raised ? median : undefined;
  }
}
