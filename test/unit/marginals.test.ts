import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operationOf } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { assertShare, assertShares, assertUniform } from '../distributions.ts';
import { finalOrder, type StageView, stageOf as viewOf } from '../staged.ts';

const draws = 100_000;
const recipes = Array.from({ length: draws }, (_, index) =>
  sampleRecipe(realEsrganSpace, { seed: 11, index, scale: 4 }),
);

const stageOf = (position: 0 | 1) => recipes.map((recipe) => viewOf(recipe, position + 1));
const lastSincs = recipes.flatMap((recipe) => operationOf(recipe, 'blur', 3) ?? []);
const having = (stages: StageView[], pattern: RegExp) =>
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
  assertShare(draws - lastSincs.length, draws, 0.2, 'delta');
});

test('kernel sizes are uniform over the eight odd sides, in all three places', () => {
  const eight = Object.fromEntries([7, 9, 11, 13, 15, 17, 19, 21].map((size) => [size, 1 / 8]));
  const sizes = (stages: StageView[]) => stages.map((stage) => stage.kernelSize);
  assertShares(sizes(stageOf(0)), eight);
  assertShares(sizes(stageOf(1).filter((stage) => stage.kernel !== 'none')), eight);
  assertShares(
    lastSincs.map((blur) => blur.kernelSize),
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
  assertUniform(
    lastSincs.map((blur) => blur.omega),
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
    recipes.map((recipe) => viewOf(recipe, 3).resizeMode),
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
  assertShares(recipes.map(finalOrder), { resizeThenJpeg: 0.5, jpegThenResize: 0.5 });
  assert.equal(new Set(recipes.map((recipe) => recipe.seed.join())).size, draws);
  assert.ok(recipes.every((recipe) => recipe.graySeed === recipe.seed));
});
