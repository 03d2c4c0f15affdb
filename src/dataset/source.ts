/** What a set of pairs consists of. Nothing is kept in memory for each of them. */
import type { PairRecord } from '../evaluate/records.ts';
import type { PairJob } from '../evaluate/synthesis.ts';

/** A pair to make and the files that it becomes. */
export interface SampleJob extends PairJob {
  /** Number in the set. */
  index: number;
  key: string;
  task: string;
  seed: number;
  tar?: string;
  files: PairRecord['files'];
  encoded?: NonNullable<PairRecord['encoded']>;
  /** What its pixels hashed to when it was first made. */
  expected?: PairRecord['pixels'];
}

/** Samples from `first` to before `end`. */
export interface Range {
  first: number;
  end: number;
}

/**
 * A set whose samples come in units: whole archives, or single samples where they are files of their own.
 * Shards take whole units, and what was begun is given up or kept by whole units.
 */
export interface SampleSource {
  readonly samples: number;
  readonly units: number;
  /** Number of a unit's first sample; of the unit after the last, how many samples there are. */
  startOf(unit: number): number;
  /** The jobs of rising ranges, in their order. */
  jobs(ranges: readonly Range[]): Iterable<SampleJob>;
}

/** The last unit that begins at or before a sample; `units` when that is behind the last one. */
export function unitAt(source: SampleSource, sample: number): number {
  let [low, high] = [0, source.units];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (source.startOf(middle) <= sample) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The samples of the `index`-th (from 1) of `count` shards: as many units for each, give or take one. */
export function shardRange(
  source: SampleSource,
  { index, count }: { index: number; count: number },
): Range {
  const unit = (shard: number) => Math.floor((source.units * shard) / count);
  return { first: source.startOf(unit(index - 1)), end: source.startOf(unit(index)) };
}

/** A few jobs that are there already, each a unit. */
export function sourceOfJobs(jobs: readonly Omit<SampleJob, 'index'>[]): SampleSource {
  return {
    samples: jobs.length,
    units: jobs.length,
    startOf: (unit) => unit,
    *jobs(ranges) {
      for (const { first, end } of ranges)
        for (const [at, job] of jobs.slice(first, end).entries())
          yield { ...job, index: first + at };
    },
  };
}
