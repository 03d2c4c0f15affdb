/**
 * The second-order degradation of Real-ESRGAN (arXiv 2107.10833); values of
 * options/train_realesrnet_x4plus.yml of xinntao/Real-ESRGAN.
 */
import type { JpegBackend } from '../recipe.ts';
import type { Probabilities, Range } from './values.ts';

export type BlurFamily =
  | 'iso'
  | 'aniso'
  | 'generalizedIso'
  | 'generalizedAniso'
  | 'plateauIso'
  | 'plateauAniso';

/** What one of the two stages (blur, resize, noise, JPEG) may do to an image. */
export interface StageSpace {
  readonly blurProbability: number;
  /** Probability that the kernel is a sinc low-pass; otherwise `kernelProbabilities` decides. */
  readonly sincProbability: number;
  readonly kernelProbabilities: Probabilities<BlurFamily>;
  /** Odd sides, all equally likely. */
  readonly kernelSizes: readonly number[];
  /** Standard deviation in pixels, for each axis of anisotropic kernels on its own. */
  readonly blurSigma: Range;
  /** Shape of generalized Gaussians: half of the draws below 1, half above. */
  readonly betaG: Range;
  /** Shape of plateau kernels, drawn like betaG; with the low end at 1 half of them are exactly 1. */
  readonly betaP: Range;
  readonly resizeProbabilities: Probabilities<'up' | 'down' | 'keep'>;
  /** up draws from [1, high], down from [low, 1]; stage 1: of the input, stage 2: of the lq size. */
  readonly resizeScale: Range;
  readonly resizeModeProbabilities: Probabilities<'area' | 'bilinear' | 'bicubic'>;
  readonly noiseProbabilities: Probabilities<'none' | 'gaussian' | 'poisson'>;
  /** Standard deviation in 8-bit units. */
  readonly gaussianSigma: Range;
  readonly poissonScale: Range;
  readonly grayNoiseProbability: number;
  readonly jpegProbability: number;
  readonly jpegQuality: Range;
}

/** The last steps: resize to the lq size and low-pass, before or after the second JPEG. */
export interface FinalSpace {
  readonly sincProbability: number;
  readonly kernelSizes: readonly number[];
  /** Cutoff in radians per pixel. */
  readonly sincOmega: Range;
  readonly resizeModeProbabilities: Probabilities<'area' | 'bilinear' | 'bicubic'>;
  /** Probability that JPEG comes before [resize, sinc] instead of after it. */
  readonly jpegFirstProbability: number;
}

/** Ranges and probabilities of every degradation parameter: plain data, never changed. */
export interface RealEsrganSpace {
  readonly name: 'real-esrgan';
  readonly stages: readonly [StageSpace, StageSpace];
  readonly final: FinalSpace;
  readonly jpegBackend: JpegBackend;
}

const kernelSizes = [7, 9, 11, 13, 15, 17, 19, 21];
const anyMode = { area: 1 / 3, bilinear: 1 / 3, bicubic: 1 / 3 };

const stage1: StageSpace = {
  blurProbability: 1,
  sincProbability: 0.1,
  kernelProbabilities: {
    iso: 0.45,
    aniso: 0.25,
    generalizedIso: 0.12,
    generalizedAniso: 0.03,
    plateauIso: 0.12,
    plateauAniso: 0.03,
  },
  kernelSizes,
  blurSigma: [0.2, 3],
  betaG: [0.5, 4],
  betaP: [1, 2],
  resizeProbabilities: { up: 0.2, down: 0.7, keep: 0.1 },
  resizeScale: [0.15, 1.5],
  resizeModeProbabilities: anyMode,
  noiseProbabilities: { none: 0, gaussian: 0.5, poisson: 0.5 },
  gaussianSigma: [1, 30],
  poissonScale: [0.05, 3],
  grayNoiseProbability: 0.4,
  jpegProbability: 1,
  jpegQuality: [30, 95],
};

const stage2: StageSpace = {
  ...stage1,
  blurProbability: 0.8,
  blurSigma: [0.2, 1.5],
  resizeProbabilities: { up: 0.3, down: 0.4, keep: 0.3 },
  resizeScale: [0.3, 1.2],
  gaussianSigma: [1, 25],
  poissonScale: [0.05, 2.5],
};

export const realEsrgan: RealEsrganSpace = {
  name: 'real-esrgan',
  stages: [stage1, stage2],
  final: {
    sincProbability: 0.8,
    kernelSizes,
    sincOmega: [Math.PI / 3, Math.PI],
    resizeModeProbabilities: anyMode,
    jpegFirstProbability: 0.5,
  },
  jpegBackend: 'diffjpeg',
};
