/**
 * How sure a correlation ratio is: photographs are drawn with replacement, since scores of one
 * photograph hang together (cluster bootstrap: Field and Welsh 2007).
 */
import { Random, streams } from '../../rng.ts';
import type { Bins } from './bins.ts';
import { chanceLevel } from './correlation-ratio.ts';

export type Interval = readonly [low: number, high: number];

/** How often each photograph is drawn in each resample; the same for every parameter. */
export function photoResamples(
  photos: number,
  { resamples, seed }: { resamples: number; seed: number },
): Float64Array[] {
  return Array.from({ length: resamples }, (_, round) => {
    const random = new Random(seed, streams.bootstrapPhotos, round);
    const times = new Float64Array(photos);
    for (let draw = 0; draw < photos; draw++) {
      const photo = random.integer(photos);
      times[photo] = (times[photo] as number) + 1;
    }
    return times;
  });
}

/** Sums of the scores by photograph and class, from which every resample is put together. */
class Sums {
  readonly #count: number;
  readonly #sizes: Float64Array;
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;

  constructor(scores: ArrayLike<number>, photos: readonly number[], bins: Bins, total: number) {
    this.#count = bins.count;
    this.#sizes = new Float64Array(total * bins.count);
    this.#sums = new Float64Array(total * bins.count);
    this.#squares = new Float64Array(total);
    for (const [i, photo] of photos.entries()) {
      const cell = photo * bins.count + (bins.of[i] as number);
      const score = scores[i] as number;
      this.#sizes[cell] = (this.#sizes[cell] as number) + 1;
      this.#sums[cell] = (this.#sums[cell] as number) + score;
      this.#squares[photo] = (this.#squares[photo] as number) + score ** 2;
    }
  }

  /**
   * eta^2 of a resample less what chance gives there: repeated draws are no new ones, so that chance is
   * (sum_b W2_b / W_b - W2 / W) / (W - W2 / W) with W and W2 the sums of the repetitions and of their
   * squares (it is (b - 1) / (n - 1) without repetitions). Null when all scores in it are equal.
   */
  excess(times: Float64Array): number | null {
    let [sum, squares, weight, weight2, between, chance] = [0, 0, 0, 0, 0, 0];
    for (let bin = 0; bin < this.#count; bin++) {
      let [ownSum, own, own2] = [0, 0, 0];
      for (const [photo, repeated] of times.entries()) {
        const cell = photo * this.#count + bin;
        const size = this.#sizes[cell] as number;
        ownSum += repeated * (this.#sums[cell] as number);
        own += repeated * size;
        own2 += repeated ** 2 * size;
      }
      if (own === 0) continue;
      sum += ownSum;
      weight += own;
      weight2 += own2;
      between += ownSum ** 2 / own;
      chance += own2 / own;
    }
    for (const [photo, repeated] of times.entries()) {
      squares += repeated * (this.#squares[photo] as number);
    }
    if (weight === 0) return null;
    const spread = squares - sum ** 2 / weight;
    const room = weight - weight2 / weight;
    if (!(spread > 1e-12 * squares) || !(room > 0)) return null;
    return (between - sum ** 2 / weight) / spread - (chance - weight2 / weight) / room;
  }
}

/**
 * 95 % percentile interval of eta^2, each resample compared with its own chance level.
 * @param photos photograph of every draw
 * @returns null with fewer than two photographs
 */
export function ratioInterval(
  scores: ArrayLike<number>,
  photos: readonly number[],
  { bins, times }: { bins: Bins; times: readonly Float64Array[] },
): Interval | null {
  const total = times[0]?.length ?? 0;
  if (total < 2) return null;
  const sums = new Sums(scores, photos, bins, total);
  const found = times.flatMap((resample) => sums.excess(resample) ?? []);
  if (found.length === 0) return null;
  found.sort((a, b) => a - b);
  const chance = chanceLevel(bins.count, scores.length);
  const at = (share: number) => found[Math.round(share * (found.length - 1))] as number;
  const clamped = (value: number) => Math.min(1, Math.max(0, value + chance));
  return [clamped(at(0.025)), clamped(at(0.975))];
}
