/** Draws the recipes of samples: of fixed recipes, or of groups of them and the whole space. */
import { GroupSchedule, randomOfSample } from '../../balance/group-schedule.ts';
import { Schedule } from '../../dataset/schedule.ts';
import { withFreshNoise } from '../../degradation/fixed.ts';
import type { Recipe } from '../../degradation/recipe.ts';
import type { Task } from '../../degradation/region.ts';
import { sampleRecipe } from '../../degradation/sample.ts';
import type { DegradationSpace } from '../../degradation/space.ts';

export type RecipeOf = (sample: number) => Recipe;

/** Each of the recipes as often as the others, the noise of every sample its own. */
export function fixedDraws(
  recipes: readonly Recipe[],
  { space, seed }: { space: DegradationSpace; seed: number },
): RecipeOf {
  const schedule = new GroupSchedule(seed, [recipes.length]);
  return (sample) => {
    const recipe = recipes[schedule.at(sample).member] as Recipe;
    return withFreshNoise(recipe, randomOfSample(seed, sample), space);
  };
}

/**
 * The draws of TGSR's last training: a group uniformly, then a recipe of it uniformly. One group more is
 * the whole space, of which every sample is a new draw, its tasks in their natural masses, as the rule
 * `natural` has them.
 */
export function groupDraws(
  groups: readonly (readonly Recipe[])[],
  {
    space,
    tasks,
    seed,
    scale,
  }: { space: DegradationSpace; tasks: readonly Task[]; seed: number; scale: number },
): RecipeOf {
  const schedule = new GroupSchedule(seed, [1, ...groups.map(({ length }) => length)]);
  const natural = new Schedule(tasks.map(({ mass }) => mass));
  return (sample) => {
    const { group, member, ordinal } = schedule.at(sample);
    if (group === 0) {
      const task = tasks[natural.at(ordinal).task] as Task;
      return sampleRecipe(space, { seed, index: sample, scale, task });
    }
    const recipe = groups[group - 1]?.[member] as Recipe;
    return withFreshNoise(recipe, randomOfSample(seed, sample), space);
  };
}
