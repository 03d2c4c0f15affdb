import { smooth } from './kpi.ts';

interface TaskLosses {
  /** Samples with a finite loss since the last update, and the sum of their losses. */
  readonly count: number;
  readonly sum: number;
  /** Moving average over all samples so far, for display. */
  readonly average: number | null;
  /** Samples whose loss was not finite, over the whole run. */
  readonly notFinite: number;
}

export type TrackerState = Readonly<Record<string, TaskLosses>>;

const nothing: TaskLosses = { count: 0, sum: 0, average: null, notFinite: 0 };

/** About the last fifty samples of a task. */
const averageWeight = 0.02;

/** Training losses by task: means for the rules, moving averages for people. */
export class LossTracker {
  #losses: Record<string, TaskLosses>;

  constructor(taskIds: readonly string[]) {
    this.#losses = Object.fromEntries(taskIds.map((id) => [id, nothing]));
  }

  /** Adds the per-sample losses of one step; those that are not finite are only counted. */
  record(taskIds: readonly string[], losses: ArrayLike<number>): void {
    for (const [sample, id] of taskIds.entries()) {
      const before = this.#losses[id] ?? nothing;
      const loss = losses[sample];
      this.#losses[id] =
        loss !== undefined && Number.isFinite(loss)
          ? {
              ...before,
              count: before.count + 1,
              sum: before.sum + loss,
              average: smooth(before.average, loss, averageWeight),
            }
          : { ...before, notFinite: before.notFinite + 1 };
    }
  }

  /** Mean loss of a task since the last update; null without samples. */
  mean(id: string): number | null {
    const { count, sum } = this.#losses[id] ?? nothing;
    return count > 0 ? sum / count : null;
  }

  /** Samples of a task whose losses that mean is of. */
  count(id: string): number {
    return this.#losses[id]?.count ?? 0;
  }

  average(id: string): number | null {
    return this.#losses[id]?.average ?? null;
  }

  notFinite(id: string): number {
    return this.#losses[id]?.notFinite ?? 0;
  }

  /** Begins a new interval, as after an update. */
  restart(): void {
    for (const [id, losses] of Object.entries(this.#losses)) {
      this.#losses[id] = { ...losses, count: 0, sum: 0 };
    }
  }

  toJSON(): TrackerState {
    return structuredClone(this.#losses);
  }

  restore(state: TrackerState): void {
    this.#losses = structuredClone(state) as Record<string, TaskLosses>;
  }
}
