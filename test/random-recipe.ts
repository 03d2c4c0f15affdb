/** Recipes of any operations in any order, for tests that ask what must hold for all of them. */
import {
  kernelTypes,
  type NoiseChannels,
  type NoiseType,
  noiseTypes,
  type Operation,
  type Recipe,
  resizeModes,
} from '../src/degradation/recipe.ts';
import { Random } from '../src/rng.ts';

/** What the recipes refer to by number: kernels of side `kernelSize`, square patches of 8-bit RGB, HWC. */
export interface TestBank {
  kernelSize: number;
  kernels: Float32Array;
  patchSize: number;
  patches: Uint8Array;
}

const bankKernels = 3;
const bankPatches = 4;
const kernelSize = 13;
const patchSize = 96;

export function testBank(): TestBank {
  const random = new Random(5, 99, 3);
  const kernels: number[] = [];
  for (let k = 0; k < bankKernels; k++) {
    const taps = Array.from({ length: kernelSize ** 2 }, () => random.uniform() ** 8);
    const sum = taps.reduce((a, b) => a + b, 0);
    kernels.push(...taps.map((tap) => tap / sum));
  }
  const bytes = bankPatches * patchSize * patchSize * 3;
  const patches = Uint8Array.from({ length: bytes }, () => 100 + random.integer(40));
  return { kernelSize, kernels: Float32Array.from(kernels), patchSize, patches };
}

interface Size {
  height: number;
  width: number;
}

const pick = <Item>(random: Random, items: readonly Item[]) =>
  items[random.integer(items.length)] as Item;

function blur(random: Random, stage: number): Operation {
  const kernel = pick(random, kernelTypes);
  const shifted = kernel === 'iso' && random.chance(0.3);
  const side = kernel === 'bank' ? kernelSize : 3 + 2 * random.integer(12);
  return {
    op: 'blur',
    stage,
    kernel,
    kernelSize: side,
    sigmaX: random.between(0.1, 4),
    sigmaY: random.between(0.1, 4),
    theta: random.between(-Math.PI, Math.PI),
    beta: random.between(0.3, 4),
    omega: random.between(0.6, Math.PI),
    shift: shifted ? random.between(0, Math.min(1.5, (side - 1) / 2)) : 0,
    index: random.integer(bankKernels),
  };
}

/** Stays between 3 pixels and the side of a patch. */
function resize(random: Random, stage: number, size: Size): Operation[] {
  const mode = pick(random, resizeModes);
  const factor = mode === 'decimate' ? 1 / (1 + random.integer(3)) : random.between(0.3, 1.7);
  const [height, width] = [Math.floor(size.height * factor), Math.floor(size.width * factor)];
  if (Math.min(height, width) < 3 || Math.max(height, width) > patchSize) return [];
  Object.assign(size, { height, width });
  return [{ op: 'resize', stage, mode, of: 'input', factor }];
}

const levels = { gaussian: 30, speckle: 30, poisson: 3 };
const channelsOf: Record<NoiseType, readonly NoiseChannels[]> = {
  gaussian: ['colour', 'gray', 'correlated'],
  speckle: ['colour', 'gray', 'correlated'],
  poisson: ['colour', 'gray'],
};

function noise(random: Random, stage: number): Operation {
  const type = pick(random, noiseTypes);
  const channels = pick(random, channelsOf[type]);
  const mixed = () => (channels === 'correlated' ? random.between(-0.6, 0.6) : 0);
  const photons = pick(random, [0, 0, 10 ** random.between(0, 2), 10 ** random.between(2, 4.5)]);
  return {
    op: 'noise',
    stage,
    type,
    level: random.between(0, levels[type]),
    channels,
    mix: [mixed(), mixed(), mixed(), mixed(), mixed(), mixed()],
    vals: type === 'poisson' ? photons : 0,
  };
}

function isp(random: Random, stage: number): Operation {
  const weight = () => random.uniform();
  return {
    op: 'isp',
    stage,
    gain: random.between(0.7, 1.4),
    red: random.between(1.9, 2.4),
    blue: random.between(1.5, 1.9),
    weights: [weight(), weight(), weight(), weight()],
    shot: 10 ** random.between(-4, -1.9),
    read: 10 ** random.between(-6, -2),
  };
}

function inject(random: Random, stage: number, { height, width }: Size): Operation {
  return {
    op: 'inject',
    stage,
    patch: random.integer(bankPatches),
    top: random.integer(patchSize - height + 1),
    left: random.integer(patchSize - width + 1),
  };
}

function jpeg(random: Random, stage: number): Operation {
  const backend = random.chance(0.5) ? 'diffjpeg' : 'libjpeg';
  const subsampling = backend === 'libjpeg' && random.chance(0.5) ? '444' : '420';
  return { op: 'jpeg', stage, quality: random.between(1, 100), backend, subsampling };
}

/** The same number gives the same recipe; it fits a gt of this size (multiples of `scale`, up to 96). */
export function randomOperations(seed: number, scale: number, gt: Size): Recipe {
  const random = new Random(seed, 99, 4);
  const size = { ...gt };
  const operations: Operation[] = [];
  const add = (stage: number) => {
    const kind = random.integer(10);
    if (kind < 3) operations.push(blur(random, stage));
    else if (kind < 5) operations.push(...resize(random, stage, size));
    else if (kind < 7) operations.push(noise(random, stage));
    else if (kind === 7) operations.push(jpeg(random, stage));
    else if (kind === 8) operations.push(isp(random, stage));
    else if (random.chance(0.2)) operations.push({ op: 'clamp', stage });
    else operations.push(inject(random, stage, size));
  };
  const before = random.integer(7);
  for (let stage = 1; stage <= before; stage++) add(stage);
  operations.push({
    op: 'resize',
    stage: 7,
    mode: pick(random, resizeModes.slice(0, -1)),
    of: 'lq',
    factor: 1,
  });
  Object.assign(size, { height: gt.height / scale, width: gt.width / scale });
  if (random.chance(0.7)) operations.push(jpeg(random, 8));
  if (random.chance(0.5)) operations.push(noise(random, 8));
  const seedWords = [random.word(), random.word()] as const;
  return { seed: seedWords, graySeed: seedWords, scale, operations };
}
