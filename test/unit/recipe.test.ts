import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleCompatBatch } from '../../src/degradation/compat.ts';
import {
  assertRecipeLayout,
  packRecipes,
  recipeFields,
  unpackRecipe,
} from '../../src/degradation/pack.ts';
import type { Recipe, StageRecipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { defineSpace, realEsrganSpace } from '../../src/degradation/space.ts';

const draws = 100_000;
const recipes = Array.from({ length: draws }, (_, index) =>
  sampleRecipe(realEsrganSpace, { seed: 11, index, scale: 4 }),
);

/** Five standard errors of a share: one false alarm in two million. */
function assertShare(hits: number, total: number, expected: number, what: string): void {
  const error = Math.sqrt((expected * (1 - expected)) / total);
  const share = hits / total;
  assert.ok(Math.abs(share - expected) <= 5 * error, `${what}: ${share} instead of ${expected}`);
}

function assertShares(values: (string | number)[], expected: Record<string, number>): void {
  for (const [name, share] of Object.entries(expected)) {
    const hits = values.filter((value) => String(value) === name).length;
    assertShare(hits, values.length, share, name);
  }
  const total = Object.values(expected).reduce((sum, share) => sum + share, 0);
  assert.ok(Math.abs(total - 1) < 1e-9 && values.every((value) => `${value}` in expected));
}

/** Uniform over [low, high]: inside it, and ten equal bins with equal shares. */
function assertUniform(values: number[], low: number, high: number, what: string): void {
  const bins = new Array<number>(10).fill(0);
  for (const value of values) {
    assert.ok(value >= low && value <= high, `${what}: ${value} outside`);
    const bin = Math.min(9, Math.floor(((value - low) / (high - low)) * 10));
    bins[bin] = (bins[bin] as number) + 1;
  }
  for (const [bin, hits] of bins.entries()) {
    assertShare(hits, values.length, 0.1, `${what}, bin ${bin}`);
  }
}

const stageOf = (position: 0 | 1) => recipes.map((recipe) => recipe.stages[position]);
const having = (stages: StageRecipe[], pattern: RegExp) =>
  stages.filter((stage) => pattern.test(stage.kernel));

test('kernel families, second blur and the final filter have their shares', () => {
  const families = {
    sinc: 0.1,
    iso: 0.405,
    aniso: 0.225,
    generalizedIso: 0.108,
    generalizedAniso: 0.027,
    plateauIso: 0.108,
    plateauAniso: 0.027,
  };
  assertShares(
    stageOf(0).map((stage) => stage.kernel),
    families,
  );
  const scaled = Object.entries(families).map(([name, share]) => [name, 0.8 * share]);
  assertShares(
    stageOf(1).map((stage) => stage.kernel),
    { none: 0.2, ...Object.fromEntries(scaled) },
  );
  assertShare(recipes.filter((r) => r.finalSincSize === 0).length, draws, 0.2, 'delta');
});

test('kernel sizes are uniform over the eight odd sides, in all three places', () => {
  const eight = Object.fromEntries([7, 9, 11, 13, 15, 17, 19, 21].map((size) => [size, 1 / 8]));
  const sizes = (stages: StageRecipe[]) => stages.map((stage) => stage.kernelSize);
  assertShares(sizes(stageOf(0)), eight);
  assertShares(sizes(stageOf(1).filter((stage) => stage.kernel !== 'none')), eight);
  const filtered = recipes.filter((recipe) => recipe.finalSincSize > 0);
  assertShares(
    filtered.map((recipe) => recipe.finalSincSize),
    eight,
  );
});

test('blur widths, rotations and cutoffs are uniform over their ranges', () => {
  for (const [position, high] of [
    [0, 3],
    [1, 1.5],
  ] as const) {
    const gaussian = having(stageOf(position), /^(iso|aniso|generalized|plateau)/);
    const turned = having(gaussian, /aniso/i);
    const name = `stage ${position + 1}`;
    assertUniform(
      gaussian.map((stage) => stage.sigmaX),
      0.2,
      high,
      `${name} sigmaX`,
    );
    assertUniform(
      turned.map((stage) => stage.sigmaY),
      0.2,
      high,
      `${name} sigmaY`,
    );
    assertUniform(
      turned.map((stage) => stage.theta),
      -Math.PI,
      Math.PI,
      `${name} theta`,
    );
    const wider = turned.filter((stage) => stage.sigmaX < stage.sigmaY).length;
    assertShare(wider, turned.length, 0.5, `${name} sigmaY above sigmaX`);
    const round = having(gaussian, /^iso|Iso$/);
    assert.ok(round.every((stage) => stage.sigmaX === stage.sigmaY && stage.theta === 0));
    const sinc = having(stageOf(position), /^sinc$/);
    const cutoffs = (small: boolean) =>
      sinc.filter((stage) => stage.kernelSize < 13 === small).map((stage) => stage.omega);
    assertUniform(cutoffs(true), Math.PI / 3, Math.PI, `${name} small sinc`);
    assertUniform(cutoffs(false), Math.PI / 5, Math.PI, `${name} large sinc`);
  }
  const last = recipes.filter((recipe) => recipe.finalSincSize > 0);
  assertUniform(
    last.map((recipe) => recipe.finalSincOmega),
    Math.PI / 3,
    Math.PI,
    'last sinc',
  );
});

test('plateau kernels have an atom of one half at beta 1, generalized ones split there', () => {
  for (const position of [0, 1] as const) {
    const plateau = having(stageOf(position), /^plateau/).map((stage) => stage.beta);
    assertShare(plateau.filter((beta) => beta === 1).length, plateau.length, 0.5, 'plateau atom');
    assertUniform(
      plateau.filter((beta) => beta !== 1),
      1,
      2,
      'plateau beta',
    );
    const general = having(stageOf(position), /^generalized/).map((stage) => stage.beta);
    const below = general.filter((beta) => beta < 1);
    assertShare(below.length, general.length, 0.5, 'generalized below 1');
    assertUniform(below, 0.5, 1, 'generalized beta below 1');
    assertUniform(
      general.filter((beta) => beta >= 1),
      1,
      4,
      'generalized beta above 1',
    );
  }
});

test('resizes have their directions, an atom at scale 1, and uniform modes', () => {
  const thirds = { area: 1 / 3, bilinear: 1 / 3, bicubic: 1 / 3 };
  const expected = [
    { up: 0.2, keep: 0.1, low: 0.15, high: 1.5 },
    { up: 0.3, keep: 0.3, low: 0.3, high: 1.2 },
  ] as const;
  for (const position of [0, 1] as const) {
    const { up, keep, low, high } = expected[position];
    const scales = stageOf(position).map((stage) => stage.resizeScale);
    const larger = scales.filter((scale) => scale > 1);
    assertShare(larger.length, draws, up, 'up');
    assertShare(scales.filter((scale) => scale === 1).length, draws, keep, 'keep');
    assertUniform(larger, 1, high, 'up scale');
    assertUniform(
      scales.filter((scale) => scale < 1),
      low,
      1,
      'down scale',
    );
    assertShares(
      stageOf(position).map((stage) => stage.resizeMode),
      thirds,
    );
  }
  assertShares(
    recipes.map((recipe) => recipe.finalResizeMode),
    thirds,
  );
});

test('noise splits in halves, is gray in 40 %, and levels and qualities are uniform', () => {
  const ranges = [
    { gaussian: 30, poisson: 3 },
    { gaussian: 25, poisson: 2.5 },
  ] as const;
  for (const position of [0, 1] as const) {
    const stages = stageOf(position);
    assertShares(
      stages.map((stage) => stage.noise),
      { gaussian: 0.5, poisson: 0.5 },
    );
    assertShare(stages.filter((stage) => stage.noiseGray).length, draws, 0.4, 'gray');
    for (const [noise, low] of [
      ['gaussian', 1],
      ['poisson', 0.05],
    ] as const) {
      const levels = stages.filter((stage) => stage.noise === noise).map((s) => s.noiseLevel);
      assertUniform(levels, low, ranges[position][noise], `${noise} level`);
    }
    assertUniform(
      stages.map((stage) => stage.jpegQuality),
      30,
      95,
      'quality',
    );
  }
});

test('the final order is even and every recipe has its own seed', () => {
  assertShares(
    recipes.map((recipe) => recipe.finalOrder),
    { resizeThenJpeg: 0.5, jpegThenResize: 0.5 },
  );
  assert.equal(new Set(recipes.map((recipe) => recipe.seed.join())).size, draws);
  assert.ok(recipes.every((recipe) => recipe.graySeed === recipe.seed));
});

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
  const some = recipes.slice(0, 500);
  const packed = packRecipes(some);
  assert.equal(packed.length, 500 * 36);
  assert.deepEqual(
    some.map((_, index) => unpackRecipe(packed, index)),
    some,
  );
  assert.deepEqual(JSON.parse(JSON.stringify(some)), some);
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
  assert.doesNotThrow(() => assertRecipeLayout(layout));
  assert.throws(() => assertRecipeLayout({ ...layout, bytes: 280 }), { code: 'E_ADDON' });
  const swapped = layout.fields.with(0, 'seedHi').with(1, 'seedLo');
  assert.throws(() => assertRecipeLayout({ bytes: 288, fields: swapped }), { code: 'E_ADDON' });
  const longer = [...layout.fields, 'extra'];
  assert.throws(() => assertRecipeLayout({ bytes: 288, fields: longer }), { code: 'E_ADDON' });
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
