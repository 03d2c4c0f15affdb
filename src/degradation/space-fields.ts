/**
 * What every key of a space may hold and what it means. The checks of defineSpace, the configuration,
 * its JSON Schema and its reference all come from here. Limits are wide: they refuse mistakes, not
 * taste.
 */

export type Limits = readonly [low: number, high: number];

interface Kinds {
  /** A number in [0, 1]. */
  probability: object;
  /** Probabilities of named alternatives; they sum to 1. */
  probabilities: object;
  /** [low, high] of a uniform draw. */
  range: { readonly limits: Limits };
  /** The same of whole numbers. */
  wholeRange: { readonly limits: Limits };
  /** The same, drawn in two halves, [low, 1] and [1, high]. */
  rangeAroundOne: { readonly limits: Limits };
  number: { readonly limits: Limits };
  /** An odd side of a kernel, or a list of them. */
  size: { readonly limits: Limits };
  sizes: { readonly limits: Limits };
  backend: object;
  /** A bank's count and sizes, from the files that the configuration names; or null. */
  bank: object;
  /** Which space it is. */
  name: object;
  /** Keys of its own. */
  group: object;
}

export type FieldKind = keyof Kinds;

/** `about` continues the key: "blurSigma: width of the blur, in pixels". */
export type Field = {
  [Kind in FieldKind]: { readonly kind: Kind; readonly about: string } & Kinds[Kind];
}[FieldKind];

const side: Limits = [3, 25];
const sigma: Limits = [0.01, 50];
const level: Limits = [0, 255];
const quality: Limits = [1, 100];

/** By the last part of a key, or by its last two parts, which come first. */
const fields: Readonly<Record<string, Field>> = {
  name: { kind: 'name', about: 'which space' },
  jpegBackend: { kind: 'backend', about: 'JPEG of DiffJPEG or of libjpeg' },

  // Real-ESRGAN
  stage1: { kind: 'group', about: 'first order: blur, resize, noise, JPEG' },
  stage2: { kind: 'group', about: 'second order' },
  final: { kind: 'group', about: 'resize to the lq size and low-pass' },
  blurProbability: { kind: 'probability', about: 'that the stage blurs at all' },
  sincProbability: {
    kind: 'probability',
    about: 'that a blur is a sinc low-pass; else kernelProbabilities decide',
  },
  kernelProbabilities: { kind: 'probabilities', about: 'blur kernels' },
  kernelSizes: {
    kind: 'sizes',
    limits: side,
    about: 'sides of the kernels, odd, equally likely',
  },
  blurSigma: { kind: 'range', limits: sigma, about: 'width of the blur, in pixels' },
  betaG: { kind: 'rangeAroundOne', limits: [0.1, 16], about: 'shape of generalized kernels' },
  betaP: { kind: 'rangeAroundOne', limits: [0.1, 16], about: 'shape of plateau kernels' },
  resizeProbabilities: { kind: 'probabilities', about: 'direction of the resize' },
  resizeScale: {
    kind: 'range',
    limits: [0.02, 4],
    about: 'scale: down draws from [low, 1], up from [1, high]',
  },
  resizeModeProbabilities: { kind: 'probabilities', about: 'how it is resized' },
  noiseProbabilities: { kind: 'probabilities', about: 'kind of noise' },
  gaussianSigma: {
    kind: 'range',
    limits: level,
    about: 'deviation of Gaussian noise, in 8-bit units',
  },
  poissonScale: { kind: 'range', limits: [0, 20], about: 'scale of Poisson noise' },
  grayNoiseProbability: {
    kind: 'probability',
    about: 'that the noise is the same in all channels',
  },
  jpegProbability: { kind: 'probability', about: 'that the stage compresses' },
  jpegQuality: { kind: 'range', limits: quality, about: 'JPEG quality, real numbers' },
  'final.sincProbability': { kind: 'probability', about: 'of the last low-pass' },
  'final.kernelSizes': { kind: 'sizes', limits: side, about: 'sides of its kernel' },
  sincOmega: {
    kind: 'range',
    limits: [0.05, Math.PI],
    about: 'its cutoff, in radians per pixel',
  },
  'final.resizeModeProbabilities': {
    kind: 'probabilities',
    about: 'how the image is resized to the lq size',
  },
  jpegFirstProbability: {
    kind: 'probability',
    about: 'that the second JPEG comes before the last resize and low-pass',
  },

  // BSRGAN and BSRGAN-plus
  halveProbability: {
    kind: 'probability',
    about: 'scale 4 only: that the image is halved first and the rest is done at scale 2',
  },
  shuffleProbability: {
    kind: 'probability',
    about: 'that all operations are shuffled; else only the noises of each round',
  },
  blur: { kind: 'group', about: 'both blurs' },
  anisotropicProbability: { kind: 'probability', about: 'that a blur is anisotropic' },
  isotropicSigma: {
    kind: 'group',
    about: 'greatest width of isotropic blurs, in pixels: base + perScale × scale',
  },
  anisotropicVariance: {
    kind: 'group',
    about: 'greatest variance of anisotropic blurs, in pixels²: base + perScale × scale',
  },
  base: { kind: 'number', limits: [0, 50], about: 'at any scale' },
  perScale: { kind: 'number', limits: [0, 50], about: 'times the scale' },
  downsample: { kind: 'group', about: 'the first of two steps to the lq size' },
  resizeProbability: {
    kind: 'probability',
    about: 'that it is a resize; else a blur and a decimation',
  },
  divisor: {
    kind: 'group',
    about: 'the resize divides by at most base + perScale × scale',
  },
  leastSigma: {
    kind: 'number',
    limits: sigma,
    about: 'least width of the blur before a decimation, in pixels',
  },
  'downsample.sigma': { kind: 'group', about: 'its greatest width: base + perScale × scale' },
  resizeFactor: { kind: 'group', about: 'each resize, relative to the size before it' },
  smallest: {
    kind: 'number',
    limits: [0.1, 1],
    about: 'down draws from smallest / scale to 1',
  },
  largest: { kind: 'number', limits: [1, 4], about: 'up draws from 1 to largest' },
  noise: { kind: 'group', about: 'Gaussian noise' },
  'noise.level': {
    kind: 'wholeRange',
    limits: level,
    about: 'deviation in 8-bit units, whole numbers; correlated noise always has the highest',
  },
  channelProbabilities: { kind: 'probabilities', about: 'how noise differs between channels' },
  poisson: { kind: 'group', about: 'Poisson noise of each round' },
  'poisson.probability': { kind: 'probability', about: 'that a round has it' },
  photons: {
    kind: 'range',
    limits: [1, 65_536],
    about: 'photons at white, uniform in their logarithm',
  },
  grayProbability: { kind: 'probability', about: 'that it is the same in all channels' },
  speckle: { kind: 'group', about: 'noise times the image, with level and channels of noise' },
  'speckle.probability': { kind: 'probability', about: 'that a round has it' },
  jpeg: { kind: 'group', about: 'JPEG' },
  'jpeg.probability': {
    kind: 'probability',
    about: 'of the shuffled JPEG; the last one is always there',
  },
  'jpeg.quality': { kind: 'wholeRange', limits: quality, about: 'JPEG quality, whole numbers' },
  camera: { kind: 'group', about: 'noise of a camera, added to what its sensor saw' },
  'camera.probability': {
    kind: 'probability',
    about: 'of camera noise; the reference is trained without',
  },
  brightness: { kind: 'group', about: '1 / gain of the camera, normal' },
  mean: { kind: 'number', limits: [0.1, 10], about: 'of 1 / gain' },
  'brightness.deviation': { kind: 'number', limits: [0, 1], about: 'of 1 / gain' },
  redGain: { kind: 'range', limits: [0.1, 10], about: 'white balance of red' },
  blueGain: { kind: 'range', limits: [0.1, 10], about: 'white balance of blue' },
  shotNoise: {
    kind: 'range',
    limits: [1e-6, 1],
    about: 'variance of shot noise at white, uniform in its logarithm',
  },
  readNoise: {
    kind: 'group',
    about: 'log of the read variance: offset + slope × log(shot) + deviation × normal',
  },
  offset: { kind: 'number', limits: [-20, 20], about: 'of log read' },
  slope: { kind: 'number', limits: [0, 10], about: 'of log read over log shot' },
  'readNoise.deviation': { kind: 'number', limits: [0, 5], about: 'of log read' },

  // RealSR
  downscaleProbabilities: {
    kind: 'probabilities',
    about: 'bicubic interpolation, or a blur kernel of degradation.kernels and decimation',
  },
  noiseProbability: {
    kind: 'probability',
    about: 'that noise of degradation.noiseBank is added',
  },
  kernelBank: { kind: 'bank', about: 'estimated blur kernels' },
  noiseBank: { kind: 'bank', about: 'patches of real noise' },

  // Classic
  kindProbabilities: {
    kind: 'probabilities',
    about: "MATLAB's bicubic; BD: blur and decimation; DN: bicubic and noise",
  },
  BD: { kind: 'group', about: 'the Gaussian before the decimation' },
  'BD.size': { kind: 'size', limits: side, about: 'side of its kernel, odd' },
  'BD.sigma': { kind: 'number', limits: sigma, about: 'its width, in pixels' },
  DN: { kind: 'group', about: 'colour noise' },
  'DN.level': { kind: 'number', limits: level, about: 'deviation in 8-bit units' },
};

/** The field at a dotted key; nothing for lists of groups. */
export function fieldAt(key: string): Field | undefined {
  const parts = key.split('.');
  return fields[parts.slice(-2).join('.')] ?? fields[parts.at(-1) as string];
}

/** Sums of decimal fractions miss 1 by rounding; hand-typed thirds may miss it by a little more. */
export const sumTolerance = 1e-6;
