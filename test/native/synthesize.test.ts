import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { recipeFields, recipeLength } from '../../src/degradation/pack.ts';
import { native } from '../../src/native.ts';
import { randomRecipe, usm } from './degrade.ts';
import { testImage } from './images.ts';

const plain = { usm: false, threads: 1 };

describe('the packed recipe', () => {
  it('has the layout that TypeScript packs', () => {
    const layout = native.recipeLayout();
    assert.deepEqual(layout, { bytes: 8 * recipeLength, fields: [...recipeFields] });
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

  it('refuses recipes that mean nothing, naming the sample and the field', () => {
    const good = randomRecipe(5, 4);
    const values: Record<string, number[]> = {
      seedLo: [-1, 0.5, 2 ** 32, Number.NaN],
      scale: [0, 2.5, 17, 3],
      kernel1: [-1, 8, 0.5],
      kernelSize1: [1, 4, 23, Number.NaN],
      sigmaX1: [0, -1, Number.NaN, Number.POSITIVE_INFINITY],
      sigmaY1: [0, Number.NaN],
      theta1: [Number.NaN, 1e9],
      beta1: [0, -1, Number.NaN],
      resizeMode1: [3, -1],
      resizeScale1: [0, -1, 0.01, 1e9, Number.NaN],
      resizeScale2: [0.1, 0],
      noise2: [3],
      noiseLevel1: [-1, 1e9, Number.NaN],
      noiseGray1: [2, 0.5],
      jpegQuality2: [-1, 101, Number.NaN],
      finalOrder: [2],
      finalResizeMode: [3],
      finalSincSize: [2, 23],
      finalSincOmega: [0, 4, Number.NaN],
      jpegBackend: [2],
    };
    const set = (name: string, value: number, recipe = good.slice()) => {
      recipe[recipeFields.indexOf(name)] = value;
      return recipe;
    };
    set('kernel1', 6, good);
    set('noise1', 1, good);
    set('finalSincSize', 7, good);
    const two = { ...shape, batch: 2 };
    const images = Float32Array.of(...gt, ...gt);
    const check = (recipe: number[], size: number) =>
      native.checkRecipe(Float64Array.from(recipe), size);
    check(good, 24);
    assert.throws(() => check(good, 26), { code: 'E_SHAPE', message: /multiple/ });
    assert.throws(() => check(good.slice(1), 24), { code: 'E_SHAPE' });
    for (const [name, bad] of Object.entries(values)) {
      for (const value of bad) {
        const recipes = Float64Array.of(...good, ...set(name, value));
        assert.throws(
          () => native.synthesizeFrom(images, two, recipes, plain),
          { code: 'E_RECIPE', message: new RegExp(`^sample 1: ${name}`) },
          `${name} = ${value}`,
        );
        if (value !== 3 || name !== 'scale') {
          const expected = { code: 'E_RECIPE', message: new RegExp(`^${name}`) };
          assert.throws(() => check(set(name, value), 24), expected);
        }
      }
    }
  });
});
