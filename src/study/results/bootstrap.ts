/**
 * The crossed bootstrap (Owen, "The pigeonhole bootstrap", 2007): photographs and seeds are drawn again
 * with replacement, each for itself. It is for what is no mean (the worst task, the spread, whether a goal
 * holds); means have a closed form in crossed.ts. It takes the variance of few seeds for too small, by
 * (seeds - 1) / seeds, and that of single images for too large.
 */
import { Random, streams } from '../../rng.ts';
import type { CrossedValue } from './crossed.ts';

/** How often each seed and each photograph was drawn. */
export interface Draw {
  seeds: Uint32Array;
  photos: Uint32Array;
}

export interface Resampling {
  resamples: number;
  seed: number;
}

/** Sums and counts of one quantity by seed, photograph and task, ready to be weighted. */
export class TaskCells {
  readonly seeds: number;
  readonly photos: number;
  readonly #tasks: number;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;

  /** `seedPlaces` and `photoPlaces` give every number of the values its place in a draw. */
  constructor(
    values: readonly CrossedValue[],
    tasks: number,
    seedPlaces: ReadonlyMap<number, number>,
    photoPlaces: ReadonlyMap<number, number>,
  ) {
    this.#tasks = tasks;
    this.seeds = seedPlaces.size;
    this.photos = photoPlaces.size;
    this.#sums = new Float64Array(this.seeds * this.photos * tasks);
    this.#counts = new Float64Array(this.#sums.length);
    for (const { task, seed, photo, value } of values) {
      if (!Number.isFinite(value)) continue;
      const row = (seedPlaces.get(seed) as number) * this.photos;
      const cell = (row + (photoPlaces.get(photo) as number)) * tasks + task;
      this.#sums[cell] = (this.#sums[cell] as number) + value;
      this.#counts[cell] = (this.#counts[cell] as number) + 1;
    }
  }

  /** Means of the tasks in a draw; nothing when a task has no image in it. */
  means({ seeds, photos }: Draw): number[] | undefined {
    const sums = new Float64Array(this.#tasks);
    const counts = new Float64Array(this.#tasks);
    for (let seed = 0; seed < this.seeds; seed++) {
      if (seeds[seed] === 0) continue;
      for (let photo = 0; photo < this.photos; photo++) {
        const weight = (seeds[seed] as number) * (photos[photo] as number);
        if (weight === 0) continue;
        const from = (seed * this.photos + photo) * this.#tasks;
        for (let task = 0; task < this.#tasks; task++) {
          sums[task] = (sums[task] as number) + weight * (this.#sums[from + task] as number);
          counts[task] = (counts[task] as number) + weight * (this.#counts[from + task] as number);
        }
      }
    }
    if (counts.some((count) => count === 0)) return undefined;
    return [...sums].map((sum, task) => sum / (counts[task] as number));
  }
}

/** Draw number `at`. Photographs come first, so that arms with other seeds get the same ones. */
function drawOf(seed: number, at: number, seeds: number, photos: number): Draw {
  const random = new Random(seed, streams.bootstrap, at);
  const times = (count: number) => {
    const drawn = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      const chosen = random.integer(count);
      drawn[chosen] = (drawn[chosen] as number) + 1;
    }
    return drawn;
  };
  const drawnPhotos = times(photos);
  return { photos: drawnPhotos, seeds: times(seeds) };
}

/** Every draw's statistics; draws of which they cannot be computed are left out. */
export function resample<Statistics>(
  { resamples, seed }: Resampling,
  { seeds, photos }: { seeds: number; photos: number },
  statisticsOf: (draw: Draw) => Statistics | undefined,
): Statistics[] {
  return Array.from({ length: resamples }, (_, at) =>
    statisticsOf(drawOf(seed, at, seeds, photos)),
  ).filter((statistics) => statistics !== undefined);
}

/** 95 % interval of resampled values; null without any. */
export function percentileInterval(values: readonly number[]): readonly [number, number] | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  return [quantile(sorted, 0.025), quantile(sorted, 0.975)];
}

/** Between the two nearest values, linearly. */
function quantile(sorted: readonly number[], probability: number): number {
  const at = probability * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (at - Math.floor(at)) * (high - low);
}
