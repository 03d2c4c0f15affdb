import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packRecipes } from '../../src/degradation/pack.ts';
import { native } from '../../src/native.ts';
import { stagedFields, stagedRecipe } from '../staged.ts';
import { packedWith, packStaged, readFixture } from './degrade.ts';
import { testImage } from './images.ts';

interface PipelineCase {
  in: [number, number];
  seed: number;
  recipe: number[];
  levels: string;
}

const field = (name: string) => stagedFields.indexOf(name);

async function degrade(
  gt: Float32Array,
  [height, width]: [number, number],
  recipe: ArrayLike<number>,
): Promise<Uint8Array> {
  const shape = { batch: 1, height, width };
  const options = { usm: false, threads: 1 };
  const batch = await native.synthesizeFrom(gt, shape, Float64Array.from(recipe), options);
  const lq = batch.lq();
  batch.dispose();
  return Uint8Array.from(lq, (v) => Math.round(v * 255));
}

/** Share of levels that differ, and by how much at most. */
function compare(a: Uint8Array, b: Uint8Array): { share: number; largest: number } {
  assert.equal(a.length, b.length);
  let different = 0;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (difference > 0) different++;
    largest = Math.max(largest, difference);
  }
  return { share: different / a.length, largest };
}

describe('the degradation pipeline', () => {
  const { cases } = readFixture<{ cases: PipelineCase[] }>('degrade-pipeline.json');
  const compressed = (c: PipelineCase) => (c.recipe[field('jpegQuality1')] as number) > 0;

  it('equals PyTorch stage by stage: blur, resize, final filter, both orders', async () => {
    const plain = cases.filter((c) => !compressed(c));
    assert.ok(plain.length >= 18);
    for (const c of plain) {
      const levels = await degrade(testImage(...c.in, c.seed), c.in, packStaged(c.recipe));
      const { share, largest } = compare(levels, Buffer.from(c.levels, 'base64'));
      // A value within 1e-5 of a rounding tie may fall to either side.
      assert.ok(largest <= 1 && share < 0.01, `case ${c.seed}: ${largest} levels, ${share}`);
    }
  });

  it('equals PyTorch with DiffJPEG in both places', async () => {
    const withJpeg = cases.filter(compressed);
    assert.ok(withJpeg.length >= 14);
    for (const c of withJpeg) {
      const levels = await degrade(testImage(...c.in, c.seed), c.in, packStaged(c.recipe));
      const { share } = compare(levels, Buffer.from(c.levels, 'base64'));
      // A coefficient at a rounding tie moves its whole block.
      assert.ok(share < 0.02, `case ${c.seed}: ${share}`);
    }
  });

  it('does nothing but quantise when every operator is off', async () => {
    const recipe = packedWith();
    const gt = testImage(21, 34, 4);
    const levels = await degrade(gt, [21, 34], recipe);
    assert.deepEqual(
      levels,
      Uint8Array.from(gt, (v) => Math.round(Math.fround(v * 255))),
    );
  });

  it('rounds to the nearest level, ties to even', async () => {
    const recipe = packedWith();
    const values = [0.5 / 255, 1.5 / 255, 2.5 / 255, 1, 0, 254.4 / 255];
    const gt = Float32Array.from({ length: 18 }, (_, i) => values[i % 6] as number);
    assert.deepEqual([...(await degrade(gt, [1, 6], recipe))].slice(0, 6), [0, 2, 2, 255, 0, 254]);
  });

  it('draws noise with the stage: the same noise twice is not the same field', async () => {
    const recipe = packedWith({ noise1: 1, noiseLevel1: 10 });
    const second = packedWith({ noise2: 1, noiseLevel2: 10 });
    const gt = new Float32Array(3 * 16 * 16).fill(0.5);
    const a = await degrade(gt, [16, 16], recipe);
    const b = await degrade(gt, [16, 16], second);
    assert.ok(compare(a, b).share > 0.8);
  });

  it('every field of a recipe matters', async () => {
    const gt = testImage(64, 64, 8);
    const stage = {
      ...{ kernel: 4, kernelSize: 5, sigmaX: 2, sigmaY: 1, theta: 0.5, beta: 1.5, omega: 1 },
      ...{ resizeMode: 1, resizeScale: 0.8, noise: 1, noiseLevel: 20, noiseGray: 0 },
      jpegQuality: 95,
    };
    const base: Record<string, number> = {
      ...{ seedLo: 1, seedHi: 2, graySeedLo: 3, graySeedHi: 4, scale: 2 },
      ...{ finalOrder: 0, finalResizeMode: 1, finalSincSize: 13, finalSincOmega: 1.5 },
      jpegBackend: 0,
    };
    const others: Record<string, number> = { scale: 4, finalSincOmega: 2 };
    const needs: Record<string, Record<string, number>> = {
      graySeedLo: { noiseGray1: 1 },
      graySeedHi: { noiseGray1: 1 },
      omega1: { kernel1: 7 },
      omega2: { kernel2: 7 },
    };
    for (const n of [1, 2]) {
      for (const [name, value] of Object.entries(stage)) base[`${name}${n}`] = value;
      Object.assign(others, { [`kernelSize${n}`]: 7, [`jpegQuality${n}`]: 65 });
      for (const name of ['sigmaX', 'sigmaY', 'theta', 'beta', 'omega', 'resizeScale']) {
        others[`${name}${n}`] = (base[`${name}${n}`] as number) * 1.3;
      }
    }
    others.finalSincSize = 15;
    const pack = (values: Record<string, number>) => packRecipes([stagedRecipe(values)]);
    for (const name of stagedFields) {
      const before = { ...base, ...needs[name] };
      const after = { ...before, [name]: others[name] ?? (before[name] as number) + 1 };
      const levels = [pack(before), pack(after)].map((recipe) => degrade(gt, [64, 64], recipe));
      const [a, b] = (await Promise.all(levels)) as [Uint8Array, Uint8Array];
      assert.ok(!Buffer.from(a).equals(b), `${name} changed nothing`);
    }
  });
});
