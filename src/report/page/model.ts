/** What a page shows: runs, grouped by their tasks, and what follows from their numbers. Pure. */
import { lastOf, type MetricsLine } from './gather/metrics.ts';
import { contentOf, reasonOf } from './gather/piece.ts';
import type { ReportTask, RunFacts } from './gather/run.ts';

/** Runs with the same tasks: only they can be shown side by side. */
export interface RunGroup {
  runs: RunFacts[];
  tasks: ReportTask[];
  levels: number;
}

export interface ReportModel {
  runs: RunFacts[];
  groups: RunGroup[];
  /** The run that others are compared with; one of `runs`. */
  baseline: RunFacts | undefined;
  /** When it was made, ISO 8601, and by which version. */
  made: string;
  version: string;
}

/** Tasks are the same when their names and bounds are. */
export function groupRuns(runs: readonly RunFacts[]): RunGroup[] {
  const groups = new Map<string, RunGroup>();
  for (const run of runs) {
    const key = JSON.stringify(run.tasks.map(({ id, bounds }) => [id, bounds]));
    const group = groups.get(key);
    if (group) group.runs.push(run);
    else groups.set(key, { runs: [run], tasks: run.tasks, levels: run.levels });
  }
  return [...groups.values()];
}

export function linesOf(run: RunFacts): readonly MetricsLine[] {
  return contentOf(run.metrics)?.entries ?? [];
}

/** PSNR on the probes at the last measurement, or bicubic interpolation's; null where unknown. */
export type TaskNumbers = Readonly<Record<string, number | null>>;

export function finalPsnr(run: RunFacts): TaskNumbers {
  const lines = linesOf(run);
  return Object.fromEntries(run.tasks.map(({ id }) => [id, lastOf(lines, id, 'psnr')]));
}

/** PSNR of bicubic interpolation on the probes; nothing when they cannot be made or are others now. */
export function bicubicPsnr(run: RunFacts): TaskNumbers | undefined {
  return probesHaveChanged(run) ? undefined : contentOf(run.pictures)?.bicubic;
}

export function whyNoBicubic(run: RunFacts): string {
  return (
    reasonOf(run.pictures) ??
    'The photographs are not those of the training any more: the network scores otherwise on them.'
  );
}

/** Far more than rounding can make. */
const leastChange = 0.01;

/** Whether the network's PSNR is another one now than what its metrics say of the same step. */
function probesHaveChanged(run: RunFacts): boolean {
  const pictures = contentOf(run.pictures);
  const measured = linesOf(run).find(({ step }) => step === pictures?.step)?.psnr;
  const now = pictures && meanOf(pictures.psnr);
  if (typeof measured !== 'number' || typeof now !== 'number') return false;
  return Math.abs(measured - now) > leastChange;
}

/** a - b, task by task; null where either is unknown. */
export function difference(a: TaskNumbers, b: TaskNumbers): TaskNumbers {
  return Object.fromEntries(
    Object.entries(a).map(([id, value]) => {
      const other = Object.hasOwn(b, id) ? b[id] : null;
      const known = typeof value === 'number' && typeof other === 'number';
      return [id, known ? value - other : null];
    }),
  );
}

/** Plain mean of what is known; null without any. */
export function meanOf(numbers: TaskNumbers): number | null {
  const known = Object.values(numbers).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}

/** Whether PSNR of two runs was measured on the same probes; undefined when that is not known. */
export function sameProbes(a: RunFacts, b: RunFacts): boolean | undefined {
  const [left, right] = [contentOf(a.pictures)?.key, contentOf(b.pictures)?.key];
  return left === undefined || right === undefined ? undefined : left === right;
}

/** The greatest distance, in samples, of what was realised from what was requested. */
export function largestDeviation(lines: readonly MetricsLine[]): number | null {
  let largest: number | null = null;
  for (const { tasks } of lines) {
    for (const { requested, realised } of Object.values(tasks)) {
      if (typeof requested !== 'number' || typeof realised !== 'number') continue;
      largest = Math.max(largest ?? 0, Math.abs(requested - realised));
    }
  }
  return largest;
}
