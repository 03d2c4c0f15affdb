import { fixedRule } from '../rule.ts';
import { sumOf } from '../sums.ts';

/**
 * Shares of the tasks when a group is drawn uniformly, then one of its recipes uniformly. The whole space,
 * at its natural masses, is one group more, kept against forgetting.
 * @param groups number of recipes in each task (T), of every group; none is empty
 */
export function recipeShares(
  groups: readonly (readonly number[])[],
  masses: readonly number[],
): number[] {
  const parts = groups.map((counts) => {
    const size = sumOf(counts);
    return counts.map((count) => count / size);
  });
  return masses.map(
    (mass, task) => (mass + sumOf(parts.map((part) => part[task] as number))) / (groups.length + 1),
  );
}

/**
 * TGSR (Zhang et al., NeurIPS 2023) with its fixed recipes. The shares of the grid's tasks follow from the
 * groups; which recipe each sample has is the matter of whoever draws (GroupSchedule).
 */
export const tgsrRecipes = fixedRule(
  'tgsr-recipes',
  'a group uniformly, then one of its fixed recipes: balance.groups, made by `tasks group`',
  ({ groups, masses }) => (groups ? recipeShares(groups, masses) : masses),
  { needs: ['groups'] },
);
