/**
 * What BSRGAN and BSRGAN-plus share: blurs, noise, JPEG and the camera. Reference: utils_blindsr.py of
 * cszn/BSRGAN (arXiv 2103.14006).
 */
import type { Random } from '../../rng.ts';
import type {
  BlurOperation,
  JpegBackend,
  JpegOperation,
  NoiseChannels,
  NoiseOperation,
} from '../recipe.ts';
import { drawCovariance, mixOf } from './correlated.ts';
import { linear, noMix, oneOf, pick, wholeWithin } from './draws.ts';
import type { Linear, Probabilities, Range } from './values.ts';

export interface ShuffledBlur {
  readonly anisotropicProbability: number;
  /** Odd sides, all equally likely. */
  readonly kernelSizes: readonly number[];
  /** Standard deviations of isotropic blurs are drawn from 0 to this, in pixels. */
  readonly isotropicSigma: Linear;
  /** Variances along both axes of anisotropic blurs are drawn from 0 to this, in square pixels. */
  readonly anisotropicVariance: Linear;
}

export interface ShuffledNoise {
  /** Standard deviation in 8-bit units, a whole number. Correlated noise always has the highest. */
  readonly level: Range;
  readonly channelProbabilities: Probabilities<NoiseChannels>;
}

export type OpenCvModes = Probabilities<'cvLinear' | 'cvCubic' | 'cvArea'>;

export const shuffledBlur: ShuffledBlur = {
  anisotropicProbability: 0.5,
  kernelSizes: [7, 9, 11, 13, 15, 17, 19, 21, 23, 25],
  isotropicSigma: { base: 2, perScale: 0.2 },
  anisotropicVariance: { base: 4, perScale: 1 },
};

export const shuffledNoise: ShuffledNoise = {
  level: [2, 25],
  channelProbabilities: { colour: 0.4, gray: 0.4, correlated: 0.2 },
};

export const anyOpenCvMode: OpenCvModes = { cvLinear: 1 / 3, cvCubic: 1 / 3, cvArea: 1 / 3 };

/** Draws near 0 have no inverse covariance; below this the kernel is a point anyway. */
const leastVariance = 1e-3;
const leastSigma = Math.sqrt(leastVariance);

function drawSigma(random: Random, most: number): number {
  return Math.sqrt(Math.max(leastVariance, most * random.uniform()));
}

export function drawBlur(
  random: Random,
  space: ShuffledBlur,
  { stage, scale }: { stage: number; scale: number },
): BlurOperation {
  const kernelSize = oneOf(random, space.kernelSizes);
  if (random.chance(space.anisotropicProbability)) {
    const most = linear(space.anisotropicVariance, scale);
    return {
      op: 'blur',
      stage,
      kernel: 'aniso',
      kernelSize,
      sigmaX: drawSigma(random, most),
      sigmaY: drawSigma(random, most),
      theta: random.between(0, Math.PI),
      beta: 0,
      omega: 0,
      shift: 0,
      index: 0,
    };
  }
  const most = linear(space.isotropicSigma, scale);
  const sigma = Math.max(leastSigma, most * random.uniform());
  return gaussianBlur({ stage, kernelSize, sigma, shift: 0 });
}

/** An isotropic Gaussian, `shift` pixels to the right and down. */
export function gaussianBlur(of: {
  stage: number;
  kernelSize: number;
  sigma: number;
  shift: number;
}): BlurOperation {
  return {
    op: 'blur',
    stage: of.stage,
    kernel: 'iso',
    kernelSize: of.kernelSize,
    sigmaX: of.sigma,
    sigmaY: of.sigma,
    theta: 0,
    beta: 0,
    omega: 0,
    shift: of.shift,
    index: 0,
  };
}

/** Gaussian noise, or speckle, which is the same times the image. */
export function drawNoise(
  random: Random,
  space: ShuffledNoise,
  { type, stage }: { type: 'gaussian' | 'speckle'; stage: number },
): NoiseOperation {
  const level = wholeWithin(random, space.level);
  const channels = pick(random, space.channelProbabilities);
  const correlated = channels === 'correlated';
  return {
    op: 'noise',
    stage,
    type,
    level: correlated ? space.level[1] : level,
    channels,
    mix: correlated ? mixOf(drawCovariance(random)) : noMix,
    vals: 0,
  };
}

/** As an encoder writes it: a whole quality, chroma at half the size. */
export function drawJpeg(
  random: Random,
  quality: Range,
  { stage, backend }: { stage: number; backend: JpegBackend },
): JpegOperation {
  return { op: 'jpeg', stage, quality: wholeWithin(random, quality), backend, subsampling: '420' };
}
