import { Random, streams } from '../rng.ts';
import { drawOne } from './draw.ts';
import { isInTask, type Task } from './region.ts';
import type { DegradationSpace } from './space.ts';

type Region = Pick<Task, 'id' | 'bounds'>;

const cache = new Map<string, readonly number[]>();

function count(
  space: DegradationSpace,
  regions: readonly Region[],
  options: { scale: number; samples: number },
): number[] {
  const counts = regions.map(() => 0);
  for (let index = 0; index < options.samples; index++) {
    const recipe = drawOne(new Random(0, streams.mass, index), space, options.scale);
    const region = regions.findIndex((candidate) => isInTask(recipe, candidate));
    counts[region] = (counts[region] as number) + 1;
  }
  return counts;
}

/**
 * Share of plain draws that falls into each of the regions, which must be a partition of the space:
 * Monte Carlo with fixed random numbers (standard error sqrt(m (1 - m) / samples)), remembered for
 * the life of the process.
 */
export function naturalMasses(
  space: DegradationSpace,
  regions: readonly Region[],
  options: { scale: number; samples: number },
): readonly number[] {
  const key = JSON.stringify([space, regions.map((region) => region.bounds), options]);
  let masses = cache.get(key);
  if (!masses) {
    masses = count(space, regions, options).map((hits) => hits / options.samples);
    cache.set(key, masses);
  }
  return masses;
}
