import { EvensrError, exitCodes } from '../errors.ts';
import { Random, streams } from '../rng.ts';
import type { Recipe } from './recipe.ts';
import type { DegradationSpace } from './space.ts';
import { drawSeed } from './spaces/draws.ts';
import { drawRecipe, drawShared } from './spaces/real-esrgan-draw.ts';

export interface CompatBatchOptions {
  readonly seed: number;
  /** Number of the batch. */
  readonly batch: number;
  readonly size: number;
  readonly scale: number;
}

/**
 * A batch as Real-ESRGAN's own code draws it (`compat: real-esrgan`): whether the second blur is
 * applied, resize scales and modes, Gaussian or Poisson noise and the order of the final steps hold
 * for the whole batch, as does the field behind gray Gaussian noise; kernels, levels, gray flags and
 * qualities are drawn per sample. A batch therefore cannot hold a mix of tasks.
 *
 * @throws E_SPACE for another space than Real-ESRGAN's, whose code draws every sample for itself
 */
export function sampleCompatBatch(space: DegradationSpace, options: CompatBatchOptions): Recipe[] {
  if (space.name !== 'real-esrgan') {
    throw new EvensrError('E_SPACE', exitCodes.usage, `${space.name} has no compat mode`, {
      hint: 'only real-esrgan draws anything once a batch: leave compat out',
    });
  }
  const { seed, batch, size, scale } = options;
  const random = new Random(seed, streams.recipeBatch, batch);
  const shared = drawShared(random, space);
  const graySeed = drawSeed(random);
  return Array.from({ length: size }, (_, position) =>
    drawRecipe(new Random(seed, streams.recipe, batch * size + position), space, {
      shared,
      scale,
      graySeed,
    }),
  );
}
