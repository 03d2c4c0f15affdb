import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleCompatBatch } from '../../src/degradation/compat.ts';
import {
  mostOperations,
  operationTypes,
  packRecipes,
  parametersOf,
  type RecipeLayout,
  recipeLength,
  requireRecipeLayout,
  unpackRecipe,
} from '../../src/degradation/pack.ts';
import type { Operation, Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { defineSpace, realEsrganSpace } from '../../src/degradation/space.ts';
import { finalOrder, stageOf } from '../staged.ts';

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
    assert.deepEqual(recipe.operations.map(({ op }) => op).toSorted(), [
      'clamp',
      'clamp',
      'resize',
      'resize',
      'resize',
    ]);
    const factors = recipe.operations.flatMap((part) => (part.op === 'resize' ? part.factor : []));
    assert.deepEqual(factors, [1, 1, 1]);
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
  assert.equal(packed.length, 500 * recipeLength);
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
  operations: [
    {
      op: 'blur',
      stage: 1,
      kernel: 'plateauAniso',
      kernelSize: 21,
      sigmaX: 0.5,
      sigmaY: 1.5,
      theta: 0.25,
      beta: 1.25,
      omega: 0,
      shift: 0.5,
      index: 3,
    },
    { op: 'resize', stage: 2, mode: 'matlabBicubic', of: 'lq', factor: 0.75 },
    {
      op: 'noise',
      stage: 3,
      type: 'speckle',
      level: 2,
      channels: 'correlated',
      mix: [1, 2, 3, 4, 5, 6],
      vals: 7,
    },
    {
      op: 'isp',
      stage: 4,
      gain: 1.25,
      red: 2,
      blue: 1.5,
      weights: [0.1, 0.2, 0.3, 0.4],
      shot: 0.01,
      read: 0.001,
    },
    { op: 'inject', stage: 5, patch: 6, top: 7, left: 8 },
    { op: 'jpeg', stage: 6, quality: 50.5, backend: 'libjpeg', subsampling: '444' },
    { op: 'clamp', stage: 7 },
  ],
};

test('the packed layout is the documented one and holds every kind of operation', () => {
  const packed = packRecipes([byHand]);
  const records = [
    [0, 1, 5, 21, 0.5, 1.5, 0.25, 1.25, 0, 0.5, 3, 0],
    [1, 2, 6, 1, 0.75, 0, 0, 0, 0, 0, 0, 0],
    [2, 3, 1, 2, 2, 1, 2, 3, 4, 5, 6, 7],
    [3, 4, 1.25, 2, 1.5, 0.1, 0.2, 0.3, 0.4, 0.01, 0.001, 0],
    [4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0],
    [5, 6, 50.5, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    [6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ];
  assert.deepEqual([...packed.slice(0, 90)], [1, 2, 3, 4, 4, 7, ...records.flat()]);
  assert.ok(packed.slice(90).every((value) => value === 0));
  assert.equal(packed.length, 246);
  assert.deepEqual(unpackRecipe(packed), byHand);
  assert.deepEqual(new Set(byHand.operations.map(({ op }) => op)), new Set(operationTypes));
});

test('a recipe that cannot be packed or unpacked is refused with E_RECIPE', () => {
  const [blur, resize] = byHand.operations as [Operation, Operation];
  const withFirst = (change: object): Recipe => ({
    ...byHand,
    operations: [{ ...blur, ...change } as Operation],
  });
  const tooFew = { ...byHand, seed: [1] } as unknown as Recipe;
  const refused: [Recipe, RegExp][] = [
    [withFirst({ kernel: 'sideways' }), /blur\.kernel is sideways/],
    [withFirst({ op: 'wipe' }), /operation wipe/],
    [withFirst({ omega: Number.NaN }), /operation 1, blur\.omega is NaN/],
    [withFirst({ stage: undefined }), /operation 1, blur\.stage is undefined/],
    [{ ...byHand, scale: Number.POSITIVE_INFINITY }, /scale is Infinity/],
    [tooFew, /seed/],
    [{ ...byHand, operations: new Array(mostOperations + 1).fill(resize) }, /21 operations/],
  ];
  for (const [recipe, message] of refused) {
    assert.throws(() => packRecipes([recipe]), { code: 'E_RECIPE', message });
  }
  const packed = packRecipes([byHand]);
  assert.throws(() => unpackRecipe(packed, 1), { code: 'E_RECIPE' });
  packed[8] = 8;
  assert.throws(() => unpackRecipe(packed), { code: 'E_RECIPE' });
});

test('an addon with another recipe layout is refused with E_ADDON', () => {
  const layout: Required<RecipeLayout> = {
    bytes: 8 * recipeLength,
    header: ['seedLo', 'seedHi', 'graySeedLo', 'graySeedHi', 'scale', 'operations'],
    operations: operationTypes.map((name) => ({ name, parameters: parametersOf(name) })),
    mostOperations,
  };
  assert.doesNotThrow(() => requireRecipeLayout(layout));
  const refused = (change: Partial<RecipeLayout>) =>
    assert.throws(() => requireRecipeLayout({ ...layout, ...change }), { code: 'E_ADDON' });
  refused({ bytes: 280 });
  refused({ mostOperations: 19 });
  refused({ header: layout.header.with(0, 'seedHi').with(1, 'seedLo') });
  refused({ operations: layout.operations.slice(1) });
  refused({ operations: [...layout.operations, { name: 'extra', parameters: [] }] });
  const swapped = { name: 'resize', parameters: ['of', 'mode', 'factor'] };
  refused({ operations: layout.operations.with(1, swapped) });
});

test('a compat batch shares what the reference shares and draws the rest per sample', () => {
  const options = { seed: 5, size: 12, scale: 4 };
  const seenOrders = new Set<string>();
  for (let batch = 0; batch < 40; batch++) {
    const samples = sampleCompatBatch(realEsrganSpace, { ...options, batch });
    const distinct = (of: (recipe: Recipe) => unknown) =>
      new Set(samples.map((recipe) => JSON.stringify(of(recipe)))).size;
    for (const position of [1, 2]) {
      assert.equal(
        distinct((recipe) => stageOf(recipe, position).resizeMode),
        1,
      );
      assert.equal(
        distinct((recipe) => stageOf(recipe, position).resizeScale),
        1,
      );
      assert.equal(
        distinct((recipe) => stageOf(recipe, position).noise),
        1,
      );
      assert.equal(
        distinct((recipe) => stageOf(recipe, position).noiseLevel),
        12,
      );
      assert.equal(
        distinct((recipe) => stageOf(recipe, position).jpegQuality),
        12,
      );
    }
    assert.equal(
      distinct((recipe) => stageOf(recipe, 2).kernel === 'none'),
      1,
    );
    assert.equal(
      distinct((recipe) => [finalOrder(recipe), stageOf(recipe, 3).resizeMode, recipe.graySeed]),
      1,
    );
    assert.equal(
      distinct((recipe) => recipe.seed),
      12,
    );
    seenOrders.add(finalOrder(samples[0] as Recipe));
  }
  assert.equal(seenOrders.size, 2);
  const first = sampleCompatBatch(realEsrganSpace, { ...options, batch: 3 });
  assert.deepEqual(first, sampleCompatBatch(realEsrganSpace, { ...options, batch: 3 }));
});
