/** A name's position in its list is its code in the packed recipe (pack.ts, native/degrade/recipe.h). */
export const kernelTypes = [
  'iso',
  'aniso',
  'generalizedIso',
  'generalizedAniso',
  'plateauIso',
  'plateauAniso',
  'sinc',
  'bank',
] as const;
/** The first three are PyTorch's F.interpolate, cv… OpenCV's, matlabBicubic is imresize. */
export const resizeModes = [
  'area',
  'bilinear',
  'bicubic',
  'cvArea',
  'cvLinear',
  'cvCubic',
  'matlabBicubic',
  'decimate',
] as const;
export const sizesOf = ['input', 'lq'] as const;
export const noiseTypes = ['gaussian', 'speckle', 'poisson'] as const;
export const noiseChannels = ['colour', 'gray', 'correlated'] as const;
export const jpegBackends = ['diffjpeg', 'libjpeg'] as const;
export const subsamplings = ['420', '444'] as const;

export type KernelType = (typeof kernelTypes)[number];
export type ResizeMode = (typeof resizeModes)[number];
export type SizeOf = (typeof sizesOf)[number];
export type NoiseType = (typeof noiseTypes)[number];
export type NoiseChannels = (typeof noiseChannels)[number];
export type JpegBackend = (typeof jpegBackends)[number];
export type Subsampling = (typeof subsamplings)[number];

/** Two unsigned 32-bit words (low, high): the Philox key of a noise field. */
export type SeedWords = readonly [number, number];

/** Correlation with a kernel, borders mirrored. Parameters without a use are 0. */
export interface BlurOperation {
  readonly op: 'blur';
  readonly stage: number;
  readonly kernel: KernelType;
  /** Odd side of the kernel, 3 to 25. */
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
  /** Pixels by which an iso kernel lies to the right of and below its centre. */
  readonly shift: number;
  /** Which of the estimated kernels, kernel `bank`. */
  readonly index: number;
}

export interface ResizeOperation {
  readonly op: 'resize';
  readonly stage: number;
  readonly mode: ResizeMode;
  /** What `factor` is of: input gives floor(side factor), lq gives trunc(gt side / scale factor). */
  readonly of: SizeOf;
  readonly factor: number;
}

/** Six numbers of a symmetric 3 x 3 matrix: 00, 01, 02, 11, 12, 22. */
export type SymmetricMatrix = readonly [number, number, number, number, number, number];

/** Adds noise and clamps to [0, 1]. */
export interface NoiseOperation {
  readonly op: 'noise';
  readonly stage: number;
  readonly type: NoiseType;
  /** Gaussian, speckle: standard deviation in 8-bit units. Poisson: scale of the shot noise. */
  readonly level: number;
  readonly channels: NoiseChannels;
  /** Correlated: mixes the independent normal numbers of R, G and B; otherwise zeros. */
  readonly mix: SymmetricMatrix;
  /** Poisson: photons at white; 0 takes 2^ceil(log2 V) with V distinct levels, as Real-ESRGAN. */
  readonly vals: number;
}

/** Noise of a camera's sensor between an inverted and a renewed processing chain. */
export interface IspOperation {
  readonly op: 'isp';
  readonly stage: number;
  /** Digital gain and white-balance gains of red and blue. */
  readonly gain: number;
  readonly red: number;
  readonly blue: number;
  /** Mix of the four colour matrices. */
  readonly weights: readonly [number, number, number, number];
  /** Variance of the noise: shot x + read. */
  readonly shot: number;
  readonly read: number;
}

/** Adds a piece of real noise, less its mean in each channel, and clamps to [0, 1]. */
export interface InjectOperation {
  readonly op: 'inject';
  readonly stage: number;
  /** Of the noise bank. */
  readonly patch: number;
  readonly top: number;
  readonly left: number;
}

/** Clamps to [0, 1], compresses and decompresses. */
export interface JpegOperation {
  readonly op: 'jpeg';
  readonly stage: number;
  /** In (0, 100]; libjpeg rounds it. */
  readonly quality: number;
  readonly backend: JpegBackend;
  readonly subsampling: Subsampling;
}

/** Clamps to [0, 1]. */
export interface ClampOperation {
  readonly op: 'clamp';
  readonly stage: number;
}

export type Operation =
  | BlurOperation
  | ResizeOperation
  | NoiseOperation
  | IspOperation
  | InjectOperation
  | JpegOperation
  | ClampOperation;

/**
 * One concrete draw of a degradation for one image, with its own noise seed: operations in the order
 * in which they are applied; what they end with has the lq size and is rounded to 8 bits. `stage`
 * (1 to 8) tells operations of one kind apart; two that make noise of one type must differ in it.
 * Plain data: applying it to the same gt gives the same bits, today or from a log.
 */
export interface Recipe {
  readonly seed: SeedWords;
  /** Seed of gray Gaussian fields: `seed`, or one for the whole batch in compat mode. */
  readonly graySeed: SeedWords;
  readonly scale: number;
  readonly operations: readonly Operation[];
}

/** The operation of this kind in that stage, if the recipe has one. */
export function operationOf<Op extends Operation['op']>(
  recipe: Recipe,
  op: Op,
  stage: number,
): Extract<Operation, { op: Op }> | undefined {
  return recipe.operations.find(
    (found): found is Extract<Operation, { op: Op }> => found.op === op && found.stage === stage,
  );
}
