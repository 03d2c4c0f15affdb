import { EvensrError, exitCodes } from '../errors.ts';
import {
  finalOrders,
  kernelTypes,
  noiseTypes,
  type Recipe,
  resizeModes,
  type StageRecipe,
} from './recipe.ts';

/** One number of a recipe that task boundaries can be set on. */
export interface Axis {
  readonly name: string;
  /** Text of the quantity, with its unit. */
  readonly label: string;
  readonly of: (recipe: Recipe) => number;
  /** Words for the levels that 1, 2, … thresholds make, for ids and descriptions. */
  readonly levels?: Readonly<Record<number, readonly AxisLevel[]>>;
}

export interface AxisLevel {
  readonly word: string;
  readonly look: string;
}

/**
 * Smallest intermediate size relative to the lq size: min(scale s1, s2, 1), with s1 the first scale
 * (of gt) and s2 the second (of lq). Below 1 detail is lost that the lq size could hold.
 */
export function bottleneck(recipe: Recipe): number {
  const [first, second] = recipe.stages;
  return Math.min(recipe.scale * first.resizeScale, second.resizeScale, 1);
}

/** Luma sees sqrt(.299^2 + .587^2 + .114^2) of independent noise on three channels (BT.601). */
const lumaOfColourNoise = 0.668;

/** Mean gray value and number of levels behind the standard deviation given for Poisson noise. */
const poissonDeviation = Math.sqrt(0.45 / 256);

/**
 * 8-bit standard deviation of luma that one stage's noise adds: the Gaussian level, or
 * 255 k sqrt(0.45 / 256) for Poisson noise of scale k; times 0.668 when it is coloured.
 */
export function stageNoise(stage: StageRecipe): number {
  if (stage.noise === 'none') return 0;
  const gaussian = stage.noise === 'gaussian';
  const level = gaussian ? stage.noiseLevel : 255 * stage.noiseLevel * poissonDeviation;
  return stage.noiseGray ? level : lumaOfColourNoise * level;
}

/**
 * Noise of both stages at the lq size: sqrt((n1 / max(scale s1, 1))^2 + n2^2). Shrinking after the
 * first stage averages its noise away in proportion to the side.
 */
export function effectiveNoise(recipe: Recipe): number {
  const [first, second] = recipe.stages;
  const left = stageNoise(first) / Math.max(recipe.scale * first.resizeScale, 1);
  const right = stageNoise(second);
  return Math.sqrt(left * left + right * right);
}

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
    label: 'noise of both stages, 8-bit deviation of luma',
    of: effectiveNoise,
    levels: {
      1: [
        { word: 'clean', look: 'little noise' },
        { word: 'noisy', look: 'clear noise' },
      ],
      2: [
        { word: 'clean', look: 'little noise' },
        { word: 'noisy', look: 'clear noise' },
        { word: 'very-noisy', look: 'heavy noise' },
      ],
    },
  },
];

type StageQuantity = [name: string, label: string, of: (stage: StageRecipe) => number];

/** A filter that is absent counts as one that changes nothing: cutoff pi, deviation 0, quality 100. */
const stageQuantities: StageQuantity[] = [
  ['kernel', 'kernel type (0 none to 7 sinc)', (stage) => kernelTypes.indexOf(stage.kernel)],
  ['kernelSize', 'side of the blur kernel', (stage) => stage.kernelSize],
  ['sigmaX', 'first blur deviation, pixels', (stage) => stage.sigmaX],
  ['sigmaY', 'second blur deviation, pixels', (stage) => stage.sigmaY],
  ['theta', 'rotation of the blur, radians', (stage) => stage.theta],
  ['beta', 'shape of the blur', (stage) => stage.beta],
  ['omega', 'cutoff of sinc', (stage) => (stage.kernel === 'sinc' ? stage.omega : Math.PI)],
  ['resizeMode', 'resize mode (0 area to 2)', (stage) => resizeModes.indexOf(stage.resizeMode)],
  ['resizeScale', 'resize scale', (stage) => stage.resizeScale],
  ['noiseType', 'noise (0 none to 2 Poisson)', (stage) => noiseTypes.indexOf(stage.noise)],
  ['noise', 'noise, 8-bit deviation of luma', stageNoise],
  ['gaussianSigma', 'Gaussian noise, 8 bits', (stage) => levelOf(stage, 'gaussian')],
  ['poissonScale', 'Poisson noise scale', (stage) => levelOf(stage, 'poisson')],
  ['noiseGray', 'gray noise (0 or 1)', (stage) => Number(stage.noiseGray)],
  ['jpegQuality', 'JPEG quality', (stage) => (stage.jpegQuality > 0 ? stage.jpegQuality : 100)],
];

function levelOf(stage: StageRecipe, noise: 'gaussian' | 'poisson'): number {
  return stage.noise === noise ? stage.noiseLevel : 0;
}

function ofStage(position: 0 | 1): Axis[] {
  return stageQuantities.map(([name, label, of]) => ({
    name: `${name}${position + 1}`,
    label: `${label} of stage ${position + 1}`,
    of: (recipe) => of(recipe.stages[position]),
  }));
}

const last: Axis[] = [
  {
    name: 'finalOrder',
    label: 'JPEG first (0 no, 1 yes)',
    of: (recipe) => finalOrders.indexOf(recipe.finalOrder),
  },
  {
    name: 'finalResizeMode',
    label: 'last resize mode (0 area to 2)',
    of: (recipe) => resizeModes.indexOf(recipe.finalResizeMode),
  },
  {
    name: 'finalSincOmega',
    label: 'cutoff of the last low-pass',
    of: (recipe) => (recipe.finalSincSize > 0 ? recipe.finalSincOmega : Math.PI),
  },
];

/** Every axis: the two severities folded over both stages, then single parameters. */
export const axes: readonly Axis[] = Object.freeze([
  ...folded,
  ...ofStage(0),
  ...ofStage(1),
  ...last,
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
