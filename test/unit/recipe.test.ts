import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleCompatBatch } from '../../src/degradation/compat.ts';
import {
  packRecipes,
  recipeFields,
  requireRecipeLayout,
  unpackRecipe,
} from '../../src/degradation/pack.ts';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { defineSpace, realEsrganSpace } from '../../src/degradation/space.ts';

const recipes = Array.from({ length: 500 }, (_, index) =>
  sampleRecipe(realEsrganSpace, { seed: 11, index, scale: 4 }),
);

test('probabilities of 0 and 1 hold exactly', () => {
  const stage = {
    blurProbability: 0,
    noiseProbabilities: { none: 1, gaussian: 0, poisson: 0 },
    jpegProbability: 0,
    resizeProbabilities: { up: 0, down: 0, keep: 1 },
  };
  const space = defineSpace({ stages: [stage, stage], final: { sincProbability: 0 } });
  for (let index = 0; index < 200; index++) {
    const recipe = sampleRecipe(space, { seed: 1, index, scale: 2 });
    assert.equal(recipe.finalSincSize, 0);
    for (const part of recipe.stages) {
      assert.deepEqual(
        [part.kernel, part.noise, part.noiseLevel, part.noiseGray],
        ['none', 'none', 0, false],
      );
      assert.deepEqual([part.jpegQuality, part.resizeScale], [0, 1]);
    }
  }
});

test('a recipe depends on seed and index alone', () => {
  const again = sampleRecipe(realEsrganSpace, { seed: 11, index: 77, scale: 4 });
  assert.deepEqual(again, recipes[77]);
  const other = sampleRecipe(realEsrganSpace, { seed: 12, index: 77, scale: 4 });
  assert.notDeepEqual(other, recipes[77]);
});

test('packing and JSON give every recipe back exactly', () => {
  const packed = packRecipes(recipes);
  assert.equal(packed.length, 500 * 36);
  assert.deepEqual(
    recipes.map((_, index) => unpackRecipe(packed, index)),
    recipes,
  );
  assert.deepEqual(JSON.parse(JSON.stringify(recipes)), recipes);
});

const byHand: Recipe = {
  seed: [1, 2],
  graySeed: [3, 4],
  scale: 4,
  stages: [
    {
      kernel: 'plateauAniso',
      kernelSize: 21,
      sigmaX: 0.5,
      sigmaY: 1.5,
      theta: 0.25,
      beta: 1.25,
      omega: 0,
      resizeMode: 'bicubic',
      resizeScale: 0.75,
      noise: 'poisson',
      noiseLevel: 2,
      noiseGray: true,
      jpegQuality: 50.5,
    },
    {
      kernel: 'sinc',
      kernelSize: 7,
      sigmaX: 0,
      sigmaY: 0,
      theta: 0,
      beta: 0,
      omega: 2,
      resizeMode: 'area',
      resizeScale: 1,
      noise: 'gaussian',
      noiseLevel: 12,
      noiseGray: false,
      jpegQuality: 0,
    },
  ],
  finalOrder: 'jpegThenResize',
  finalResizeMode: 'bilinear',
  finalSincSize: 9,
  finalSincOmega: 1.5,
  jpegBackend: 'libjpeg',
};

test('the packed layout is the documented one', () => {
  const stage1 = [6, 21, 0.5, 1.5, 0.25, 1.25, 0, 2, 0.75, 2, 2, 1, 50.5];
  const stage2 = [7, 7, 0, 0, 0, 0, 2, 0, 1, 1, 12, 0, 0];
  assert.deepEqual(
    [...packRecipes([byHand])],
    [1, 2, 3, 4, 4, ...stage1, ...stage2, 1, 1, 9, 1.5, 1],
  );
  assert.equal(recipeFields.length, 36);
  assert.equal(recipeFields[5], 'kernel1');
  assert.equal(recipeFields[30], 'jpegQuality2');
  assert.equal(recipeFields[35], 'jpegBackend');
});

test('a recipe that cannot be packed or unpacked is refused with E_RECIPE', () => {
  const wrongName = { ...byHand, finalOrder: 'sideways' } as unknown as Recipe;
  const wrongNumber: Recipe = { ...byHand, finalSincOmega: Number.NaN };
  const tooFew = { ...byHand, seed: [1] } as unknown as Recipe;
  for (const recipe of [wrongName, wrongNumber, tooFew]) {
    assert.throws(() => packRecipes([recipe]), { code: 'E_RECIPE' });
  }
  const packed = packRecipes([byHand]);
  assert.throws(() => unpackRecipe(packed, 1), { code: 'E_RECIPE' });
  packed[5] = 8;
  assert.throws(() => unpackRecipe(packed), { code: 'E_RECIPE' });
});

test('an addon with another recipe layout is refused with E_ADDON', () => {
  const layout = { bytes: 288, fields: [...recipeFields] };
  assert.doesNotThrow(() => requireRecipeLayout(layout));
  assert.throws(() => requireRecipeLayout({ ...layout, bytes: 280 }), { code: 'E_ADDON' });
  const swapped = layout.fields.with(0, 'seedHi').with(1, 'seedLo');
  assert.throws(() => requireRecipeLayout({ bytes: 288, fields: swapped }), { code: 'E_ADDON' });
  const longer = [...layout.fields, 'extra'];
  assert.throws(() => requireRecipeLayout({ bytes: 288, fields: longer }), { code: 'E_ADDON' });
});

test('a compat batch shares what the reference shares and draws the rest per sample', () => {
  const options = { seed: 5, size: 12, scale: 4 };
  const seenOrders = new Set<string>();
  for (let batch = 0; batch < 40; batch++) {
    const samples = sampleCompatBatch(realEsrganSpace, { ...options, batch });
    const distinct = (of: (recipe: Recipe) => unknown) =>
      new Set(samples.map((recipe) => JSON.stringify(of(recipe)))).size;
    for (const position of [0, 1] as const) {
      assert.equal(
        distinct(({ stages }) => stages[position].resizeMode),
        1,
      );
      assert.equal(
        distinct(({ stages }) => stages[position].resizeScale),
        1,
      );
      assert.equal(
        distinct(({ stages }) => stages[position].noise),
        1,
      );
      assert.equal(
        distinct(({ stages }) => stages[position].noiseLevel),
        12,
      );
      assert.equal(
        distinct(({ stages }) => stages[position].jpegQuality),
        12,
      );
    }
    assert.equal(
      distinct(({ stages }) => stages[1].kernel === 'none'),
      1,
    );
    assert.equal(
      distinct((recipe) => [recipe.finalOrder, recipe.finalResizeMode, recipe.graySeed]),
      1,
    );
    assert.equal(
      distinct((recipe) => recipe.seed),
      12,
    );
    seenOrders.add((samples[0] as Recipe).finalOrder);
  }
  assert.equal(seenOrders.size, 2);
  const first = sampleCompatBatch(realEsrganSpace, { ...options, batch: 3 });
  assert.deepEqual(first, sampleCompatBatch(realEsrganSpace, { ...options, batch: 3 }));
});
