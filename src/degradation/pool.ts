/**
 * Real-ESRGAN's pool of training pairs (`compat: real-esrgan`). Its batches share most of what they
 * draw, so they are mixed: while the pool fills they train as they are drawn and are stored as well;
 * from then on each trains pairs of the pool, chosen at random, and takes their places.
 *
 * A sample's pair is a pure function of its number, so the pool need not hold pairs, nor numbers: what
 * lies in a place is what the last batch that chose it put there, and the choice of a batch is a pure
 * function of the batch.
 */
import { Random, streams } from '../rng.ts';

export interface PoolOptions {
  readonly seed: number;
  readonly batchSize: number;
  /** Pairs in the pool: a multiple of `batchSize`. */
  readonly poolSize: number;
}

/** The places that a batch takes its pairs from: distinct, in random order. */
function placesOf({ seed, batchSize, poolSize }: PoolOptions, batch: number): number[] {
  const random = new Random(seed, streams.pool, batch);
  const places = new Set<number>();
  while (places.size < batchSize) places.add(random.integer(poolSize));
  return [...places];
}

/**
 * Numbers of the samples that batch number `batch` trains on. Sample n was drawn with batch
 * floor(n / batchSize); each sample is trained once, and those that filled the pool a second time.
 * Looks back over about poolSize / batchSize x log(batchSize) batches.
 */
export function pooledSamples(options: PoolOptions, batch: number): number[] {
  const { batchSize, poolSize } = options;
  const filling = poolSize / batchSize;
  if (batch < filling) return Array.from({ length: batchSize }, (_, i) => batch * batchSize + i);
  const places = placesOf(options, batch);
  const sought = new Set(places);
  const found = new Map<number, number>();
  for (let earlier = batch - 1; earlier >= filling && sought.size > 0; earlier--) {
    for (const [position, place] of placesOf(options, earlier).entries()) {
      if (sought.delete(place)) found.set(place, earlier * batchSize + position);
    }
  }
  // Place p was filled with sample p.
  return places.map((place) => found.get(place) ?? place);
}
