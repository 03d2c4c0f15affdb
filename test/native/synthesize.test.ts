import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  mostOperations,
  operationTypes,
  packRecipes,
  parametersOf,
  recipeLength,
  unpackRecipe,
} from '../../src/degradation/pack.ts';
import type { Operation, Recipe } from '../../src/degradation/recipe.ts';
import { native } from '../../src/native.ts';
import { randomRecipe, usm } from './degrade.ts';
import { testImage } from './images.ts';

const plain = { usm: false, threads: 1 };

describe('the packed recipe', () => {
  it('has the layout that TypeScript packs', () => {
    const layout = native.recipeLayout();
    assert.deepEqual(layout, {
      bytes: 8 * recipeLength,
      header: ['seedLo', 'seedHi', 'graySeedLo', 'graySeedHi', 'scale', 'operations'],
      operations: operationTypes.map((name) => ({ name, parameters: parametersOf(name) })),
      mostOperations,
    });
  });
});

describe('synthesizeFrom', () => {
  const gt = testImage(32, 24, 1);
  const shape = { batch: 1, height: 32, width: 24 };
  const recipe = () => Float64Array.from(randomRecipe(3, 4));

  it('makes a batch whose lq are multiples of 1/255', async () => {
    const batch = await native.synthesizeFrom(gt, shape, recipe(), plain);
    const { size, gtHeight, gtWidth, lqHeight, lqWidth } = batch;
    assert.deepEqual([size, gtHeight, gtWidth, lqHeight, lqWidth], [1, 32, 24, 8, 6]);
    assert.deepEqual(batch.gt(), gt);
    const lq = batch.lq();
    assert.equal(lq.length, 3 * 8 * 6);
    assert.ok(lq.every((v) => v >= 0 && v <= 1 && v === Math.fround(Math.round(v * 255) / 255)));
    assert.ok(batch.milliseconds >= 0);
    batch.dispose();
    batch.dispose();
    assert.throws(() => batch.lq(), { code: 'E_DISPOSED' });
    assert.throws(() => batch.size, { code: 'E_DISPOSED' });
  });

  it('sharpens gt when asked: it is then the target and what is degraded', async () => {
    const sharp = usm(gt, [32, 24]);
    const batch = await native.synthesizeFrom(gt, shape, recipe(), { usm: true, threads: 1 });
    assert.deepEqual(batch.gt(), sharp);
    const again = await native.synthesizeFrom(sharp, shape, recipe(), plain);
    assert.deepEqual(batch.lq(), again.lq());
  });

  it('keeps gt as it was beside the sharpened one when asked', async () => {
    const options = { usm: true, threads: 1 };
    const both = await native.synthesizeFrom(gt, shape, recipe(), { ...options, plainGt: true });
    const one = await native.synthesizeFrom(gt, shape, recipe(), options);
    assert.deepEqual(both.plainGt(), gt);
    assert.deepEqual([both.gt(), both.lq()], [one.gt(), one.lq()]);
    assert.equal(one.plainGt().length, 0);
    const unsharpened = { ...plain, plainGt: true };
    const same = await native.synthesizeFrom(gt, shape, recipe(), unsharpened);
    assert.equal(same.plainGt().length, 0, 'gt itself is plain');
  });

  it('refuses wrong shapes, types and pixels', async () => {
    const call = (changes: {
      gt?: unknown;
      shape?: unknown;
      recipes?: unknown;
      options?: unknown;
    }) => {
      const all = { gt, shape, recipes: recipe(), options: plain, ...changes };
      return native.synthesizeFrom(
        all.gt as Float32Array,
        all.shape as typeof shape,
        all.recipes as Float64Array,
        all.options as typeof plain,
      );
    };
    assert.throws(() => call({ gt: gt.slice(1) }), { code: 'E_SHAPE' });
    assert.throws(() => call({ recipes: recipe().slice(1) }), { code: 'E_SHAPE' });
    assert.throws(() => call({ recipes: new Float64Array(0) }), { code: 'E_SHAPE' });
    assert.throws(() => call({ shape: { ...shape, batch: 2 } }), { code: 'E_SHAPE' });
    assert.throws(() => call({ shape: { ...shape, height: 33 } }), { code: 'E_SHAPE' });
    assert.throws(() => call({ shape: { ...shape, height: 0 } }), RangeError);
    assert.throws(() => call({ shape: { ...shape, height: Number.NaN } }), TypeError);
    assert.throws(() => call({ shape: undefined }), TypeError);
    assert.throws(() => call({ gt: Array.from(gt) }), TypeError);
    assert.throws(() => call({ gt: Float64Array.from(gt) }), TypeError);
    assert.throws(() => call({ recipes: Float32Array.from(recipe()) }), TypeError);
    assert.throws(() => call({ options: { usm: 1, threads: 1 } }), TypeError);
    assert.throws(() => call({ options: { usm: false, threads: 0 } }), RangeError);
    for (const bad of [Number.NaN, -0.1, 1.5, Number.POSITIVE_INFINITY]) {
      const pixels = gt.slice();
      pixels[5] = bad;
      await assert.rejects(call({ gt: pixels }), { code: 'E_PIXEL', message: /^sample 0: / });
    }
    const detached = gt.slice();
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    assert.throws(() => call({ gt: detached }), TypeError);
  });

  it('refuses recipes that mean nothing, naming the sample, the operation and the field', () => {
    const drawn = unpackRecipe(recipe());
    const two = { ...shape, batch: 2 };
    const images = Float32Array.of(...gt, ...gt);
    const good: Recipe = { ...drawn, operations: [resize(0.25)] };
    const packedGood = packRecipes([good]);
    native.checkRecipe(packedGood, 24);
    assert.throws(() => native.checkRecipe(packedGood, 26), {
      code: 'E_SHAPE',
      message: /multiple/,
    });
    assert.throws(() => native.checkRecipe(packedGood.slice(1), 24), { code: 'E_SHAPE' });
    const refused = (operations: Operation[], message: RegExp) => {
      const packed = packRecipes([{ ...good, operations }]);
      const recipes = Float64Array.of(...packedGood, ...packed);
      const expected = { code: 'E_RECIPE', message: new RegExp(`^sample 1: ${message.source}`) };
      assert.throws(() => native.synthesizeFrom(images, two, recipes, plain), expected);
      assert.throws(() => native.checkRecipe(packed, 24), { code: 'E_RECIPE' });
    };
    refused([], /operations must end at the lq size 8 x 6, they end at 32 x 24/);
    refused([resize(0.5)], /operations must end at the lq size/);
    refused([resize(0.01)], /operation 1, resize\.factor must be large enough/);
    refused([resize(0.25), noise('gaussian', 1), noise('gaussian', 1)], /operation 3, stage must/);
    refused(
      [resize(0.25), noise('poisson', 9)],
      /operation 2, stage must be an integer within 1\.\.8/,
    );
  });
});

function resize(factor: number): Operation {
  return { op: 'resize', stage: 1, mode: 'area', of: 'input', factor };
}

function noise(type: 'gaussian' | 'poisson', stage: number): Operation {
  return { op: 'noise', stage, type, level: 1, channels: 'gray', mix: [0, 0, 0, 0, 0, 0], vals: 0 };
}
