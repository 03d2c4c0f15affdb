/** What is said of a list of measured times. */
export interface Summary {
  median: number;
  p10: number;
  p90: number;
  /** How many samples. */
  n: number;
}

/** The value below which `share` of the sorted values lie; NaN without any. */
export function percentile(sorted: readonly number[], share: number): number {
  const position = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  return sorted[position] ?? Number.NaN;
}

export function summaryOf(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return {
    median: percentile(sorted, 0.5),
    p10: percentile(sorted, 0.1),
    p90: percentile(sorted, 0.9),
    n: samples.length,
  };
}

/**
 * How many times as long `theirs` take as `own`: the median over neighbouring samples, since what a
 * machine does besides changes slowly.
 */
export function pairedRatio(theirs: readonly number[], own: readonly number[]): number {
  const pairs = Math.min(theirs.length, own.length);
  const ratios = Array.from(
    { length: pairs },
    (_, i) => (theirs[i] as number) / (own[i] as number),
  );
  return summaryOf(ratios).median;
}
