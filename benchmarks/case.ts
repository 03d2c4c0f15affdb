import type { RecordedCase } from '../src/bench/record.ts';

/** One thing that is timed. Cases are data: benchmarks/index.ts runs each in a process of its own. */
export interface BenchmarkCase {
  readonly name: string;
  /** What one sample of time covers, for the table. */
  readonly work: string;
  prepare(): Promise<PreparedCase>;
}

export interface PreparedCase {
  /** What a time is given of: `ms/step`. */
  readonly unit: string;
  /** Throws when the result is wrong: a wrong result is never timed. */
  check(): Promise<void>;
  /** Does the work once and returns how long it took, in `unit`. */
  once(): Promise<number>;
  /** Images that one of the unit holds. */
  readonly images: number;
  /** Arithmetic of one of the unit in GFLOP (a multiply-add is two). */
  readonly gflop: number;
  /** The least time that the hardware allows, where it is not the arithmetic over the peak; in `unit`. */
  readonly floor?: number;
  /** Who else does the same work, timed in turn with it; none when it is not installed. */
  readonly peer?: { name: string; version: string; once(): Promise<number> };
}

/** What is recorded, and what is only shown. */
export interface CaseResult {
  recorded: RecordedCase;
  imagesPerSecond: number;
  gflops: number;
  /** Longest stretches in which the event loop was blocked while the work ran. */
  eventLoopP99Ms: number;
  eventLoopMaxMs: number;
  peakMemoryMb: number;
}
