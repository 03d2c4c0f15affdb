/** Buffers of every kind at synthesizeFrom: an error or the right result, never a crash. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packRecipes } from '../../src/degradation/pack.ts';
import { native } from '../../src/native.ts';
import { randomRecipe } from './degrade.ts';
import { testImage } from './images.ts';

const gt = testImage(32, 24, 1);
const shape = { batch: 1, height: 32, width: 24 };
const recipe = Float64Array.from(randomRecipe(3, 4));
const plain = { usm: true, threads: 2 };

async function degraded(image: Float32Array, recipes = recipe): Promise<Float32Array> {
  const batch = await native.synthesizeFrom(image, shape, recipes, plain);
  const lq = batch.lq();
  batch.dispose();
  return lq;
}

/** The same numbers in a view that begins that many elements into its buffer. */
function moved<Numbers extends Float32Array | Float64Array>(numbers: Numbers, by: number): Numbers {
  const Kind = numbers.constructor as new (length: number) => Numbers;
  const view = new Kind(numbers.length + by).subarray(by) as Numbers;
  view.set(numbers);
  return view;
}

interface Resizable extends ArrayBuffer {
  resize(bytes: number): void;
}

describe('buffers at synthesizeFrom', () => {
  it('may begin anywhere', async () => {
    const expected = await degraded(gt);
    for (const by of [1, 2, 3, 5, 15])
      assert.deepEqual(await degraded(moved(gt, by), moved(recipe, by)), expected, `by ${by}`);
  });

  it('may be detached, resized, written to or shared while the work runs: it has its own copy', async () => {
    const expected = await degraded(gt);
    const [own, written] = [gt.slice(), gt.slice()];
    const [recipes, shared] = [
      recipe.slice(),
      new Float32Array(new SharedArrayBuffer(gt.byteLength)),
    ];
    shared.set(gt);
    const running = [degraded(own, recipes), degraded(written), degraded(shared)];
    structuredClone(own.buffer, { transfer: [own.buffer, recipes.buffer] });
    written.fill(2);
    shared.fill(Number.NaN);
    for (const lq of await Promise.all(running)) assert.deepEqual(lq, expected);
  });

  it('that shrank or were detached before no longer fit', () => {
    const call =
      (image: Float32Array, recipes = recipe) =>
      () =>
        native.synthesizeFrom(image, shape, recipes, plain);
    const buffer = Reflect.construct(ArrayBuffer, [
      gt.byteLength,
      { maxByteLength: 2 * gt.byteLength },
    ]) as Resizable;
    const views = [new Float32Array(buffer), new Float32Array(buffer, 0, gt.length)];
    buffer.resize(16);
    for (const view of views) assert.throws(call(view), { code: 'E_SHAPE' });
    const detached = [gt.slice(), recipe.slice()] as const;
    for (const { buffer } of detached) structuredClone(buffer, { transfer: [buffer] });
    assert.throws(call(detached[0]), TypeError);
    assert.throws(call(gt, detached[1]), TypeError);
  });

  it('of impossible sizes are refused', () => {
    for (const change of [
      { batch: 2 ** 31 },
      { batch: 2 ** 53 },
      { height: 2 ** 20, width: 2 ** 20 },
      { batch: 2 ** 20, height: 2 ** 15, width: 2 ** 15 },
      { height: -32 },
      { width: 0.5 },
    ]) {
      assert.throws(
        () => native.synthesizeFrom(gt, { ...shape, ...change }, recipe, plain),
        (error: Error & { code?: string }) =>
          error instanceof RangeError || error.code === 'E_SHAPE',
        JSON.stringify(change),
      );
    }
  });

  it('of a pixel or a few go through every operation', async () => {
    const zeros = { sigmaX: 0, sigmaY: 0, theta: 0, beta: 0, omega: 0, shift: 0, index: 0 };
    for (const [height, width] of [
      [1, 1],
      [1, 2],
      [3, 1],
      [2, 5],
    ] as const) {
      const small = { batch: 1, height, width };
      const image = testImage(height, width, 2);
      const recipes = packRecipes([
        {
          seed: [1, 2],
          graySeed: [1, 2],
          scale: 1,
          operations: [
            { op: 'blur', stage: 1, kernel: 'iso', kernelSize: 25, ...zeros, sigmaX: 3 },
            { op: 'blur', stage: 2, kernel: 'sinc', kernelSize: 21, ...zeros, omega: 1 },
            { op: 'resize', stage: 1, mode: 'bicubic', of: 'lq', factor: 3 },
            { op: 'jpeg', stage: 1, quality: 40, backend: 'diffjpeg', subsampling: '420' },
            { op: 'resize', stage: 2, mode: 'matlabBicubic', of: 'lq', factor: 1 },
            { op: 'jpeg', stage: 2, quality: 40, backend: 'libjpeg', subsampling: '420' },
          ],
        },
      ]);
      const batch = await native.synthesizeFrom(image, small, recipes, plain);
      assert.ok(batch.lq().every((value) => value >= 0 && value <= 1));
      batch.dispose();
    }
  });
});
