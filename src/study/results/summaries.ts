/** Measures of one network, or of one arm's runs, over the tasks. */
import {
  type CrossedMean,
  type CrossedValue,
  crossedDifference,
  crossedMean,
  type Difference,
} from './crossed.ts';
import { type MeasureKey, measures } from './measures.ts';

export interface StudyTask {
  id: string;
  /** Natural mass. */
  mass: number;
}

/** Something for each task, for their mean and for their mean by natural mass. */
export interface OverTasks<Of> {
  tasks: Readonly<Record<string, Of>>;
  macro: Of;
  byMass: Of;
}

export interface MeasureSummary extends OverTasks<CrossedMean> {
  /** The task with the lowest PSNR, or the greatest distance; null while a task is unknown. */
  worst: { task: string; value: number } | null;
  /** Standard deviation of the tasks' means; they are all the tasks, so it is over their number. */
  spread: number | null;
}

type MeanOf<Of> = (values: readonly CrossedValue[], weights: readonly number[]) => Of;

function overTasks<Of>(
  values: readonly CrossedValue[],
  tasks: readonly StudyTask[],
  meanOf: MeanOf<Of>,
): OverTasks<Of> {
  const only = (wanted: number) => tasks.map((_, at) => (at === wanted ? 1 : 0));
  return {
    tasks: Object.fromEntries(tasks.map(({ id }, at) => [id, meanOf(values, only(at))])),
    macro: meanOf(
      values,
      tasks.map(() => 1),
    ),
    byMass: meanOf(
      values,
      tasks.map(({ mass }) => mass),
    ),
  };
}

/** Standard deviation over all of the values, in which they are no sample of more; null without any. */
export function spreadOf(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / values.length);
}

export function summariseMeasure(
  values: readonly CrossedValue[],
  tasks: readonly StudyTask[],
  key: MeasureKey,
): MeasureSummary {
  const means = overTasks(values, tasks, crossedMean);
  const known = tasks.flatMap(({ id }) => {
    const value = means.tasks[id]?.value ?? null;
    return value === null ? [] : [{ task: id, value }];
  });
  const isWhole = known.length === tasks.length && known.length > 0;
  const sign = measures[key].better === 'higher' ? 1 : -1;
  return {
    ...means,
    worst: isWhole ? known.reduce((a, b) => (sign * b.value < sign * a.value ? b : a)) : null,
    spread: isWhole ? spreadOf(known.map(({ value }) => value)) : null,
  };
}

/** Paired differences with intervals. */
export function summariseDifferences(
  values: readonly CrossedValue[],
  tasks: readonly StudyTask[],
): OverTasks<Difference> {
  return overTasks(values, tasks, crossedDifference);
}
