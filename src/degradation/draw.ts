import type { Random } from '../rng.ts';
import type { Operation, Recipe } from './recipe.ts';
import type { DegradationSpace } from './space.ts';
import { drawBsrgan } from './spaces/bsrgan.ts';
import { drawBsrganPlus } from './spaces/bsrgan-plus.ts';
import { drawClassic } from './spaces/classic.ts';
import { drawSeed } from './spaces/draws.ts';
import type { RealEsrganSpace } from './spaces/real-esrgan.ts';
import { drawRealEsrgan } from './spaces/real-esrgan-draw.ts';
import { drawRealSr } from './spaces/realsr.ts';

type OtherSpace = Exclude<DegradationSpace, RealEsrganSpace>;

function drawOperations(random: Random, space: OtherSpace, scale: number): Operation[] {
  switch (space.name) {
    case 'bsrgan':
      return drawBsrgan(random, space, scale);
    case 'bsrgan-plus':
      return drawBsrganPlus(random, space, scale);
    case 'realsr':
      return drawRealSr(random, space);
    case 'classic':
      return drawClassic(random, space);
  }
}

/** One draw with every decision taken for this sample alone. */
export function drawOne(random: Random, space: DegradationSpace, scale: number): Recipe {
  if (space.name === 'real-esrgan') return drawRealEsrgan(random, space, scale);
  const seed = drawSeed(random);
  return { seed, graySeed: seed, scale, operations: drawOperations(random, space, scale) };
}
