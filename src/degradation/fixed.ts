/** Recipes that are used again and again: every parameter stays, the noise is new each time. */
import type { Random } from '../rng.ts';
import type { InjectOperation, Operation, Recipe } from './recipe.ts';
import type { DegradationSpace } from './space.ts';
import { drawSeed } from './spaces/draws.ts';

/** Another piece of the same patch of real noise. */
function elsewhere(
  random: Random,
  operation: InjectOperation,
  space: DegradationSpace,
): InjectOperation {
  if (space.name !== 'realsr' || !space.noiseBank) return operation;
  const places = space.noiseBank.size - space.noiseBank.window + 1;
  return { ...operation, top: random.integer(places), left: random.integer(places) };
}

/**
 * The recipe with noise of its own: the same operations and parameters, drawn keys of all noise fields,
 * and of a patch of real noise another piece. Factors are shares of the crop's size, so that the result
 * holds for crops of any side that `checkRecipe` accepts.
 */
export function withFreshNoise(recipe: Recipe, random: Random, space: DegradationSpace): Recipe {
  const seed = drawSeed(random);
  const fresh = (operation: Operation) =>
    operation.op === 'inject' ? elsewhere(random, operation, space) : operation;
  return { ...recipe, seed, graySeed: seed, operations: recipe.operations.map(fresh) };
}
