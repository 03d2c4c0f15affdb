/** Cutting a parameter's values into classes, whatever its distribution. */

/** Parameters of up to so many values (kinds, modes, sides of kernels) are not cut: each is a class. */
const mostKinds = 9;

export interface Bins {
  /** Class of every draw, from 0; none is empty. */
  readonly of: Int32Array;
  readonly count: number;
}

/** How often each value occurs, by rising value. */
function tally(values: readonly number[]): [value: number, count: number][] {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}

/**
 * Classes of equal mass by rank, so that a strictly monotone transform changes nothing but their order
 * (where `wanted` divides the ranks evenly; ties stay together, at the middle of their ranks). Values
 * that are few are classes of their own. A constant gives one class.
 * @param wanted classes of a continuous parameter
 */
export function equalMassBins(values: readonly number[], wanted: number): Bins {
  const sorted = tally(values);
  const classes = new Map<number, number>();
  let below = 0;
  let last = -1;
  let count = 0;
  for (const [at, [value, own]] of sorted.entries()) {
    const rank = (below + own / 2) / values.length;
    const slot = sorted.length <= mostKinds ? at : Math.min(wanted - 1, Math.floor(wanted * rank));
    if (slot !== last) count++;
    last = slot;
    classes.set(value, count - 1);
    below += own;
  }
  return { of: Int32Array.from(values, (value) => classes.get(value) as number), count };
}
