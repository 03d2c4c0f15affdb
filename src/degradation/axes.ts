import { EvensrError, exitCodes } from '../errors.ts';
import { blurred, type FilteredNoise, resized, whiteNoise } from './noise-left.ts';
import {
  kernelTypes,
  type NoiseOperation,
  type Operation,
  operationOf,
  type Recipe,
  resizeModes,
} from './recipe.ts';
import { spaceAxes } from './space-axes.ts';

/** One number of a recipe that task boundaries can be set on. */
export interface Axis {
  readonly name: string;
  /** Text of the quantity, with its unit. */
  readonly label: string;
  readonly of: (recipe: Recipe) => number;
  /** Words for the levels that 1, 2, … thresholds make, for ids and descriptions. */
  readonly levels?: Readonly<Record<number, readonly AxisLevel[]>>;
  /** For an axis that counts kinds from 0: the words for each of them. */
  readonly kinds?: readonly AxisLevel[];
}

export interface AxisLevel {
  readonly word: string;
  readonly look: string;
}

/** Size after an operation relative to the lq size, given the one before. */
function sizeAfter(operation: Operation, before: number): number {
  if (operation.op !== 'resize') return before;
  return operation.of === 'lq' ? operation.factor : before * operation.factor;
}

/**
 * Smallest size on the way relative to the lq size, at most 1; for Real-ESRGAN min(scale s1, s2, 1)
 * with s1 the first factor (of gt) and s2 the second (of lq). Below 1 detail is lost that the lq
 * size could hold.
 */
export function bottleneck(recipe: Recipe): number {
  let smallest = 1;
  let size = recipe.scale;
  for (const operation of recipe.operations) {
    size = sizeAfter(operation, size);
    if (size < smallest) smallest = size;
  }
  return smallest;
}

/** Luma sees sqrt(.299^2 + .587^2 + .114^2) of independent noise on three channels (BT.601). */
const lumaOfColourNoise = 0.668;
const lumaWeights = [0.299, 0.587, 0.114] as const;

/** Mean gray value and number of levels behind the standard deviation given for Poisson noise. */
const meanGray = 0.45;
const poissonDeviation = Math.sqrt(meanGray / 256);

/** Standard deviation of one channel's noise in 8-bit units, at mean gray. */
function channelNoise(noise: NoiseOperation): number {
  if (noise.type === 'gaussian') return noise.level;
  if (noise.type === 'speckle') return meanGray * noise.level;
  if (noise.vals === 0) return 255 * noise.level * poissonDeviation;
  return 255 * noise.level * Math.sqrt(meanGray / noise.vals);
}

/** Share of independent noise on three channels that luma sees, or what correlated noise has of it. */
function lumaShare({ channels, mix: [a, b, c, d, e, f] }: NoiseOperation): number {
  if (channels === 'gray') return 1;
  if (channels === 'colour') return lumaOfColourNoise;
  const [r, g, h] = lumaWeights;
  return Math.hypot(a * r + b * g + c * h, b * r + d * g + e * h, c * r + e * g + f * h);
}

/**
 * 8-bit standard deviation of luma that a noise adds: the Gaussian level, or 255 k sqrt(0.45 / 256)
 * for Poisson noise of scale k; times 0.668 when it is coloured; speckle at mean gray. 0 for none.
 */
export function lumaNoise(noise: NoiseOperation | undefined): number {
  return noise === undefined ? 0 : lumaShare(noise) * channelNoise(noise);
}

/**
 * Noise of all operations at the lq size: shrinking averages earlier noise away in proportion to the
 * side. Not so from where on sizes are given as shares of the lq size, which is Real-ESRGAN's second
 * stage: there it is sqrt((n1 / max(scale s1, 1))^2 + n2^2).
 */
export function effectiveNoise(recipe: Recipe): number {
  let sum = 0;
  let size = recipe.scale;
  let averaged = true;
  for (const operation of recipe.operations) {
    size = sizeAfter(operation, size);
    if (operation.op === 'resize' && operation.of === 'lq') averaged = false;
    if (operation.op !== 'noise') continue;
    const left = lumaNoise(operation) / (averaged ? Math.max(size, 1) : 1);
    sum += left * left;
  }
  return Math.sqrt(sum);
}

/**
 * 8-bit deviation of luma of the noise that lq holds: of every noise what blurs and resizes after it
 * leave (noise-left.ts). Compression is not counted, nor is noise of cameras and noise banks.
 */
export function noiseInLq(recipe: Recipe): number {
  let size = recipe.scale;
  let noises: FilteredNoise[] = [];
  for (const operation of recipe.operations) {
    const before = size;
    size = sizeAfter(operation, size);
    if (operation.op === 'blur') noises = noises.map((noise) => blurred(noise, operation));
    if (operation.op === 'resize') {
      noises = noises.map((noise) => resized(noise, operation.mode, size / before));
    }
    if (operation.op !== 'noise') continue;
    const deviation = lumaNoise(operation);
    noises.push(whiteNoise(deviation * deviation));
  }
  return Math.sqrt(noises.reduce((sum, { variance }) => sum + variance, 0));
}

const noiseLevels: Axis['levels'] = {
  1: [
    { word: 'clean', look: 'little noise' },
    { word: 'noisy', look: 'clear noise' },
  ],
  2: [
    { word: 'clean', look: 'little noise' },
    { word: 'noisy', look: 'clear noise' },
    { word: 'very-noisy', look: 'heavy noise' },
  ],
};

const folded: Axis[] = [
  {
    name: 'bottleneck',
    label: 'smallest size on the way, relative to lq',
    of: bottleneck,
    levels: {
      1: [
        { word: 'small', look: 'shrunk below its size and blown up again' },
        { word: 'full', look: 'keeps its size' },
      ],
      2: [
        { word: 'small', look: 'shrunk far below its size and blown up again' },
        { word: 'medium', look: 'shrunk somewhat and blown up again' },
        { word: 'full', look: 'keeps its size' },
      ],
    },
  },
  {
    name: 'noise',
    label: 'noise of all operations, 8-bit deviation of luma',
    of: effectiveNoise,
    levels: noiseLevels,
  },
  {
    name: 'noiseInLq',
    label: 'noise that later blurs and resizes leave in lq, 8-bit deviation of luma',
    of: noiseInLq,
    levels: noiseLevels,
  },
];

type StageQuantity = [name: string, label: string, of: (recipe: Recipe, stage: number) => number];

type Operated<Op extends Operation['op']> = NonNullable<ReturnType<typeof operationOf<Op>>>;

/** A number of one kind of operation, or `absent` where the stage has no such operation. */
function numberOf<Op extends Operation['op']>(
  op: Op,
  of: (operation: Operated<Op>) => number,
  absent: number,
): (recipe: Recipe, stage: number) => number {
  return (recipe, stage) => {
    const found = operationOf(recipe, op, stage);
    return found === undefined ? absent : of(found as Operated<Op>);
  };
}

const blurNumber = (of: (blur: Operated<'blur'>) => number, absent = 0) =>
  numberOf('blur', of, absent);
const noiseNumber = (of: (noise: NoiseOperation) => number) => numberOf('noise', of, 0);
const levelOf = (type: NoiseOperation['type']) =>
  noiseNumber((noise) => (noise.type === type ? noise.level : 0));

/** Axes count kernels and noises from 1; 0 is none. */
const noiseCodes = { gaussian: 1, poisson: 2, speckle: 3 };

/** A filter that is absent counts as one that changes nothing: cutoff pi, deviation 0, quality 100. */
const stageQuantities: StageQuantity[] = [
  [
    'kernel',
    'kernel type (0 none, 1 iso to 7 sinc, 8 estimated)',
    blurNumber((blur) => kernelTypes.indexOf(blur.kernel) + 1),
  ],
  ['kernelSize', 'side of the blur kernel', blurNumber((blur) => blur.kernelSize)],
  ['sigmaX', 'first blur deviation, pixels', blurNumber((blur) => blur.sigmaX)],
  ['sigmaY', 'second blur deviation, pixels', blurNumber((blur) => blur.sigmaY)],
  ['theta', 'rotation of the blur, radians', blurNumber((blur) => blur.theta)],
  ['beta', 'shape of the blur', blurNumber((blur) => blur.beta)],
  [
    'omega',
    'cutoff of sinc',
    blurNumber((blur) => (blur.kernel === 'sinc' ? blur.omega : Math.PI), Math.PI),
  ],
  [
    'resizeMode',
    'resize mode (0 area, 1 bilinear, 2 bicubic, others to 7)',
    numberOf('resize', (resize) => resizeModes.indexOf(resize.mode), 0),
  ],
  ['resizeScale', 'resize scale', numberOf('resize', (resize) => resize.factor, 1)],
  [
    'noiseType',
    'noise (0 none, 1 Gaussian, 2 Poisson, 3 speckle)',
    noiseNumber((noise) => noiseCodes[noise.type]),
  ],
  ['noise', 'noise, 8-bit deviation of luma', noiseNumber(lumaNoise)],
  ['gaussianSigma', 'Gaussian noise, 8 bits', levelOf('gaussian')],
  ['poissonScale', 'Poisson noise scale', levelOf('poisson')],
  ['noiseGray', 'gray noise (0 or 1)', noiseNumber((noise) => Number(noise.channels === 'gray'))],
  ['jpegQuality', 'JPEG quality', numberOf('jpeg', (jpeg) => jpeg.quality, 100)],
];

function ofStage(stage: number): Axis[] {
  return stageQuantities.map(([name, label, of]) => ({
    name: `${name}${stage}`,
    label: `${label} of stage ${stage}`,
    of: (recipe) => of(recipe, stage),
  }));
}

/** Whether what compresses at the end of stage 2, or clamps instead, comes before the last resize. */
function isJpegFirst({ operations }: Recipe): boolean {
  const compresses = operations.findIndex(
    ({ op, stage }) => stage === 2 && (op === 'jpeg' || op === 'clamp'),
  );
  const resize = operations.findIndex(({ op, stage }) => stage === 3 && op === 'resize');
  return compresses >= 0 && compresses < resize;
}

const lastResizeMode = numberOf('resize', (resize) => resizeModes.indexOf(resize.mode), 0);
const lastCutoff = blurNumber((blur) => blur.omega, Math.PI);

const last: Axis[] = [
  {
    name: 'finalOrder',
    label: 'JPEG first (0 no, 1 yes)',
    of: (recipe) => Number(isJpegFirst(recipe)),
  },
  {
    name: 'finalResizeMode',
    label: 'last resize mode (0 area, 1 bilinear, 2 bicubic)',
    of: (recipe) => lastResizeMode(recipe, 3),
  },
  {
    name: 'finalSincOmega',
    label: 'cutoff of the last low-pass',
    of: (recipe) => lastCutoff(recipe, 3),
  },
];

/** Every axis: the severities folded over all operations, then single parameters. */
export const axes: readonly Axis[] = Object.freeze([
  ...folded,
  ...ofStage(1),
  ...ofStage(2),
  ...last,
  ...spaceAxes,
]);

const byName = new Map(axes.map((axis) => [axis.name, axis]));

/** @throws E_TASK listing the known axes */
export function axisNamed(name: string): Axis {
  const axis = byName.get(name);
  if (axis) return axis;
  throw new EvensrError('E_TASK', exitCodes.usage, `tasks: no axis named ${name}`, {
    hint: `known: ${axes.map((known) => known.name).join(', ')}`,
  });
}
