/** One thing that is timed. Cases are data: benchmarks/index.ts runs each in a process of its own. */
export interface BenchmarkCase {
  readonly name: string;
  /** What one sample of time covers, for the table. */
  readonly work: string;
  prepare(): Promise<PreparedCase>;
}

export interface PreparedCase {
  /** Throws when the result is wrong: a wrong result is never timed. */
  check(): Promise<void>;
  /** Does the work once and returns how many milliseconds it took. */
  once(): Promise<number>;
  /** Images that one call of once() handles. */
  readonly images: number;
  /** Arithmetic of one call in GFLOP, counted from the formulas (a multiply-add is two). */
  readonly gflop: number;
  /** Who else does the same work, timed in turn with it; none when it is not installed. */
  readonly peer?: { name: string; once(): Promise<number> };
}

export interface CaseResult {
  name: string;
  work: string;
  samples: number;
  medianMs: number;
  p10Ms: number;
  p90Ms: number;
  imagesPerSecond: number;
  gflops: number;
  /** Share of the fp32 peak that was measured in the same process, 0 to 1. */
  ofPeak: number;
  peakGflops: number;
  /** Longest stretches in which the event loop was blocked while the work ran. */
  eventLoopP99Ms: number;
  eventLoopMaxMs: number;
  peakMemoryMb: number;
  /** `ratio`: how many times as long the peer takes, the median over pairs of neighbouring samples. */
  peer?: { name: string; medianMs: number; p10Ms: number; p90Ms: number; ratio: number };
}

export function percentile(sorted: readonly number[], share: number): number {
  const position = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  return sorted[position] ?? Number.NaN;
}
