/** Draws that several spaces share. */
import type { Random } from '../../rng.ts';
import { log } from '../elementary.ts';
import type {
  ClampOperation,
  ResizeMode,
  ResizeOperation,
  SeedWords,
  SymmetricMatrix,
} from '../recipe.ts';
import type { Linear, Probabilities, Range } from './values.ts';

/** Walks the names without making lists of them: a run draws millions of recipes. */
export function pick<Name extends string>(random: Random, from: Probabilities<Name>): Name {
  let left = random.uniform();
  let last: Name | undefined;
  for (const name in from) {
    const probability = from[name];
    if (probability <= 0) continue;
    if (left < probability) return name;
    left -= probability;
    last = name;
  }
  return last as Name;
}

/** The Philox key of a noise field. */
export function drawSeed(random: Random): SeedWords {
  return [random.word(), random.word()];
}

/** For noise that is not correlated. */
export const noMix: SymmetricMatrix = [0, 0, 0, 0, 0, 0];

/** One of the items, all equally likely. */
export function oneOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.integer(items.length)] as Item;
}

/** A whole number of [low, high], all equally likely. */
export function wholeWithin(random: Random, [low, high]: Range): number {
  return low + random.integer(high - low + 1);
}

/** Standard normal, by Marsaglia's polar method (SIAM Review 6, 1964). */
export function normal(random: Random): number {
  for (;;) {
    const u = random.between(-1, 1);
    const v = random.between(-1, 1);
    const square = u * u + v * v;
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * log(square)) / square);
  }
}

/** base + perScale x scale. */
export function linear({ base, perScale }: Linear, scale: number): number {
  return base + perScale * scale;
}

export function resizeOfInput(stage: number, mode: ResizeMode, factor: number): ResizeOperation {
  return { op: 'resize', stage, mode, of: 'input', factor };
}

/** To the lq size. */
export function resizeToLq(stage: number, mode: ResizeMode): ResizeOperation {
  return { op: 'resize', stage, mode, of: 'lq', factor: 1 };
}

export function clamp(stage: number): ClampOperation {
  return { op: 'clamp', stage };
}
