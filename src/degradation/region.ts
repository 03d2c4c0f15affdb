import { axisNamed } from './axes.ts';
import type { Recipe } from './recipe.ts';

/** The half-open interval [min, max) of one axis; null where it is open. */
export interface Bound {
  readonly axis: string;
  readonly min: number | null;
  readonly max: number | null;
}

/** A named region of the degradation space. Plain data. */
export interface Task {
  readonly id: string;
  readonly bounds: readonly Bound[];
  /** Probability that a plain draw from the space falls into it. */
  readonly mass: number;
  /** What its images look like. */
  readonly description: string;
}

/** A bound as people write it, for example `0.6 <= bottleneck < 0.85`. */
export function boundText({ axis, min, max }: Bound): string {
  if (min !== null && max === null) return `${axis} >= ${min}`;
  const lower = min === null ? '' : `${min} <= `;
  const upper = max === null ? '' : ` < ${max}`;
  return `${lower}${axis}${upper}`;
}

function isWithin(recipe: Recipe, bound: Bound): boolean {
  const value = axisNamed(bound.axis).of(recipe);
  return (bound.min === null || value >= bound.min) && (bound.max === null || value < bound.max);
}

/** Whether all bounds hold; a task without bounds holds every draw. */
export function isInTask(recipe: Recipe, task: Pick<Task, 'bounds'>): boolean {
  return task.bounds.every((bound) => isWithin(recipe, bound));
}
