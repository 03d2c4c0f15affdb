import type { Scores } from './measures.ts';
import { type Estimate, estimate, type Observation } from './statistics.ts';

export const metrics = ['psnrY', 'psnrRgb', 'ssimY', 'ssimRgb'] as const;
/** Those that are only there where they were asked for; see measures.ts. */
export const furtherMetrics = ['distance', 'brisque'] as const;
type FurtherMetric = (typeof furtherMetrics)[number];
export type Metric = (typeof metrics)[number] | FurtherMetric;

/** One image scored twice: as the network made it and as bicubic interpolation did. */
export interface SampleScore {
  /** Id of the task, or of another set. */
  set: string;
  photo: number;
  model: Scores;
  bicubic: Scores;
}

export type Estimates = Record<(typeof metrics)[number], Estimate> &
  Partial<Record<FurtherMetric, Estimate>>;

/** All that were measured. */
export function metricsOf(estimates: Estimates): Metric[] {
  return [...metrics, ...furtherMetrics].filter((metric) => estimates[metric] !== undefined);
}

/** What came out on one set of images; `difference` is model minus bicubic, image by image. */
export interface SetSummary {
  id: string;
  /** Natural mass of a task; absent for other sets. */
  mass?: number;
  images: number;
  model: Estimates;
  bicubic: Estimates;
  difference: Estimates;
}

export interface TaskSummaries {
  tasks: SetSummary[];
  /** Mean over tasks, each counting the same. */
  macro: SetSummary;
  /** Mean over tasks, each counting its natural mass. */
  byMass: SetSummary;
  /** Id of the task with the lowest PSNR-Y of the model. */
  worst: string;
  /** Ids of the tasks in which bicubic has the higher PSNR-Y. */
  lost: string[];
}

interface Weighted {
  score: SampleScore;
  weight: number;
}

type Value = (score: SampleScore, metric: Metric) => number;

const values: Record<'model' | 'bicubic' | 'difference', Value> = {
  model: (score, metric) => score.model[metric] ?? Number.NaN,
  bicubic: (score, metric) => score.bicubic[metric] ?? Number.NaN,
  difference: (score, metric) => values.model(score, metric) - values.bicubic(score, metric),
};

/** Estimates of every metric. Weights are spread over the finite values of each set. */
function estimatesOf(groups: readonly Weighted[][], value: Value): Estimates {
  const of = (metric: Metric): Estimate => {
    const observations = groups.flatMap((group): Observation[] => {
      const found = group.map(({ score, weight }) => ({
        photo: score.photo,
        value: value(score, metric),
        weight,
      }));
      const finite = found.filter((observation) => Number.isFinite(observation.value)).length;
      return found.map((observation) => ({
        ...observation,
        weight: observation.weight / Math.max(1, finite),
      }));
    });
    return estimate(observations);
  };
  const further = furtherMetrics.filter((metric) =>
    groups.some((group) => group.some(({ score }) => score.model[metric] !== undefined)),
  );
  const all: Metric[] = [...metrics, ...further];
  return Object.fromEntries(all.map((metric) => [metric, of(metric)])) as Estimates;
}

function summarise(id: string, groups: readonly Weighted[][]): SetSummary {
  return {
    id,
    images: groups.reduce((sum, group) => sum + group.length, 0),
    model: estimatesOf(groups, values.model),
    bicubic: estimatesOf(groups, values.bicubic),
    difference: estimatesOf(groups, values.difference),
  };
}

const equally = (scores: readonly SampleScore[]): Weighted[] =>
  scores.map((score) => ({ score, weight: 1 }));

/** Summary of one set, every image counting the same. */
export function summariseSet(id: string, scores: readonly SampleScore[]): SetSummary {
  return summarise(id, [equally(scores)]);
}

/** Summaries of all tasks and over all tasks. Every task must have scores. */
export function summariseTasks(
  tasks: readonly { id: string; mass: number }[],
  scores: readonly SampleScore[],
): TaskSummaries {
  const groups = tasks.map(({ id }) => scores.filter((score) => score.set === id));
  const weighted = (weightOf: (task: { mass: number }) => number): Weighted[][] =>
    tasks.map((task, i) =>
      (groups[i] as SampleScore[]).map((score) => ({ score, weight: weightOf(task) })),
    );
  const summaries = tasks.map(({ id, mass }, i) => ({
    ...summariseSet(id, groups[i] as SampleScore[]),
    mass,
  }));
  const byScore = summaries.toSorted(
    (a, b) => (a.model.psnrY.mean ?? Infinity) - (b.model.psnrY.mean ?? Infinity),
  );
  return {
    tasks: summaries,
    macro: summarise(
      'mean of tasks',
      weighted(() => 1),
    ),
    byMass: summarise(
      'mean by natural mass',
      weighted((task) => task.mass),
    ),
    worst: byScore[0]?.id ?? '',
    lost: summaries.filter((set) => (set.difference.psnrY.mean ?? 0) < 0).map((set) => set.id),
  };
}
