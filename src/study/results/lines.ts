/**
 * The lines that a task's result is measured by: its specialist, which was trained on nothing else (the
 * excellence line), and a small network trained the same way, which any good network should reach (the
 * acceptance line). AR and RPR are SEAL's (Zhang et al., ICLR 2024), with tasks as its cases:
 *   AR  = share of tasks with Q_t >= Q_acc,t
 *   RPR = sigmoid((Q_t - Q_acc,t) / (Q_exc,t - Q_acc,t)), in the mean over tasks; 0.73 is the specialist's
 * with Q the mean PSNR-Y of the task. As in SEAL's own script, tasks whose lines lie less than 0.1 dB apart
 * have no RPR: the quotient would say nothing.
 */
import { relativePosition } from '../../evaluate/seal.ts';
import type { StudyInput } from '../results-input.ts';
import { type CrossedMean, type CrossedValue, crossedMean } from './crossed.ts';
import {
  indexScores,
  type Places,
  pairedValues,
  type ScoreIndex,
  type SeedScores,
} from './pairs.ts';

export type LineKind = 'excellence' | 'acceptance';

/** Scores of each task's own network on its task's images; nothing where it was not measured. */
export type Lines = Readonly<Record<LineKind, ScoreIndex>>;

export interface GapSummary {
  /** Specialist minus network in dB: positive where the network is below the line. */
  tasks: Readonly<Record<string, CrossedMean>>;
  mean: CrossedMean;
  largest: { task: string; value: number } | null;
  /** Tasks more than 0.4 dB below their specialist, TGSR's "unsatisfactory" ones; null while a gap is unknown. */
  unsatisfactory: number | null;
}

export interface SealSummary {
  /** AR, in [0, 1]; null without any acceptance line. */
  acceptance: number | null;
  accepted: readonly string[];
  /** Tasks with an acceptance line. */
  cases: number;
  /** RPR in the mean over the tasks that have one, over the accepted ones of them, and over the others. */
  relative: number | null;
  relativeAccepted: number | null;
  relativeOthers: number | null;
  tasks: Readonly<Record<string, number | null>>;
}

const unsatisfactoryGap = 0.4;

/** Each task's lines from the scores of its own networks; null when nothing was measured. */
export function linesOf({ specialists }: StudyInput, places: Places): Lines | null {
  if (!specialists) return null;
  const of = (wanted: LineKind): ScoreIndex => {
    const own = specialists
      .filter(({ kind }) => kind === wanted)
      .flatMap(({ task, scores }) => scores.filter(({ set }) => set === task));
    return indexScores(own, places);
  };
  return { excellence: of('excellence'), acceptance: of('acceptance') };
}

/** The line minus the network, image by image. */
function below(runs: readonly SeedScores[], line: ScoreIndex) {
  return pairedValues(
    runs,
    () => line,
    (score, other) => (other ? other.psnrY - score.psnrY : Number.NaN),
  );
}

const only = (ids: readonly string[], task: number) => ids.map((_, at) => (at === task ? 1 : 0));

function meansByTask(ids: readonly string[], values: readonly CrossedValue[]): CrossedMean[] {
  return ids.map((_, task) => crossedMean(values, only(ids, task)));
}

/** How far a network is from the specialists; null without any. */
export function gapsOf(
  runs: readonly SeedScores[],
  lines: Lines,
  ids: readonly string[],
): GapSummary | null {
  const values = below(runs, lines.excellence);
  if (!values.some(({ value }) => Number.isFinite(value))) return null;
  const means = meansByTask(ids, values);
  const known = means.flatMap(({ value }, at) =>
    value === null ? [] : [{ task: ids[at] as string, value }],
  );
  const isWhole = known.length === ids.length;
  return {
    tasks: Object.fromEntries(ids.map((id, at) => [id, means[at] as CrossedMean])),
    mean: crossedMean(
      values,
      ids.map(() => 1),
    ),
    largest: isWhole ? known.reduce((a, b) => (b.value > a.value ? b : a)) : null,
    unsatisfactory: isWhole ? known.filter(({ value }) => value > unsatisfactoryGap).length : null,
  };
}

const meanOf = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;

/** AR and RPR; null without any acceptance line. */
export function sealOf(
  runs: readonly SeedScores[],
  lines: Lines,
  ids: readonly string[],
): SealSummary | null {
  const toAcceptance = meansByTask(ids, below(runs, lines.acceptance));
  const toExcellence = meansByTask(ids, below(runs, lines.excellence));
  const cases = ids.flatMap((task, at) => {
    const short = toAcceptance[at]?.value ?? null;
    if (short === null) return [];
    const missing = toExcellence[at]?.value ?? null;
    // Both differences have the network's own Q in them, which drops out of the span of the lines.
    const span = missing === null ? 0 : missing - short;
    return [{ task, isAccepted: short <= 0, relative: relativePosition(-short, span) }];
  });
  if (cases.length === 0) return null;
  const accepted = cases.filter(({ isAccepted }) => isAccepted);
  const relativeOf = (some: typeof cases) =>
    meanOf(some.flatMap(({ relative }) => (relative === null ? [] : [relative])));
  const found = new Map(cases.map(({ task, relative }) => [task, relative]));
  return {
    acceptance: accepted.length / cases.length,
    accepted: accepted.map(({ task }) => task),
    cases: cases.length,
    relative: relativeOf(cases),
    relativeAccepted: relativeOf(accepted),
    relativeOthers: relativeOf(cases.filter(({ isAccepted }) => !isAccepted)),
    tasks: Object.fromEntries(ids.map((id) => [id, found.get(id) ?? null])),
  };
}
