/** The one form in which every benchmark keeps its figures. */
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { native } from '../native.ts';
import type { Summary } from './statistics.ts';

/** Resident bytes of a process of its own: before there was any work, and the most while it was done. */
export interface MemoryPeak {
  before: number;
  peak: number;
}

export interface RecordedPeer {
  name: string;
  version: string;
  /** Which of its ways was the fastest: `compile channels_last`. */
  variant?: string;
  /** Ways that were not tried to their end or compute something else, and why. */
  leftOut?: Readonly<Record<string, string>>;
  /** In the unit of the case. */
  median: number;
  /** How many times as long the peer takes: the median over neighbouring samples. */
  ratio: number;
  memory?: MemoryPeak;
}

export interface RecordedCase extends Summary {
  name: string;
  unit: string;
  /** The least time that the measured hardware allows for this arithmetic and these bytes, over the median. */
  floorShare: number;
  /** Of networks: direct convolutions' arithmetic over the median, in GFLOP/s. */
  gflops?: number;
  /** Of networks: what the time is spent on, by kind of operation. */
  shares?: Readonly<Record<string, number>>;
  memory?: MemoryPeak;
  peers: RecordedPeer[];
}

export interface BenchmarkRecord {
  machine: string;
  cpu: string;
  threads: number;
  commit: string;
  /** YYYY-MM-DD. */
  date: string;
  cases: RecordedCase[];
}

const root = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)));

function git(...args: string[]): string | undefined {
  const result = spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The commit of a checkout, with a + when files differ from it; an installed package tells its version. */
function commit(): string {
  // A package below somebody else's repository must not tell that one's commit.
  if (git('rev-parse', '--show-toplevel') !== root) return `v${native.info().version}`;
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+' : ''}`;
}

/** Where and with what the figures are made. `threads`: as many as the work uses. */
export function describeMachine(threads: number): Omit<BenchmarkRecord, 'cases'> {
  const { simd, threads: available } = native.info();
  const memory = `${Math.round(totalmem() / 1e9)} GB`;
  return {
    machine: [
      `${process.platform}-${process.arch}`,
      `${available} CPUs`,
      ...[simd, memory, `Node ${process.versions.node}`],
    ].join(', '),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads,
    commit: commit(),
    date: new Date().toISOString().slice(0, 10),
  };
}
