import { EvensrError, exitCodes } from '../errors.ts';
import { Random, streams } from '../rng.ts';
import type { Recipe } from './recipe.ts';
import type { DegradationSpace } from './space.ts';
import { drawSeed } from './spaces/draws.ts';
import { drawRecipe, drawShared } from './spaces/real-esrgan-draw.ts';

export interface CompatOptions {
  readonly seed: number;
  /** Number of the sample: batch 0 holds the first `batchSize` samples, batch 1 those after them. */
  readonly index: number;
  readonly batchSize: number;
  readonly scale: number;
}

/**
 * A sample as Real-ESRGAN's own code draws it (`compat: real-esrgan`): whether the second blur is
 * applied, resize scales and modes, Gaussian or Poisson noise and the order of the final steps hold
 * for the whole batch, as does the field behind gray Gaussian noise; kernels, levels, gray flags and
 * qualities are drawn per sample. A batch therefore cannot hold a mix of tasks; the pool mixes them
 * (pool.ts).
 *
 * @throws E_SPACE for another space than Real-ESRGAN's, whose code draws every sample for itself
 */
export function sampleCompat(space: DegradationSpace, options: CompatOptions): Recipe {
  if (space.name !== 'real-esrgan') {
    throw new EvensrError('E_SPACE', exitCodes.usage, `${space.name} has no compat mode`, {
      hint: 'only real-esrgan draws anything once a batch: leave compat out',
    });
  }
  const { seed, index, batchSize, scale } = options;
  const random = new Random(seed, streams.recipeBatch, Math.floor(index / batchSize));
  const shared = drawShared(random, space);
  const graySeed = drawSeed(random);
  return drawRecipe(new Random(seed, streams.recipe, index), space, { shared, scale, graySeed });
}

export interface CompatBatchOptions {
  readonly seed: number;
  /** Number of the batch. */
  readonly batch: number;
  readonly size: number;
  readonly scale: number;
}

/** A whole batch of such samples, as it is drawn before the pool. Throws E_SPACE like sampleCompat. */
export function sampleCompatBatch(space: DegradationSpace, options: CompatBatchOptions): Recipe[] {
  const { seed, batch, size, scale } = options;
  return Array.from({ length: size }, (_, position) =>
    sampleCompat(space, { seed, index: batch * size + position, batchSize: size, scale }),
  );
}
