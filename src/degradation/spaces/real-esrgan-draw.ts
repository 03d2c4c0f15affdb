/**
 * Draws of Real-ESRGAN. Reference: data loading and `feed_data` of xinntao/Real-ESRGAN, whose
 * batch-wide decisions are the "shared" ones here.
 */
import type { Random } from '../../rng.ts';
import type {
  BlurOperation,
  KernelType,
  NoiseOperation,
  NoiseType,
  Operation,
  Recipe,
  ResizeMode,
  ResizeOperation,
  SeedWords,
} from '../recipe.ts';
import { drawSeed, noMix, pick } from './draws.ts';
import type { RealEsrganSpace, StageSpace } from './real-esrgan.ts';
import type { Range } from './values.ts';

/** The decisions of one stage that the reference takes once per batch. */
export interface SharedStage {
  readonly blurs: boolean;
  readonly resizeScale: number;
  readonly resizeMode: ResizeMode;
  readonly noise: NoiseType | 'none';
}

export interface SharedDecisions {
  readonly stages: readonly [SharedStage, SharedStage];
  readonly jpegFirst: boolean;
  readonly finalResizeMode: ResizeMode;
}

function draw(random: Random, [low, high]: Range): number {
  return random.between(low, high);
}

function drawResizeScale(random: Random, space: StageSpace): number {
  const [low, high] = space.resizeScale;
  const direction = pick(random, space.resizeProbabilities);
  if (direction === 'keep') return 1;
  return direction === 'up' ? random.between(1, high) : random.between(low, 1);
}

function drawSharedStage(random: Random, space: StageSpace): SharedStage {
  return {
    blurs: random.chance(space.blurProbability),
    resizeScale: drawResizeScale(random, space),
    resizeMode: pick(random, space.resizeModeProbabilities),
    noise: pick(random, space.noiseProbabilities),
  };
}

/** The decisions that the reference takes once per batch. */
export function drawShared(random: Random, space: RealEsrganSpace): SharedDecisions {
  return {
    stages: [drawSharedStage(random, space.stages[0]), drawSharedStage(random, space.stages[1])],
    jpegFirst: random.chance(space.final.jpegFirstProbability),
    finalResizeMode: pick(random, space.final.resizeModeProbabilities),
  };
}

/** Small sinc kernels cannot hold low cutoffs: the reference narrows their range below side 13. */
function drawSincOmega(random: Random, size: number): number {
  return random.between(size < 13 ? Math.PI / 3 : Math.PI / 5, Math.PI);
}

/** Half below 1 and half above, whatever the range; so a range that starts at 1 has an atom there. */
function drawBeta(random: Random, [low, high]: Range): number {
  return random.chance(0.5) ? random.between(low, 1) : random.between(1, high);
}

function drawShape(random: Random, kernel: KernelType, space: StageSpace): number {
  if (kernel.startsWith('generalized')) return drawBeta(random, space.betaG);
  return kernel.startsWith('plateau') ? drawBeta(random, space.betaP) : 0;
}

function sinc(stage: number, kernelSize: number, omega: number): BlurOperation {
  return {
    op: 'blur',
    stage,
    kernel: 'sinc',
    kernelSize,
    sigmaX: 0,
    sigmaY: 0,
    theta: 0,
    beta: 0,
    omega,
    shift: 0,
    index: 0,
  };
}

function drawBlur(random: Random, space: StageSpace, stage: number): BlurOperation {
  const kernelSize = space.kernelSizes[random.integer(space.kernelSizes.length)] as number;
  if (random.chance(space.sincProbability)) {
    return sinc(stage, kernelSize, drawSincOmega(random, kernelSize));
  }
  const kernel = pick(random, space.kernelProbabilities);
  const turned = kernel === 'aniso' || kernel.endsWith('Aniso');
  const sigmaX = draw(random, space.blurSigma);
  return {
    op: 'blur',
    stage,
    kernel,
    kernelSize,
    sigmaX,
    sigmaY: turned ? draw(random, space.blurSigma) : sigmaX,
    theta: turned ? random.between(-Math.PI, Math.PI) : 0,
    beta: drawShape(random, kernel, space),
    omega: 0,
    shift: 0,
    index: 0,
  };
}

function drawNoise(
  random: Random,
  space: StageSpace,
  { stage, type }: { stage: number; type: NoiseType },
): NoiseOperation {
  const level = draw(random, type === 'gaussian' ? space.gaussianSigma : space.poissonScale);
  const channels = random.chance(space.grayNoiseProbability) ? 'gray' : 'colour';
  return { op: 'noise', stage, type, level, channels, mix: noMix, vals: 0 };
}

/** A stage that does not compress is clamped where the others are. */
function drawJpeg(
  random: Random,
  { jpegProbability, jpegQuality }: StageSpace,
  { stage, backend }: { stage: number; backend: RealEsrganSpace['jpegBackend'] },
): Operation {
  if (!random.chance(jpegProbability)) return { op: 'clamp', stage };
  return { op: 'jpeg', stage, quality: draw(random, jpegQuality), backend, subsampling: '420' };
}

/** The last resize and the low-pass after it count as stage 3. */
function toLq(mode: ResizeMode): ResizeOperation {
  return { op: 'resize', stage: 3, mode, of: 'lq', factor: 1 };
}

function drawFinalSinc(random: Random, { final }: RealEsrganSpace): BlurOperation {
  const size = final.kernelSizes[random.integer(final.kernelSizes.length)] as number;
  return sinc(3, size, draw(random, final.sincOmega));
}

interface StageOperations {
  readonly filters: readonly Operation[];
  readonly jpeg: Operation;
}

/** Stage 1 resizes what it gets, stage 2 to a multiple of the lq size. */
function drawStage(
  random: Random,
  space: RealEsrganSpace,
  { shared, position }: { shared: SharedStage; position: 0 | 1 },
): StageOperations {
  const own = space.stages[position];
  const stage = position + 1;
  const blur = shared.blurs ? [drawBlur(random, own, stage)] : [];
  const { resizeMode: mode, resizeScale: factor, noise: type } = shared;
  const resize: ResizeOperation = {
    op: 'resize',
    stage,
    mode,
    of: position === 0 ? 'input' : 'lq',
    factor,
  };
  const noise = type === 'none' ? [] : [drawNoise(random, own, { stage, type })];
  const jpeg = drawJpeg(random, own, { stage, backend: space.jpegBackend });
  return { filters: [...blur, resize, ...noise], jpeg };
}

/**
 * Everything the reference draws per sample, around the shared decisions: blur, resize, noise and
 * JPEG; blur, resize and noise again; then [resize to lq, sinc], which are one unit, before or after
 * the second JPEG. Real-ESRGAN, arXiv 2107.10833, section 3 and released code.
 */
export function drawRecipe(
  random: Random,
  space: RealEsrganSpace,
  options: { shared: SharedDecisions; scale: number; graySeed?: SeedWords },
): Recipe {
  const { shared, scale } = options;
  const seed = drawSeed(random);
  const filtered = random.chance(space.final.sincProbability);
  const first = drawStage(random, space, { shared: shared.stages[0], position: 0 });
  const second = drawStage(random, space, { shared: shared.stages[1], position: 1 });
  const sincs = filtered ? [drawFinalSinc(random, space)] : [];
  const final: Operation[] = [toLq(shared.finalResizeMode), ...sincs];
  const end = shared.jpegFirst ? [second.jpeg, ...final] : [...final, second.jpeg];
  return {
    seed,
    graySeed: options.graySeed ?? seed,
    scale,
    operations: [...first.filters, first.jpeg, ...second.filters, ...end],
  };
}

/** One draw with every decision taken for this sample alone. */
export function drawRealEsrgan(random: Random, space: RealEsrganSpace, scale: number): Recipe {
  return drawRecipe(random, space, { shared: drawShared(random, space), scale });
}
