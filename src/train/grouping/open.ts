/** The groups that a run trains with. */
import { randomOfSample } from '../../balance/group-schedule.ts';
import { balanceRule } from '../../balance/rules/index.ts';
import { withFreshNoise } from '../../degradation/fixed.ts';
import type { Task } from '../../degradation/region.ts';
import type { DegradationSpace } from '../../degradation/space.ts';
import { taskOf } from '../../degradation/task.ts';
import { sideWithMargin } from '../../evaluate/frozen.ts';
import type { TrainConfig } from '../config.ts';
import type { Banks } from '../open-space.ts';
import { groupDraws, type RecipeOf } from './draws.ts';
import { groupsId, usableGroups } from './file.ts';

export interface OpenGroups {
  recipeOf: RecipeOf;
  /** For BalanceConfig.groups: of each group, task -> recipes in it. */
  counts: Record<string, number>[];
  /** Identifies the recipes. */
  sha256: string;
}

/**
 * What `balance.groups` brings to a run; nothing where its rule has no use for it.
 * @throws E_GROUPS
 */
export async function openGroups(
  { balance, degradation, training, scale, seed }: TrainConfig,
  { space, tasks, banks }: { space: DegradationSpace; tasks: readonly Task[]; banks: Banks },
): Promise<OpenGroups | null> {
  if (balance.groups === null || !balanceRule(balance.rule).needs.includes('groups')) return null;
  const groups = await usableGroups(balance.groups, {
    space,
    scale,
    side: sideWithMargin(training.lqSize * scale, degradation.margin, scale),
    usm: degradation.usm,
    banks,
    prepared: (recipe) => withFreshNoise(recipe, randomOfSample(seed, 0), space),
  });
  const counts = groups.map((recipes) => {
    const ids = recipes.map((recipe) => taskOf(recipe, tasks).id);
    return Object.fromEntries(
      [...new Set(ids)].map((id) => [id, ids.filter((other) => other === id).length]),
    );
  });
  return {
    recipeOf: groupDraws(groups, { space, tasks, seed, scale }),
    counts,
    sha256: groupsId(groups),
  };
}
