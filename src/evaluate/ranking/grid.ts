/** Grids of tasks grown split by split, and how much of a score they explain. */
import type { Boundaries } from '../../degradation/boundaries.ts';
import { correlationRatio } from './correlation-ratio.ts';
import { cutsOf, leastSide } from './cuts.ts';

/** The value of every draw on each axis. */
export type Columns = ReadonlyMap<string, readonly number[]>;

export interface Split {
  readonly axis: string;
  readonly threshold: number;
  /** Of the two sides. */
  readonly r2: number;
}

export interface GrownSplit extends Split {
  /** Tasks of the grid with this split, and the R^2 of that grid. */
  readonly tasks: number;
}

export interface GrownGrid {
  readonly boundaries: Boundaries;
  readonly splits: readonly GrownSplit[];
}

/** Least share of the draws in a task of a grown grid: a rarer one hardly sees a batch. */
const leastTask = 0.02;

/** A split that explains less than this is none. */
export const leastGain = 0.02;

const sides = (values: readonly number[], cut: number) =>
  Int32Array.from(values, (value) => Number(value >= cut));

/** The threshold of one axis that explains most; null when it cannot be cut or nothing differs. */
export function bestSplit(
  axis: string,
  values: readonly number[],
  scores: ArrayLike<number>,
): Split | null {
  let best: Split | null = null;
  for (const threshold of cutsOf(values)) {
    const r2 = correlationRatio(scores, { of: sides(values, threshold), count: 2 });
    if (r2 !== null && (best === null || r2 > best.r2)) best = { axis, threshold, r2 };
  }
  return best;
}

/** Tasks of a grid. */
export function taskCount(boundaries: Boundaries): number {
  return Object.values(boundaries).reduce((count, cuts = []) => count * (cuts.length + 1), 1);
}

/** The task of every draw, from 0 to taskCount - 1. */
export function cellsOf(boundaries: Boundaries, columns: Columns, draws: number): Int32Array {
  const cells = new Int32Array(draws);
  for (const [axis, cuts = []] of Object.entries(boundaries)) {
    const values = columns.get(axis) as readonly number[];
    for (let i = 0; i < draws; i++) {
      const level = cuts.filter((cut) => (values[i] as number) >= cut).length;
      cells[i] = (cells[i] as number) * (cuts.length + 1) + level;
    }
  }
  return cells;
}

function withCut(
  boundaries: Boundaries,
  { axis, threshold }: Pick<Split, 'axis' | 'threshold'>,
): Boundaries {
  const cuts = [...(boundaries[axis] ?? []), threshold].sort((a, b) => a - b);
  return { ...boundaries, [axis]: cuts };
}

/** Draws of each class. */
function sizes(of: Int32Array, count: number): number[] {
  const found = new Array<number>(count).fill(0);
  for (const at of of) found[at] = (found[at] as number) + 1;
  return found;
}

/** Whether a new threshold leaves a tenth of the draws between it and its neighbours. */
function isApart(values: readonly number[], cuts: readonly number[], threshold: number): boolean {
  const below = Math.max(Number.NEGATIVE_INFINITY, ...cuts.filter((cut) => cut <= threshold));
  const above = Math.min(Number.POSITIVE_INFINITY, ...cuts.filter((cut) => cut > threshold));
  let [left, right] = [0, 0];
  for (const value of values) {
    if (value >= below && value < threshold) left++;
    if (value >= threshold && value < above) right++;
  }
  return Math.min(left, right) >= leastSide * values.length;
}

/**
 * Adds the split that explains most of the scores' variance, again and again, while R^2 grows by at
 * least 0.02, the grid has at most `tasks` tasks, and each of them holds 2 % of the draws.
 */
export function growGrid(
  columns: Columns,
  scores: ArrayLike<number>,
  { tasks: most }: { tasks: number },
): GrownGrid {
  const candidates = [...columns].flatMap(([axis, values]) =>
    cutsOf(values).map((threshold) => ({ axis, threshold, values })),
  );
  let boundaries: Boundaries = {};
  let cells: Int32Array = new Int32Array(scores.length);
  const splits: GrownSplit[] = [];
  for (let r2 = 0; ; ) {
    let best: { split: GrownSplit; cells: Int32Array } | undefined;
    for (const { axis, threshold, values } of candidates) {
      const cuts = boundaries[axis] ?? [];
      const next = withCut(boundaries, { axis, threshold });
      const tasks = taskCount(next);
      if (tasks > most || cuts.includes(threshold) || !isApart(values, cuts, threshold)) continue;
      const refined = cells.map((cell, i) => 2 * cell + Number((values[i] as number) >= threshold));
      const { of, count } = relabelled(refined);
      if (count < tasks || Math.min(...sizes(of, count)) < leastTask * of.length) continue;
      const grown = correlationRatio(scores, { of, count }) ?? 0;
      const better = best ? grown > best.split.r2 : grown >= r2 + leastGain;
      if (better) best = { split: { axis, threshold, r2: grown, tasks }, cells: of };
    }
    if (!best) return { boundaries, splits };
    boundaries = withCut(boundaries, best.split);
    cells = best.cells;
    r2 = best.split.r2;
    splits.push(best.split);
  }
}

/** Classes counted from 0 without gaps. */
export function relabelled(cells: Int32Array): { of: Int32Array; count: number } {
  const names = new Map<number, number>();
  const of = cells.map((cell) => {
    if (!names.has(cell)) names.set(cell, names.size);
    return names.get(cell) as number;
  });
  return { of, count: names.size };
}
