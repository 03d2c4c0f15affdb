/** What holds for every degradation space: recipes, tasks, and the draws of the two small spaces. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { defaultBoundariesOf } from '../../src/degradation/boundaries.ts';
import { sampleCompatBatch } from '../../src/degradation/compat.ts';
import { mostOperations, packRecipes, unpackRecipe } from '../../src/degradation/pack.ts';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { isInTask } from '../../src/degradation/region.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { leastGtSide } from '../../src/degradation/smallest.ts';
import { type DegradationSpace, defineSpace } from '../../src/degradation/space.ts';
import { defineTasks, taskOf } from '../../src/degradation/task.ts';
import { assertShares, assertWhole } from '../distributions.ts';

const kernelBank = { count: 5, size: 21, sha256: 'kernels' };
const noiseBank = { count: 9, size: 256, window: 80, sha256: 'noise' };

const spaces: DegradationSpace[] = [
  defineSpace(),
  defineSpace('bsrgan', { camera: { probability: 0.25 } }),
  defineSpace('bsrgan-plus', { camera: { probability: 0.1 } }),
  defineSpace('realsr', { kernelBank, noiseBank }),
  defineSpace('classic'),
];
const scales = [1, 2, 3, 4];

const drawn = (space: DegradationSpace, count: number, scale = 4): Recipe[] =>
  Array.from({ length: count }, (_, index) => sampleRecipe(space, { seed: 21, index, scale }));

/** The size that a recipe ends at, as plan.cc computes it. */
function finalSide({ operations, scale }: Recipe, gt: number): number {
  let side = gt;
  for (const operation of operations) {
    if (operation.op !== 'resize') continue;
    const base = operation.of === 'lq' ? gt / scale : side;
    side = Math.floor(base * operation.factor);
  }
  return side;
}

/** SHA-256 of the packed first 1,000 recipes: another one means that seeds give other images. */
const golden: Record<string, string> = {
  'real-esrgan x1': 'c34fee25c8f62bef',
  'real-esrgan x2': '260a22d51b51aedf',
  'real-esrgan x3': '4994875dfc715a26',
  'real-esrgan x4': 'bed45f7c2013ab4b',
  'bsrgan x1': 'cb422714155c8012',
  'bsrgan x2': 'ed8d1db9db512f25',
  'bsrgan x3': '66d31ca2bf424b21',
  'bsrgan x4': '80607ae8672f5b8d',
  'bsrgan-plus x1': 'b00c7e2df2bed488',
  'bsrgan-plus x2': 'ebfb8f08204552d8',
  'bsrgan-plus x3': '904e6d2a250d10a9',
  'bsrgan-plus x4': 'fcf4da475dc24186',
  'realsr x1': '8142c0aafa1bbf86',
  'realsr x2': 'c89d8cced34fe8be',
  'realsr x3': '8c62f42a15036cc0',
  'realsr x4': '1a5383b030d78c7b',
  'classic x1': 'ead1c5604d5532ab',
  'classic x2': '80353e9017bc0011',
  'classic x3': '2df61ee9fb339387',
  'classic x4': '2506c9559c6d5fa2',
};

describe('every space', () => {
  for (const space of spaces) {
    for (const scale of scales) {
      it(`${space.name} x${scale}: recipes are complete, and equal seeds give equal ones`, () => {
        const recipes = drawn(space, 1000, scale);
        const side = Math.ceil(Math.max(96, leastGtSide(space, scale)) / scale) * scale;
        for (const recipe of recipes) {
          assert.ok(recipe.operations.length <= mostOperations);
          assert.equal(finalSide(recipe, side), side / scale);
          const noises = recipe.operations.filter(({ op }) => op === 'noise' || op === 'isp');
          const keys = noises.map((o) => `${o.op} ${o.op === 'noise' ? o.type : ''} ${o.stage}`);
          assert.equal(new Set(keys).size, keys.length);
        }
        const packed = packRecipes(recipes);
        assert.deepEqual(
          recipes.map((_, index) => unpackRecipe(packed, index)),
          recipes,
        );
        assert.deepEqual(JSON.parse(JSON.stringify(recipes)), recipes);
        const hash = createHash('sha256').update(new Uint8Array(packed.buffer)).digest('hex');
        assert.equal(hash.slice(0, 16), golden[`${space.name} x${scale}`]);
      });

      it(`${space.name} x${scale}: every task of the default grid holds more than 1 % and draws`, () => {
        const tasks = defineTasks(space, undefined, { scale, samples: 20_000 });
        assert.ok(tasks.length > 1);
        for (const task of tasks) {
          assert.ok(task.mass > 0.01, `${task.id} ${task.mass}`);
          assert.match(task.id, /^[a-z0-9-]+$/);
          for (let index = 0; index < 20; index++) {
            const recipe = sampleRecipe(space, { seed: 3, index, scale, task });
            assert.ok(isInTask(recipe, task));
            assert.equal(taskOf(recipe, tasks), task);
          }
        }
      });
    }
  }

  it('but real-esrgan has no compat mode', () => {
    for (const space of spaces.slice(1)) {
      assert.throws(() => sampleCompatBatch(space, { seed: 0, batch: 0, size: 2, scale: 4 }), {
        code: 'E_SPACE',
        message: `${space.name} has no compat mode`,
      });
    }
  });
});

describe('classic', () => {
  const space = defineSpace('classic');

  it('draws each kind with its share', () => {
    const kinds = drawn(space, 30_000).map(({ operations }) =>
      operations.map((o) => (o.op === 'resize' ? o.mode : o.op)).join(),
    );
    assertShares(kinds, {
      matlabBicubic: 1 / 3,
      'blur,decimate': 1 / 3,
      'matlabBicubic,noise': 1 / 3,
    });
  });

  it('blurs by 7 pixels and 1.6, and adds colour noise of 30', () => {
    const all = drawn(space, 300).flatMap(({ operations }) => operations);
    for (const part of all) {
      if (part.op === 'blur') {
        assert.deepEqual([part.kernel, part.kernelSize, part.shift], ['iso', 7, 0]);
        assert.deepEqual([part.sigmaX, part.sigmaY], [1.6, 1.6]);
      }
      if (part.op === 'noise') {
        assert.deepEqual([part.type, part.level, part.channels], ['gaussian', 30, 'colour']);
      }
      if (part.op === 'resize') assert.deepEqual([part.of, part.factor], ['lq', 1]);
    }
  });

  it('has one task a kind, and only for the kinds that it draws', () => {
    const ids = (change: object) => defineTasks(defineSpace('classic', change)).map(({ id }) => id);
    assert.deepEqual(ids({}), ['bicubic', 'bd', 'dn']);
    assert.deepEqual(ids({ kindProbabilities: { bicubic: 0, BD: 0.5, DN: 0.5 } }), [
      'bicubic-or-bd',
      'dn',
    ]);
    assert.deepEqual(ids({ kindProbabilities: { bicubic: 1, BD: 0, DN: 0 } }), ['all']);
  });
});

describe('realsr', () => {
  const space = defineSpace('realsr', { kernelBank, noiseBank });
  const recipes = drawn(space, 60_000);
  const partsOf = (recipe: Recipe) =>
    recipe.operations.map((o) => (o.op === 'resize' ? o.mode : o.op)).join();

  it('shrinks by bicubic interpolation or a kernel of the bank, then adds noise of the bank', () => {
    assertShares(recipes.map(partsOf), {
      'matlabBicubic,clamp,inject': 0.5,
      'blur,decimate,clamp,inject': 0.5,
    });
  });

  it('draws kernels, patches and places evenly, as far as the banks reach', () => {
    const all = recipes.flatMap(({ operations }) => operations);
    const blurs = all.flatMap((part) => (part.op === 'blur' ? part : []));
    assert.ok(blurs.every(({ kernel, kernelSize }) => kernel === 'bank' && kernelSize === 21));
    assertWhole(
      blurs.map(({ index }) => index),
      0,
      4,
    );
    const injections = all.flatMap((part) => (part.op === 'inject' ? part : []));
    const of = (key: 'patch' | 'top' | 'left') => injections.map((part) => part[key]);
    assertWhole(of('patch'), 0, 8);
    assertWhole(of('top'), 0, 176);
    assertWhole(of('left'), 0, 176);
  });

  it('cuts its tasks by what it has', () => {
    assert.deepEqual(
      defineTasks(space).map(({ id }) => id),
      ['bicubic-quiet', 'bicubic-noisy', 'kernel-quiet', 'kernel-noisy'],
    );
    const bicubic = { downscaleProbabilities: { bicubic: 1, kernel: 0 } };
    const noisy = defineSpace('realsr', { ...bicubic, noiseBank });
    assert.deepEqual(defaultBoundariesOf(noisy), { noisePatch: [4.5] });
    const silent = defineSpace('realsr', { noiseProbability: 0, kernelBank });
    assert.deepEqual(defaultBoundariesOf(silent), { downscale: [0.5] });
    assert.ok(drawn(silent, 50).every((recipe) => !/inject/.test(partsOf(recipe))));
  });
});

describe('the least gt side', () => {
  it('leaves the largest kernel its radius and a pixel', () => {
    assert.equal(leastGtSide(defineSpace(), 4), 74);
    assert.equal(leastGtSide(defineSpace('bsrgan'), 4), 104);
    assert.equal(leastGtSide(defineSpace('bsrgan'), 2), 52);
    assert.equal(leastGtSide(defineSpace('bsrgan-plus'), 4), 104);
    assert.equal(leastGtSide(defineSpace('realsr', { kernelBank, noiseBank }), 4), 11);
    assert.equal(leastGtSide(defineSpace('classic'), 3), 4);
  });
});
