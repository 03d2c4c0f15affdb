/** Shares from a transfer matrix, by linear programs: each task's PSNR is taken as linear in the shares. */
import { type Condition, type LinearProgram, solveLinearProgram } from './linear-program.ts';
import type { TaskMatrix } from './rule.ts';
import { boundShares } from './shares.ts';
import { dot, sumOf } from './sums.ts';

/** Bounds of every share; sum low <= 1 <= sum high. */
export interface ShareBounds {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** PSNR in dB lies well within these; beyond them a matrix is none. */
export const psnrLimit = 1000;

/** The newest matrix that holds nothing but PSNR; null when there is none. */
export function usableTransfer(
  measured: TaskMatrix | undefined,
  given: TaskMatrix | null,
): TaskMatrix | null {
  const isPsnr = (value: number) => Math.abs(value) <= psnrLimit;
  return measured?.flat().every(isPsnr) ? measured : given;
}

/**
 * What one unit of share of task t (row) adds to the PSNR of task u (column) in dB, against the same unit
 * spread by the natural masses: M_tu - sum_s m_s M_su, M_tu the PSNR of the specialist of t on u. The
 * gains of natural sampling are 0.
 */
export function gainsOver(masses: readonly number[], transfer: TaskMatrix): number[][] {
  const natural = columns(transfer).map((column) => dot(masses, column));
  return transfer.map((row) => row.map((psnr, other) => psnr - (natural[other] as number)));
}

export function columns(matrix: TaskMatrix): number[][] {
  return (matrix[0] ?? []).map((_, other) => matrix.map((row) => row[other] as number));
}

/** A program over shares p, as y = p - low >= 0 and `extra` further variables, each >= 0. */
function shareProgram(
  { low, high }: ShareBounds,
  objective: readonly number[],
  conditions: readonly Condition[],
  extra: number,
): LinearProgram {
  const none = new Array<number>(extra).fill(0);
  const upper = high.map((bound, task) => ({
    row: [...low.map((_, other) => (other === task ? 1 : 0)), ...none],
    bound: bound - (low[task] as number),
  }));
  const shifted = conditions.map(({ row, bound }) => ({
    row,
    bound: bound - dot(low, row.slice(0, low.length)),
  }));
  const whole = { row: [...low.map(() => 1), ...none], bound: 1 - sumOf(low) };
  return { objective, atMost: [...upper, ...shifted], equal: [whole] };
}

/** The program keeps its conditions to within its tolerance, which shares of hugely different gains show. */
function sharesOf(program: LinearProgram, { low, high }: ShareBounds): number[] | null {
  const solution = solveLinearProgram(program);
  if (!solution) return null;
  const shares = low.map((bound, task) => bound + (solution[task] as number));
  return boundShares(shares, low, high);
}

/** The predicted mean over the tasks of a unit of share of each. */
const meanGains = (gains: TaskMatrix): number[] =>
  gains.map((row) => sumOf(row) / Math.max(1, row.length));

/**
 * The shares that make the predicted mean gain largest, while the gain of every task u stays at least
 * `least[u]`, if that is given. Null when no shares within the bounds do that.
 */
export function bestMeanShares(
  gains: TaskMatrix,
  bounds: ShareBounds,
  least: readonly number[] | null,
): number[] | null {
  const conditions = columns(gains).flatMap((column, other) =>
    least ? [{ row: column.map((gain) => -gain), bound: -(least[other] as number) }] : [],
  );
  return sharesOf(shareProgram(bounds, meanGains(gains), conditions, 0), bounds);
}

/**
 * The shares that make the least of `offset[u]` + predicted gain of u largest. That level
 * is one more quantity of the program, the difference of two variables.
 */
export function bestWorstShares(
  gains: TaskMatrix,
  bounds: ShareBounds,
  offset: readonly number[],
): number[] | null {
  const conditions = columns(gains).map((column, other) => ({
    row: [...column.map((gain) => -gain), 1, -1],
    bound: offset[other] as number,
  }));
  const objective = [...gains.map(() => 0), 1, -1];
  return sharesOf(shareProgram(bounds, objective, conditions, 2), bounds);
}

/** Predicted gain of every task over natural sampling, in dB. */
export function predictedGains(gains: TaskMatrix, shares: readonly number[]): number[] {
  return columns(gains).map((column) => dot(shares, column));
}
