/**
 * BSRGAN: blurs, a downsampling in two steps, noise and JPEG in any order, then JPEG once more.
 * Reference: `degradation_bsrgan` in utils_blindsr.py of cszn/BSRGAN (arXiv 2103.14006).
 */
import type { Random } from '../../rng.ts';
import type { JpegBackend, Operation } from '../recipe.ts';
import { type CameraSpace, drawIsp, noCamera } from './camera.ts';
import { clamp, linear, pick, resizeOfInput, resizeToLq } from './draws.ts';
import {
  anyOpenCvMode,
  drawBlur,
  drawJpeg,
  drawNoise,
  gaussianBlur,
  type OpenCvModes,
  type ShuffledBlur,
  type ShuffledNoise,
  shuffledBlur,
  shuffledNoise,
} from './shuffled.ts';
import type { Linear, Range } from './values.ts';

export interface BsrganSpace {
  readonly name: 'bsrgan';
  /** Scale 4 only: the image is halved first, and the rest is done at scale 2. */
  readonly halveProbability: number;
  readonly blur: ShuffledBlur;
  readonly downsample: {
    /** Resized by a random factor; otherwise blurred by a Gaussian and decimated. */
    readonly resizeProbability: number;
    /** The resize divides the side by a number from 1 to this. */
    readonly divisor: Linear;
    /** Standard deviation of the Gaussian, from the least to this, in pixels. */
    readonly leastSigma: number;
    readonly sigma: Linear;
  };
  readonly resizeModeProbabilities: OpenCvModes;
  readonly noise: ShuffledNoise;
  readonly camera: CameraSpace;
  readonly jpeg: {
    /** Of the shuffled JPEG; the last one is always there. */
    readonly probability: number;
    /** Whole numbers. */
    readonly quality: Range;
  };
  readonly jpegBackend: JpegBackend;
}

export const bsrgan: BsrganSpace = {
  name: 'bsrgan',
  halveProbability: 0.25,
  blur: shuffledBlur,
  downsample: {
    resizeProbability: 0.75,
    divisor: { base: 0, perScale: 2 },
    leastSigma: 0.1,
    sigma: { base: 0, perScale: 0.6 },
  },
  resizeModeProbabilities: anyOpenCvMode,
  noise: shuffledNoise,
  camera: noCamera,
  jpeg: { probability: 0.9, quality: [30, 95] },
  jpegBackend: 'libjpeg',
};

/** Side of the Gaussian that a decimation is preceded by. */
const shiftedSize = 25;

const steps = ['blur1', 'blur2', 'downsample', 'resizeToLq', 'noise', 'jpeg', 'camera'] as const;
type Step = (typeof steps)[number];

/** Any order in which the resize to the lq size does not come before the downsampling. */
function drawOrder(random: Random): Step[] {
  const order = random.shuffle<Step>([...steps]);
  const [first, second] = [order.indexOf('downsample'), order.indexOf('resizeToLq')];
  if (second < first) {
    order[second] = 'downsample';
    order[first] = 'resizeToLq';
  }
  return order;
}

function drawHalving(random: Random, modes: OpenCvModes): Operation[] {
  const mode = random.chance(0.5) ? pick(random, modes) : 'matlabBicubic';
  return [resizeOfInput(1, mode, 0.5), clamp(1)];
}

/** Blurred and decimated to the lq size, the Gaussian shifted to the middle of the pixels left out. */
function drawDecimation(random: Random, { downsample }: BsrganSpace, scale: number): Operation[] {
  const { leastSigma, sigma } = downsample;
  const most = Math.max(leastSigma, linear(sigma, scale));
  return [
    gaussianBlur({
      stage: 3,
      kernelSize: shiftedSize,
      sigma: random.between(leastSigma, most),
      shift: (scale - 1) / 2,
    }),
    resizeToLq(2, 'decimate'),
    clamp(2),
  ];
}

function drawDownsample(random: Random, space: BsrganSpace, scale: number): Operation[] {
  if (!random.chance(space.downsample.resizeProbability)) {
    return drawDecimation(random, space, scale);
  }
  const divisor = random.between(1, Math.max(1, linear(space.downsample.divisor, scale)));
  const mode = pick(random, space.resizeModeProbabilities);
  return [resizeOfInput(2, mode, 1 / divisor), clamp(2)];
}

function drawStep(random: Random, space: BsrganSpace, step: Step, scale: number): Operation[] {
  const { jpegBackend: backend, jpeg, camera } = space;
  switch (step) {
    case 'blur1':
      return [drawBlur(random, space.blur, { stage: 1, scale })];
    case 'blur2':
      return [drawBlur(random, space.blur, { stage: 2, scale })];
    case 'downsample':
      return drawDownsample(random, space, scale);
    case 'resizeToLq':
      return [resizeToLq(3, pick(random, space.resizeModeProbabilities)), clamp(3)];
    case 'noise':
      return [drawNoise(random, space.noise, { type: 'gaussian', stage: 1 })];
    case 'jpeg':
      if (!random.chance(jpeg.probability)) return [];
      return [drawJpeg(random, jpeg.quality, { stage: 1, backend })];
    case 'camera':
      return random.chance(camera.probability) ? [drawIsp(random, camera, 1)] : [];
  }
}

/** The operations of one recipe: at most 14. */
export function drawBsrgan(random: Random, space: BsrganSpace, scale: number): Operation[] {
  const halved = scale === 4 && random.chance(space.halveProbability);
  const rest = halved ? 2 : scale;
  const operations = halved ? drawHalving(random, space.resizeModeProbabilities) : [];
  for (const step of drawOrder(random)) operations.push(...drawStep(random, space, step, rest));
  operations.push(drawJpeg(random, space.jpeg.quality, { stage: 2, backend: space.jpegBackend }));
  return operations;
}
