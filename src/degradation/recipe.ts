/** A type's position in its list is its code in the packed recipe (pack.ts, native/degrade/recipe.h). */
export const kernelTypes = [
  'none',
  'iso',
  'aniso',
  'generalizedIso',
  'generalizedAniso',
  'plateauIso',
  'plateauAniso',
  'sinc',
] as const;
export const resizeModes = ['area', 'bilinear', 'bicubic'] as const;
export const noiseTypes = ['none', 'gaussian', 'poisson'] as const;
export const finalOrders = ['resizeThenJpeg', 'jpegThenResize'] as const;
export const jpegBackends = ['diffjpeg', 'libjpeg'] as const;

export type KernelType = (typeof kernelTypes)[number];
export type ResizeMode = (typeof resizeModes)[number];
export type NoiseType = (typeof noiseTypes)[number];
export type FinalOrder = (typeof finalOrders)[number];
export type JpegBackend = (typeof jpegBackends)[number];

/** Two unsigned 32-bit words (low, high): the Philox key of a noise field. */
export type SeedWords = readonly [number, number];

/** Blur, resize, noise and JPEG of one stage, in this order. Parameters without a use are 0. */
export interface StageRecipe {
  readonly kernel: KernelType;
  /** Odd side of the kernel, 3 to 21. */
  readonly kernelSize: number;
  /** Standard deviations in pixels; equal for isotropic kernels. */
  readonly sigmaX: number;
  readonly sigmaY: number;
  /** Rotation in radians. */
  readonly theta: number;
  /** Shape of generalized and plateau kernels. */
  readonly beta: number;
  /** Cutoff of a sinc kernel in radians per pixel. */
  readonly omega: number;
  readonly resizeMode: ResizeMode;
  /** Stage 1: of the input size. Stage 2: of the lq size. */
  readonly resizeScale: number;
  readonly noise: NoiseType;
  /** Gaussian: standard deviation in 8-bit units. Poisson: scale of the shot noise. */
  readonly noiseLevel: number;
  readonly noiseGray: boolean;
  /** In (0, 100], real-valued; 0 leaves JPEG out. */
  readonly jpegQuality: number;
}

/**
 * One concrete draw of all degradation parameters for one image, with its own noise seed. Plain data:
 * applying it to the same gt gives the same bits, today or from a log.
 */
export interface Recipe {
  readonly seed: SeedWords;
  /** Seed of gray noise fields: `seed`, or one for the whole batch in compat mode. */
  readonly graySeed: SeedWords;
  readonly scale: number;
  readonly stages: readonly [StageRecipe, StageRecipe];
  readonly finalOrder: FinalOrder;
  readonly finalResizeMode: ResizeMode;
  /** Odd side of the last low-pass; 0 leaves it out. */
  readonly finalSincSize: number;
  readonly finalSincOmega: number;
  readonly jpegBackend: JpegBackend;
}
