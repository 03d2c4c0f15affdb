/** A report of one run or several, from their folders to a file. */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from '../../data/folder.ts';
import { native } from '../../native.ts';
import type { TrainObserver } from '../../train/observer.ts';
import type { Bench } from './gather/crops.ts';
import { reasonOf } from './gather/piece.ts';
import { gatherRun, type RunFacts } from './gather/run.ts';
import { groupRuns } from './model.ts';

export interface ReportOptions {
  /** Run folders, in the order in which they are shown. */
  runs: readonly string[];
  /** Run folder that the others are compared with; shown too. */
  baseline?: string | undefined;
  output: string;
  observer: TrainObserver;
  /** Opened photographs and probes of the only run, when it was trained in this process. */
  open?: Bench;
}

export interface ReportSummary {
  output: string;
  bytes: number;
  runs: { path: string; name: string }[];
  /** What could not be shown, in sentences. */
  missing: string[];
}

/**
 * Writes a report that replaces `output`. Reads the runs only; they may be training.
 * @throws E_RUN (exit code 2) when a folder holds no run; E_DISK (5)
 */
export async function writeReport(options: ReportOptions): Promise<ReportSummary> {
  const { output, observer, open } = options;
  const paths = distinct([...options.runs, ...(options.baseline ? [options.baseline] : [])]);
  const runs: RunFacts[] = [];
  for (const [number, path] of paths.entries()) {
    const letter = paths.length > 1 ? letterOf(number) : '';
    runs.push(await gatherRun(path, { number, letter }, observer, open));
  }
  const wanted = options.baseline;
  const baseline = wanted === undefined ? undefined : runs[paths.findIndex(sameAs(wanted))];
  // Loaded for the first report: training starts faster without the charts.
  const { renderPage } = await import('./page.ts');
  const made = new Date().toISOString();
  const { version } = native.info();
  const page = Buffer.from(renderPage({ runs, groups: groupRuns(runs), baseline, made, version }));
  makeFolder(dirname(output));
  await native.writeFileDurably(output, [page]);
  return {
    output,
    bytes: page.length,
    runs: runs.map(({ path, name }) => ({ path, name })),
    missing: runs.flatMap(missingOfRun),
  };
}

function missingOfRun({ path, ...run }: RunFacts): string[] {
  const pieces = [run.config, run.metrics, run.events, run.pictures];
  return pieces.flatMap((found) => reasonOf(found) ?? []).map((text) => `${path}: ${text}`);
}

const letters = 26;

function letterOf(at: number): string {
  const round = Math.floor(at / letters);
  return String.fromCharCode(65 + (at % letters)) + (round > 0 ? round : '');
}

/** A folder that is not there is said to be missing later, by the name it was given. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

const sameAs = (path: string) => (other: string) => realOf(other) === realOf(path);

function distinct(paths: readonly string[]): string[] {
  return paths.filter((path, at) => paths.findIndex(sameAs(path)) === at);
}
