import { EvensrError, exitCodes } from '../errors.ts';
import { Random, streams } from '../rng.ts';
import { drawOne } from './draw.ts';
import type { Recipe } from './recipe.ts';
import { isInTask, type Task } from './region.ts';
import type { DegradationSpace } from './space.ts';

export interface SampleOptions {
  readonly seed: number;
  /** Number of the sample; equal seeds and indices give equal recipes. */
  readonly index: number;
  readonly scale: number;
  /** Keeps to the draws that fall into this task. */
  readonly task?: Task;
}

/** A task of mass 1e-4, the smallest that defineTasks takes, misses this many times with 1e-43. */
const attemptLimit = 1_000_000;

/**
 * The recipe of sample `index`. Without a task a plain draw from the space; with one a draw from the
 * space's own distribution within that task, by rejection: attempt a draws from the Philox counter
 * (block, a, index), so a plain draw that falls into the task is also the task's draw.
 *
 * @throws E_TASK_EMPTY when no draw falls into the task
 */
export function sampleRecipe(space: DegradationSpace, options: SampleOptions): Recipe {
  const { seed, index, scale, task } = options;
  for (let attempt = 0; attempt < attemptLimit; attempt++) {
    const recipe = drawOne(new Random(seed, streams.recipe, index, attempt), space, scale);
    if (task === undefined || isInTask(recipe, task)) return recipe;
  }
  throw new EvensrError(
    'E_TASK_EMPTY',
    exitCodes.usage,
    `task ${task?.id}: none of ${attemptLimit} draws falls into it`,
    { hint: 'was it defined for another space or scale?' },
  );
}

/** Recipes of samples `first` (0) to before `first + count`, see sampleRecipe. */
export function sampleRecipes(
  space: DegradationSpace,
  options: Omit<SampleOptions, 'index'> & { readonly count: number; readonly first?: number },
): Recipe[] {
  const { count, first = 0, ...rest } = options;
  return Array.from({ length: count }, (_, at) =>
    sampleRecipe(space, { ...rest, index: first + at }),
  );
}
