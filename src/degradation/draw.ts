/**
 * The draws behind sample.ts and compat.ts. Reference: basicsr/realesrgan data loading and
 * `feed_data` of xinntao/Real-ESRGAN, whose batch-wide decisions are the "shared" ones here.
 */
import type { Random } from '../rng.ts';
import type {
  FinalOrder,
  KernelType,
  NoiseType,
  Recipe,
  ResizeMode,
  SeedWords,
  StageRecipe,
} from './recipe.ts';
import type { DegradationSpace, Probabilities, Range, StageSpace } from './space.ts';

/** The decisions of one stage that the reference takes once per batch. */
export interface SharedStage {
  readonly blurs: boolean;
  readonly resizeScale: number;
  readonly resizeMode: ResizeMode;
  readonly noise: NoiseType;
}

export interface SharedDecisions {
  readonly stages: readonly [SharedStage, SharedStage];
  readonly finalOrder: FinalOrder;
  readonly finalResizeMode: ResizeMode;
}

/** Walks the names without making lists of them: a run draws millions of recipes. */
function pick<Name extends string>(random: Random, from: Probabilities<Name>): Name {
  let left = random.uniform();
  let last: Name | undefined;
  for (const name in from) {
    const probability = from[name];
    if (probability <= 0) continue;
    if (left < probability) return name;
    left -= probability;
    last = name;
  }
  return last as Name;
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
export function drawShared(random: Random, space: DegradationSpace): SharedDecisions {
  return {
    stages: [drawSharedStage(random, space.stages[0]), drawSharedStage(random, space.stages[1])],
    finalOrder: random.chance(space.final.jpegFirstProbability)
      ? 'jpegThenResize'
      : 'resizeThenJpeg',
    finalResizeMode: pick(random, space.final.resizeModeProbabilities),
  };
}

type Kernel = Pick<
  StageRecipe,
  'kernel' | 'kernelSize' | 'sigmaX' | 'sigmaY' | 'theta' | 'beta' | 'omega'
>;

const noKernel: Kernel = {
  kernel: 'none',
  kernelSize: 0,
  sigmaX: 0,
  sigmaY: 0,
  theta: 0,
  beta: 0,
  omega: 0,
};

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

function drawKernel(random: Random, space: StageSpace): Kernel {
  const kernelSize = space.kernelSizes[random.integer(space.kernelSizes.length)] as number;
  if (random.chance(space.sincProbability)) {
    return { ...noKernel, kernel: 'sinc', kernelSize, omega: drawSincOmega(random, kernelSize) };
  }
  const kernel = pick(random, space.kernelProbabilities);
  const turned = kernel === 'aniso' || kernel.endsWith('Aniso');
  const sigmaX = draw(random, space.blurSigma);
  return {
    kernel,
    kernelSize,
    sigmaX,
    sigmaY: turned ? draw(random, space.blurSigma) : sigmaX,
    theta: turned ? random.between(-Math.PI, Math.PI) : 0,
    beta: drawShape(random, kernel, space),
    omega: 0,
  };
}

function drawNoiseLevel(random: Random, noise: NoiseType, space: StageSpace): number {
  if (noise === 'none') return 0;
  return draw(random, noise === 'gaussian' ? space.gaussianSigma : space.poissonScale);
}

function drawStage(random: Random, space: StageSpace, shared: SharedStage): StageRecipe {
  const kernel = shared.blurs ? drawKernel(random, space) : noKernel;
  // Written out, since spreading an object here makes a draw ten times slower.
  return {
    kernel: kernel.kernel,
    kernelSize: kernel.kernelSize,
    sigmaX: kernel.sigmaX,
    sigmaY: kernel.sigmaY,
    theta: kernel.theta,
    beta: kernel.beta,
    omega: kernel.omega,
    resizeMode: shared.resizeMode,
    resizeScale: shared.resizeScale,
    noise: shared.noise,
    noiseLevel: drawNoiseLevel(random, shared.noise, space),
    noiseGray: shared.noise !== 'none' && random.chance(space.grayNoiseProbability),
    jpegQuality: random.chance(space.jpegProbability) ? draw(random, space.jpegQuality) : 0,
  };
}

/** The Philox key of a noise field. */
export function drawSeed(random: Random): SeedWords {
  return [random.word(), random.word()];
}

/** Everything the reference draws per sample, around the shared decisions. */
export function drawRecipe(
  random: Random,
  space: DegradationSpace,
  options: { shared: SharedDecisions; scale: number; graySeed?: SeedWords },
): Recipe {
  const { shared, scale } = options;
  const { final } = space;
  const seed = drawSeed(random);
  const filtered = random.chance(final.sincProbability);
  return {
    seed,
    graySeed: options.graySeed ?? seed,
    scale,
    stages: [
      drawStage(random, space.stages[0], shared.stages[0]),
      drawStage(random, space.stages[1], shared.stages[1]),
    ],
    finalOrder: shared.finalOrder,
    finalResizeMode: shared.finalResizeMode,
    finalSincSize: filtered
      ? (final.kernelSizes[random.integer(final.kernelSizes.length)] as number)
      : 0,
    finalSincOmega: filtered ? draw(random, final.sincOmega) : 0,
    jpegBackend: space.jpegBackend,
  };
}

/** One draw with every decision taken for this sample alone. */
export function drawOne(random: Random, space: DegradationSpace, scale: number): Recipe {
  return drawRecipe(random, space, { shared: drawShared(random, space), scale });
}
