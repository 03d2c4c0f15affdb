/** What came out of a study: every number of it, from the scores alone. Pure. */
import { type CrossedMean, crossedMean, type Difference } from './results/crossed.ts';
import { type GoalVerdict, judgeGoal } from './results/goal.ts';
import { holm } from './results/holm.ts';
import {
  type GapSummary,
  gapsOf,
  type Lines,
  linesOf,
  type SealSummary,
  sealOf,
} from './results/lines.ts';
import { type MeasureKey, measuresOf } from './results/measures.ts';
import { notesOf } from './results/notes.ts';
import {
  differencesOf,
  indexScores,
  type Places,
  pairedValues,
  placesOf,
  type ScoreIndex,
  type SeedScores,
  valuesOf,
} from './results/pairs.ts';
import { type ResampledComparison, resampleComparison } from './results/resampled.ts';
import {
  type MeasureSummary,
  type OverTasks,
  summariseDifferences,
  summariseMeasure,
} from './results/summaries.ts';
import type { StudyInput, StudyRun, StudyScore } from './results-input.ts';

/** By measure; only what was measured is there. */
export type Summaries = Readonly<Partial<Record<MeasureKey, MeasureSummary>>>;
export type Differences = Readonly<Partial<Record<MeasureKey, OverTasks<Difference>>>>;

/** An arm against the baseline, with the same seeds on the same images. */
export interface Comparison {
  /** Seeds that both have. */
  seeds: readonly number[];
  measures: Differences;
  /** p of the macro mean of PSNR-Y, adjusted for all arms of this budget (Holm). */
  adjustedP: number | null;
  resampled: ResampledComparison;
  goal: GoalVerdict;
}

/** Means over the finished runs. */
export interface CostSummary {
  samples: number;
  specialistSamples: number;
  probeImages: number;
  seconds: number;
}

export interface ArmResult {
  arm: string;
  about: string;
  budget: number;
  /** Seeds whose runs are finished, and those that are missing. */
  seeds: readonly number[];
  missing: readonly number[];
  measures: Summaries;
  /** PSNR-Y of each seed in the mean over tasks, dB. */
  bySeed: readonly { seed: number; macro: number | null }[];
  /** Over bicubic interpolation, PSNR-Y, dB. */
  overBicubic: OverTasks<Difference>;
  /** Share of images whose PSNR-Y is higher than bicubic's, in [0, 1]. */
  better: { tasks: Readonly<Record<string, number | null>>; macro: number | null };
  gaps: GapSummary | null;
  seal: SealSummary | null;
  /** Null for the baseline itself, and while one of the two has no run. */
  against: Comparison | null;
  cost: CostSummary | null;
  parameters: number | null;
  macsPerPixel: number | null;
}

/** PSNR-Y of specialists (rows) on tasks (columns), dB; null where it is not known. */
export interface TransferTable {
  rows: readonly { task: string; psnr: readonly (number | null)[] }[];
}

export interface StudyResults {
  name: string;
  evensr: string;
  baseline: string;
  resamples: number;
  /** Of the bootstrap. */
  seed: number;
  measures: readonly MeasureKey[];
  bicubic: Summaries;
  start: Summaries | null;
  transfer: TransferTable | null;
  /** Every arm with every budget: budgets in their order, within them the arms in theirs. */
  arms: readonly ArmResult[];
  /** What is missing or could not be computed, in sentences. */
  notes: readonly string[];
}

export interface StudyOptions {
  /** Draws of the bootstrap, and its seed. */
  resamples: number;
  seed: number;
}

/** All that is needed for one arm. */
interface Bench {
  input: StudyInput;
  places: Places;
  ids: readonly string[];
  keys: readonly MeasureKey[];
  bicubic: ScoreIndex;
  lines: Lines | null;
  options: StudyOptions;
}

/**
 * Means, errors and comparisons of all arms. What is unknown is null; no number is NaN or infinite.
 * Runs of arms, budgets or seeds that the study does not list are left out.
 */
export function summariseStudy(input: StudyInput, options: StudyOptions): StudyResults {
  const places = placesOf(input);
  const all = [...input.bicubic, ...input.runs.flatMap(({ scores }) => scores)];
  const bench: Bench = {
    input,
    places,
    ids: input.tasks.map(({ id }) => id),
    keys: measuresOf(all),
    bicubic: indexScores(input.bicubic, places),
    lines: linesOf(input, places),
    options,
  };
  const arms = input.budgets.flatMap((budget) => adjusted(armsOf(bench, budget)));
  const results = {
    name: input.name,
    evensr: input.evensr,
    baseline: input.baseline,
    resamples: options.resamples,
    seed: options.seed,
    measures: bench.keys,
    bicubic: summariesOf(bench, withoutSeed(bench.bicubic)),
    start: input.start && summariesOf(bench, withoutSeed(indexScores(input.start, places))),
    transfer: transferOf(bench),
    arms,
  };
  return { ...results, notes: notesOf(input, results) };
}

const withoutSeed = (scores: ScoreIndex): SeedScores[] => [{ seed: 0, scores }];

function summariesOf({ input, keys }: Bench, runs: readonly SeedScores[]): Summaries {
  return Object.fromEntries(
    keys.map((key) => [key, summariseMeasure(valuesOf(runs, key), input.tasks, key)]),
  );
}

/** The finished runs of an arm, in the order of their seeds. */
function runsOf({ runs, seeds }: StudyInput, arm: string, budget: number): StudyRun[] {
  return seeds
    .toSorted((a, b) => a - b)
    .flatMap(
      (seed) =>
        runs.find((run) => run.arm === arm && run.budget === budget && run.seed === seed) ?? [],
    );
}

function armsOf(bench: Bench, budget: number): ArmResult[] {
  const { input, places } = bench;
  const indexed = input.arms.map(({ name }) =>
    runsOf(input, name, budget).map(({ seed, scores }) => ({
      seed,
      scores: indexScores(scores, places),
    })),
  );
  const baseline = indexed[input.arms.findIndex(({ name }) => name === input.baseline)] ?? [];
  return input.arms.map(({ name, about }, at) =>
    armResult(bench, { name, about, budget }, indexed[at] as SeedScores[], baseline),
  );
}

function armResult(
  bench: Bench,
  { name, about, budget }: { name: string; about: string; budget: number },
  runs: readonly SeedScores[],
  baseline: readonly SeedScores[],
): ArmResult {
  const { input, ids, lines, bicubic } = bench;
  const seeds = runs.map(({ seed }) => seed);
  const overBicubic = summariseDifferences(
    differencesOf(runs, () => bicubic, 'psnrY'),
    input.tasks,
  );
  return {
    arm: name,
    about,
    budget,
    seeds,
    missing: input.seeds.filter((seed) => !seeds.includes(seed)),
    measures: summariesOf(bench, runs),
    bySeed: runs.map((run) => ({ seed: run.seed, macro: macroOf(bench, run).value })),
    overBicubic,
    better: betterOf(bench, runs),
    gaps: lines && gapsOf(runs, lines, ids),
    seal: lines && sealOf(runs, lines, ids),
    against: name === input.baseline ? null : compare(bench, runs, baseline, overBicubic),
    ...costsOf(runsOf(input, name, budget)),
  };
}

function macroOf({ ids }: Bench, run: SeedScores): CrossedMean {
  return crossedMean(
    valuesOf([run], 'psnrY'),
    ids.map(() => 1),
  );
}

/** Infinite PSNR counts here: identical to the original is better than anything that is not. */
function betterOf({ input, bicubic }: Bench, runs: readonly SeedScores[]): ArmResult['better'] {
  const values = pairedValues(
    runs,
    () => bicubic,
    (score, other) =>
      Number.isNaN(score.psnrY) || Number.isNaN(other?.psnrY ?? Number.NaN)
        ? Number.NaN
        : Number(score.psnrY > (other as StudyScore).psnrY),
  );
  const { tasks, macro } = summariseDifferences(values, input.tasks);
  return {
    tasks: Object.fromEntries(Object.entries(tasks).map(([id, { value }]) => [id, value])),
    macro: macro.value,
  };
}

function compare(
  { input, keys, ids, bicubic, options }: Bench,
  runs: readonly SeedScores[],
  baseline: readonly SeedScores[],
  overBicubic: OverTasks<Difference>,
): Comparison | null {
  const partners = new Map(baseline.map(({ seed, scores }) => [seed, scores]));
  const shared = runs.filter(({ seed }) => partners.has(seed));
  if (shared.length === 0) return null;
  const baselineOf = (seed: number) => partners.get(seed);
  const measures: Differences = Object.fromEntries(
    keys.map((key) => [
      key,
      summariseDifferences(differencesOf(shared, baselineOf, key), input.tasks),
    ]),
  );
  const named = ({ tasks }: OverTasks<Difference>) =>
    ids.map((task) => ({ task, value: tasks[task]?.value ?? null }));
  const psnr = measures.psnrY;
  return {
    seeds: shared.map(({ seed }) => seed),
    measures,
    adjustedP: null,
    resampled: resampleComparison(shared, baselineOf, bicubic, ids, options),
    goal: judgeGoal(psnr?.macro.value ?? null, psnr ? named(psnr) : [], named(overBicubic)),
  };
}

/** The arms of one budget with their p-values adjusted for each other. */
function adjusted(arms: readonly ArmResult[]): ArmResult[] {
  const values = holm(arms.map(({ against }) => against?.measures.psnrY?.macro.p ?? null));
  return arms.map((arm, at) => ({
    ...arm,
    against: arm.against && { ...arm.against, adjustedP: values[at] ?? null },
  }));
}

function costsOf(runs: readonly StudyRun[]) {
  const [first] = runs;
  if (!first) return { cost: null, parameters: null, macsPerPixel: null };
  const mean = (key: keyof CostSummary) =>
    runs.reduce((sum, { cost }) => sum + cost[key], 0) / runs.length;
  return {
    cost: {
      samples: mean('samples'),
      specialistSamples: mean('specialistSamples'),
      probeImages: mean('probeImages'),
      seconds: mean('seconds'),
    },
    parameters: first.parameters,
    macsPerPixel: first.macsPerPixel,
  };
}

function transferOf({ input, ids, places }: Bench): TransferTable | null {
  if (!input.specialists?.some(({ kind }) => kind === 'excellence')) return null;
  return {
    rows: ids.map((task) => {
      const own = input.specialists?.find((one) => one.kind === 'excellence' && one.task === task);
      const runs = own ? withoutSeed(indexScores(own.scores, places)) : [];
      const { tasks } = summariseMeasure(valuesOf(runs, 'psnrY'), input.tasks, 'psnrY');
      return { task, psnr: ids.map((id) => tasks[id]?.value ?? null) };
    }),
  };
}
