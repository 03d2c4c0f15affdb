/**
 * BSRGAN-plus: two rounds of blur, resize and several noises, shuffled as a whole or only within the
 * noises, then the resize to the lq size and JPEG.
 * Reference: `degradation_bsrgan_plus` in utils_blindsr.py of cszn/BSRGAN and cszn/KAIR.
 */
import type { Random } from '../../rng.ts';
import { exp, log } from '../elementary.ts';
import type { JpegBackend, NoiseOperation, Operation } from '../recipe.ts';
import { type CameraSpace, drawIsp, noCamera } from './camera.ts';
import { clamp, noMix, pick, resizeOfInput, resizeToLq } from './draws.ts';
import {
  anyOpenCvMode,
  drawBlur,
  drawJpeg,
  drawNoise,
  type OpenCvModes,
  type ShuffledBlur,
  type ShuffledNoise,
  shuffledBlur,
  shuffledNoise,
} from './shuffled.ts';
import type { Probabilities, Range } from './values.ts';

export interface BsrganPlusSpace {
  readonly name: 'bsrgan-plus';
  /** All operations in any order; otherwise only the noises of each round among themselves. */
  readonly shuffleProbability: number;
  readonly blur: ShuffledBlur;
  readonly resizeProbabilities: Probabilities<'up' | 'down' | 'keep'>;
  /** up draws from 1 to `largest`, down from `smallest` / scale to 1. */
  readonly resizeFactor: { readonly smallest: number; readonly largest: number };
  readonly resizeModeProbabilities: OpenCvModes;
  readonly noise: ShuffledNoise;
  readonly poisson: {
    readonly probability: number;
    /** Photons at white, drawn uniformly in their logarithm. */
    readonly photons: Range;
    readonly grayProbability: number;
  };
  /** Levels and channels are those of `noise`. */
  readonly speckle: { readonly probability: number };
  readonly camera: CameraSpace;
  /** Whole numbers. */
  readonly jpeg: { readonly quality: Range };
  readonly jpegBackend: JpegBackend;
}

export const bsrganPlus: BsrganPlusSpace = {
  name: 'bsrgan-plus',
  // Of the training options; the function's own default is 0.5.
  shuffleProbability: 0.1,
  blur: shuffledBlur,
  resizeProbabilities: { up: 0.2, down: 0.7, keep: 0.1 },
  resizeFactor: { smallest: 0.5, largest: 2 },
  resizeModeProbabilities: anyOpenCvMode,
  noise: shuffledNoise,
  poisson: { probability: 0.1, photons: [100, 10_000], grayProbability: 0.5 },
  speckle: { probability: 0.1 },
  camera: noCamera,
  jpeg: { quality: [30, 95] },
  jpegBackend: 'libjpeg',
};

const noises = ['gaussian', 'poisson', 'speckle', 'camera'] as const;
type Step = readonly [name: 'blur' | 'resize' | 'jpeg' | (typeof noises)[number], stage: 1 | 2];

function drawOrder(random: Random, shuffleProbability: number): Step[] {
  const all = random.chance(shuffleProbability);
  const noisesOf = (stage: 1 | 2): Step[] => {
    const some = noises.map((name): Step => [name, stage]);
    return all ? some : random.shuffle(some);
  };
  const order: Step[] = [
    ['blur', 1],
    ['resize', 1],
    ...noisesOf(1),
    ['jpeg', 1],
    ['blur', 2],
    ['resize', 2],
    ...noisesOf(2),
  ];
  return all ? random.shuffle(order) : order;
}

function drawFactor(random: Random, space: BsrganPlusSpace, scale: number): number {
  const { smallest, largest } = space.resizeFactor;
  const direction = pick(random, space.resizeProbabilities);
  if (direction === 'keep') return 1;
  return direction === 'up' ? random.between(1, largest) : random.between(smallest / scale, 1);
}

function drawPoisson(
  random: Random,
  { photons, grayProbability }: BsrganPlusSpace['poisson'],
  stage: number,
): NoiseOperation {
  return {
    op: 'noise',
    stage,
    type: 'poisson',
    level: 1,
    channels: random.chance(grayProbability) ? 'gray' : 'colour',
    mix: noMix,
    vals: exp(random.between(log(photons[0]), log(photons[1]))),
  };
}

function drawStep(
  random: Random,
  space: BsrganPlusSpace,
  [name, stage]: Step,
  scale: number,
): Operation[] {
  const { poisson, speckle, camera } = space;
  switch (name) {
    case 'blur':
      return [drawBlur(random, space.blur, { stage, scale })];
    case 'resize': {
      const factor = drawFactor(random, space, scale);
      const mode = pick(random, space.resizeModeProbabilities);
      return [resizeOfInput(stage, mode, factor), clamp(stage)];
    }
    case 'gaussian':
      return [drawNoise(random, space.noise, { type: 'gaussian', stage })];
    case 'poisson':
      return random.chance(poisson.probability) ? [drawPoisson(random, poisson, stage)] : [];
    case 'speckle':
      if (!random.chance(speckle.probability)) return [];
      return [drawNoise(random, space.noise, { type: 'speckle', stage })];
    case 'camera':
      return random.chance(camera.probability) ? [drawIsp(random, camera, stage)] : [];
    case 'jpeg':
      return [drawJpeg(random, space.jpeg.quality, { stage, backend: space.jpegBackend })];
  }
}

/** The operations of one recipe: at most 17. */
export function drawBsrganPlus(random: Random, space: BsrganPlusSpace, scale: number): Operation[] {
  const operations: Operation[] = [];
  for (const step of drawOrder(random, space.shuffleProbability)) {
    operations.push(...drawStep(random, space, step, scale));
  }
  operations.push(
    resizeToLq(3, pick(random, space.resizeModeProbabilities)),
    drawJpeg(random, space.jpeg.quality, { stage: 2, backend: space.jpegBackend }),
  );
  return operations;
}
