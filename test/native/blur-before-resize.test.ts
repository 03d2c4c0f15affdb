/** A blur makes only the rows that a decimation after it keeps; nothing of that may be seen. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packRecipes } from '../../src/degradation/pack.ts';
import type { BlurOperation, ResizeMode, ResizeOperation } from '../../src/degradation/recipe.ts';
import { resizeModes } from '../../src/degradation/recipe.ts';
import { native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import { blur, kernelParameters, modes, resize } from './degrade.ts';
import { resizeAs } from './space-ops.ts';

type Size = [height: number, width: number];
type Kernel = Exclude<BlurOperation['kernel'], 'bank'>;

const random = new Random(7, 99, 5);
const randomImage = ([height, width]: Size) =>
  Float32Array.from({ length: 3 * height * width }, () => random.uniform());

const kernels: Kernel[] = ['iso', 'aniso', 'plateauIso', 'sinc'];

function randomBlur(): BlurOperation {
  const kernel = kernels[random.integer(kernels.length)] as Kernel;
  const kernelSize = 3 + 2 * random.integer(12);
  const shift = kernel === 'iso' ? random.uniform() * random.integer(2) : 0;
  const shape = {
    sigmaX: random.between(0.2, 4),
    sigmaY: random.between(0.2, 4),
    theta: random.between(0, 3),
    beta: random.between(0.5, 2),
    omega: random.between(1, 3),
  };
  return { op: 'blur', stage: 1, kernel, kernelSize, ...shape, shift, index: 0 };
}

/** lq after these operations: eight bits, as floats. */
async function degraded(
  image: Float32Array,
  [height, width]: Size,
  operations: [BlurOperation, ResizeOperation],
) {
  const recipe = { seed: [1, 2], graySeed: [1, 2], scale: 1, operations } as const;
  const batch = await native.synthesizeFrom(
    image,
    { batch: 1, height, width },
    packRecipes([recipe]),
    { usm: false, threads: 1, steps: 2, profile: true },
  );
  const result = { lq: batch.lq(), profile: batch.profile };
  batch.dispose();
  return result;
}

/** The same with the operators one by one, each on a whole image. */
function apart(
  image: Float32Array,
  from: Size,
  [{ kernel, kernelSize, ...shape }, { mode, factor }]: [BlurOperation, ResizeOperation],
): Float32Array {
  const to = from.map((side) => Math.floor(side * factor)) as Size;
  const blurred = blur(image, from, kernelParameters(kernel as Kernel, kernelSize, shape));
  const small =
    mode in modes
      ? resize(blurred, from, to, modes[mode as keyof typeof modes], factor)
      : resizeAs(blurred, from, to, mode as 'decimate', factor);
  return small.map((value) => {
    const level = Math.fround(Math.fround(Math.min(Math.max(value, 0), 1)) * 255);
    const [below, rest] = [Math.floor(level), level - Math.floor(level)];
    const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
    return Math.fround((below + (up ? 1 : 0)) / 255);
  });
}

function resizeBy(mode: ResizeMode, factor: number): ResizeOperation {
  return { op: 'resize', stage: 1, mode, of: 'input', factor };
}

describe('a blur before a resize', () => {
  for (const mode of resizeModes) {
    it(`gives what both give apart: ${mode}`, async () => {
      for (let trial = 0; trial < 60; trial++) {
        const [narrow, wide] = [3 + random.integer(60), 3 + random.integer(300)];
        const size: Size = trial % 2 ? [narrow, wide] : [wide, narrow];
        const factor =
          mode === 'decimate' && trial % 3 > 0
            ? 1 / (1 + random.integer(5))
            : random.between(0.08, mode === 'decimate' ? 1 : 1.3);
        if (Math.min(...size) * factor < 1) continue;
        const operations: [BlurOperation, ResizeOperation] = [randomBlur(), resizeBy(mode, factor)];
        const image = randomImage(size);
        const { lq } = await degraded(image, size, operations);
        assert.deepEqual(lq, apart(image, size, operations), JSON.stringify({ size, operations }));
      }
    });
  }

  it('makes no more rows than a decimation keeps', async () => {
    const size: Size = [120, 80];
    const image = randomImage(size);
    const dense = { ...randomBlur(), kernel: 'aniso' as const, kernelSize: 5 };
    const flopOf = async (mode: ResizeMode, factor: number) => {
      const { profile } = await degraded(image, size, [dense, resizeBy(mode, factor)]);
      return profile.find(({ operator }) => operator === 'blur/dense')?.flop as number;
    };
    const whole = await flopOf('area', 0.25);
    assert.equal(await flopOf('decimate', 0.25), whole / 4);
    assert.equal(await flopOf('decimate', 1 / 3), whole / 3);
    // 48 rows of 120, every third one: the last of them lie beyond the border.
    assert.equal(await flopOf('decimate', 0.4), whole);
    assert.equal(await flopOf('bilinear', 0.25), whole);
  });
});
