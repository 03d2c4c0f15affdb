/**
 * Counter-based random numbers: every draw is a pure function of (seed, stream, index, attempt,
 * position), so nothing has to be saved to resume and no order of calls can change a result.
 */
import { EvensrError, exitCodes } from './errors.ts';

/**
 * What a draw is for. Two uses with different streams never share a random number, whatever their
 * seeds and indices are. The numbers are part of the reproducibility of a seed: never reuse or reorder.
 */
export const streams = {
  recipe: 1,
  recipeBatch: 2,
  crop: 3,
  shuffle: 4,
  mass: 5,
  evaluation: 7,
  weights: 9,
  encoder: 12,
  pool: 13,
  lossWeights: 14,
  bootstrap: 18,
  groups: 21,
  groupNoise: 22,
  permutation: 24,
  bootstrapPhotos: 25,
} as const;

export type Words2 = readonly [number, number];
export type Words4 = readonly [number, number, number, number];

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** Upper 32 bits of the 64-bit product of two unsigned 32-bit numbers, from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/** Replaces the counter in `state` (4 words) by its Philox4x32-10 block under the key (k0, k1). */
function philoxInPlace(state: Uint32Array, k0: number, k1: number): void {
  let c0 = state[0] as number;
  let c1 = state[1] as number;
  let c2 = state[2] as number;
  let c3 = state[3] as number;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, c0);
    const low0 = Math.imul(multiplier0, c0);
    const high1 = multiplyHigh(multiplier1, c2);
    const low1 = Math.imul(multiplier1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  state[0] = c0;
  state[1] = c1;
  state[2] = c2;
  state[3] = c3;
}

/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011): key and counter in, four unsigned 32-bit
 * words out. The same function as native/math/philox.h.
 */
export function philox4x32(key: Words2, counter: Words4): [number, number, number, number] {
  const state = Uint32Array.from(counter);
  philoxInPlace(state, key[0], key[1]);
  return [...state] as [number, number, number, number];
}

const twoTo32 = 2 ** 32;

/** Streams take the 11 bits that a seed below 2^53 leaves free in the key. */
const streamLimit = 2 ** 11;

function requireInteger(name: string, value: number, limit: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value < limit) return;
  throw new EvensrError(
    'E_RANDOM',
    exitCodes.usage,
    `${name} ${value} is no integer in its range`,
    {
      hint: 'use a whole number that is not negative',
    },
  );
}

/**
 * A sequence of draws, fixed by (seed, stream, index, attempt).
 *
 * Key: (seed mod 2^32, floor(seed / 2^32) + stream * 2^21). Counter: (block, attempt, index mod 2^32,
 * floor(index / 2^32)); each block of four words serves two uniforms. All three maps are one to one,
 * so two sequences overlap only if all four numbers agree.
 *
 * @param seed,index integers in [0, 2^53)
 * @param stream one of `streams`, below 2048
 * @param attempt number of the retry when draws are rejected, below 2^32
 */
export class Random {
  readonly #key0: number;
  readonly #key1: number;
  readonly #attempt: number;
  readonly #index0: number;
  readonly #index1: number;
  readonly #block = new Uint32Array(4);
  #position = 0;

  constructor(seed: number, stream: number, index: number, attempt = 0) {
    requireInteger('seed', seed, twoTo32 * 2 ** 21);
    requireInteger('stream', stream, streamLimit);
    requireInteger('index', index, twoTo32 * 2 ** 21);
    requireInteger('attempt', attempt, twoTo32);
    this.#key0 = seed % twoTo32;
    this.#key1 = Math.floor(seed / twoTo32) + stream * 2 ** 21;
    this.#attempt = attempt;
    this.#index0 = index % twoTo32;
    this.#index1 = Math.floor(index / twoTo32);
  }

  /** An unsigned 32-bit integer. */
  word(): number {
    const lane = this.#position % 4;
    if (lane === 0) {
      this.#block[0] = this.#position / 4;
      this.#block[1] = this.#attempt;
      this.#block[2] = this.#index0;
      this.#block[3] = this.#index1;
      philoxInPlace(this.#block, this.#key0, this.#key1);
    }
    this.#position++;
    return this.#block[lane] as number;
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  /** Uniform in [low, high] (rounding may reach high); exactly `low` when both are equal. */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Uniform over the integers 0 .. count - 1. */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** An index, drawn with probability proportional to its weight; weights >= 0, one of them > 0. */
  choice(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let left = this.uniform() * total;
    let last = 0;
    for (let index = 0; index < weights.length; index++) {
      const weight = weights[index] as number;
      if (weight <= 0) continue;
      if (left < weight) return index;
      left -= weight;
      last = index;
    }
    return last;
  }

  /** Shuffles `items` in place (Fisher-Yates) and returns it. */
  shuffle<Item>(items: Item[]): Item[] {
    for (let end = items.length - 1; end > 0; end--) {
      const other = this.integer(end + 1);
      const kept = items[end] as Item;
      items[end] = items[other] as Item;
      items[other] = kept;
    }
    return items;
  }
}
