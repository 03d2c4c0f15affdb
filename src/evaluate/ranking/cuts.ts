/** Where an axis may be cut: round numbers about evenly spread over its mass. */

/** Steps in which the mass is looked at. */
const steps = 40;

/** Least share of the draws on either side of a cut, and between two cuts of one axis. */
export const leastSide = 0.1;

/** The number of fewest digits in (low, high], near their middle. */
export function roundWithin(low: number, high: number): number {
  const middle = low + (high - low) / 2;
  for (let digits = 1; digits <= 17; digits++) {
    const rounded = Number(middle.toPrecision(digits));
    if (rounded > low && rounded <= high) return rounded;
  }
  return high;
}

/**
 * Thresholds with at least a tenth of the values on either side, rising; values on a threshold count
 * to its upper side. Each is rounded within the fortieth of the mass around it. A constant has none.
 */
export function cutsOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const quantile = (share: number) =>
    sorted[Math.min(n - 1, Math.max(0, Math.round(share * (n - 1))))] as number;
  const cuts = new Set<number>();
  for (let step = 1; step < steps; step++) {
    const low = quantile((step - 0.5) / steps);
    const high = quantile((step + 0.5) / steps);
    if (high > low) cuts.add(roundWithin(low, high));
  }
  return [...cuts]
    .filter((cut) => {
      const below = values.reduce((count, value) => count + Number(value < cut), 0);
      return Math.min(below, n - below) >= leastSide * n;
    })
    .sort((a, b) => a - b);
}
