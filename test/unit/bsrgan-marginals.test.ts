/** BSRGAN and BSRGAN-plus, draw by draw, against what their released code draws. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mostOperations } from '../../src/degradation/pack.ts';
import type { Operation, Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { type DegradationSpace, defineSpace } from '../../src/degradation/space.ts';
import {
  assertMean,
  assertShare,
  assertShares,
  assertUniform,
  assertWhole,
} from '../distributions.ts';

const draws = 100_000;

const drawn = (space: DegradationSpace, count: number, scale = 4): Recipe[] =>
  Array.from({ length: count }, (_, index) => sampleRecipe(space, { seed: 12, index, scale }));

type Of<Op extends Operation['op']> = Extract<Operation, { op: Op }>;

/** All operations of this kind and stage. */
function all<Op extends Operation['op']>(recipes: Recipe[], op: Op, stage: number): Of<Op>[] {
  return recipes.flatMap(({ operations }) =>
    operations.filter((found): found is Of<Op> => found.op === op && found.stage === stage),
  );
}

const named = ({ op, stage }: Operation) => `${op}${stage}`;
const place = ({ operations }: Recipe, name: string) =>
  operations.findIndex((operation) => named(operation) === name);

const thirds = { cvLinear: 1 / 3, cvCubic: 1 / 3, cvArea: 1 / 3 };
const sizes = Object.fromEntries(
  [7, 9, 11, 13, 15, 17, 19, 21, 23, 25].map((size) => [size, 1 / 10]),
);

function assertBlurs(blurs: Of<'blur'>[], scale: number): void {
  const kernels = blurs.map(({ kernel }) => kernel);
  assertShares(kernels, { aniso: 0.5, iso: 0.5 });
  assertShares(
    blurs.map(({ kernelSize }) => kernelSize),
    sizes,
  );
  const round = blurs.filter(({ kernel }) => kernel === 'iso');
  const sigmas = round.map(({ sigmaX }) => sigmaX);
  assertUniform(sigmas, 0, 2 + 0.2 * scale, 'isotropic sigma');
  assert.ok(Math.min(...sigmas) >= Math.sqrt(1e-3));
  assert.ok(round.every(({ sigmaX, sigmaY, theta }) => sigmaX === sigmaY && theta === 0));
  const turned = blurs.filter(({ kernel }) => kernel === 'aniso');
  const variances = (of: 'sigmaX' | 'sigmaY') => turned.map((blur) => blur[of] ** 2);
  const most = (4 + scale) * (1 + 1e-12);
  assertUniform(variances('sigmaX'), 0, most, 'first variance');
  assertUniform(variances('sigmaY'), 0, most, 'second variance');
  const wider = turned.filter(({ sigmaX, sigmaY }) => sigmaX > sigmaY).length;
  assertShare(wider, turned.length, 0.5, 'first above second');
  const angles = turned.map(({ theta }) => theta);
  assertUniform(angles, 0, Math.PI, 'angle');
  assert.ok(blurs.every(({ shift, beta, omega, index }) => !shift && !beta && !omega && !index));
}

/** Means of the covariance of 2 million draws of the reference's formula in numpy. */
const covarianceMeans = [0.5002, 0.1267, 0.1233, 0.5004, 0.0953, 0.5001];
const covarianceDeviations = [0.188, 0.092, 0.0914, 0.2106, 0.0734, 0.213];

function covarianceOf([a, b, c, d, e, f]: Of<'noise'>['mix']): number[] {
  return [
    a * a + b * b + c * c,
    a * b + b * d + c * e,
    a * c + b * e + c * f,
    b * b + d * d + e * e,
    b * c + d * e + e * f,
    c * c + e * e + f * f,
  ];
}

function assertNoise(noises: Of<'noise'>[]): void {
  const channels = noises.map((noise) => noise.channels);
  assertShares(channels, { colour: 0.4, gray: 0.4, correlated: 0.2 });
  const plain = noises.filter((noise) => noise.channels !== 'correlated');
  assertWhole(
    plain.map(({ level }) => level),
    2,
    25,
  );
  assert.ok(plain.every(({ mix, vals }) => mix.every((part) => part === 0) && vals === 0));
  const correlated = noises.filter((noise) => noise.channels === 'correlated');
  assert.ok(correlated.every(({ level }) => level === 25));
  const covariances = correlated.map(({ mix }) => covarianceOf(mix));
  for (const [part, mean] of covarianceMeans.entries()) {
    const values = covariances.map((covariance) => covariance[part] as number);
    // The reference's own means have an error of a few units of their last digit.
    const deviation = (covarianceDeviations[part] as number) * 1.05;
    assertMean(values, { mean, deviation }, `covariance ${part}`);
  }
}

function assertJpegs(jpegs: Of<'jpeg'>[]): void {
  assertWhole(
    jpegs.map(({ quality }) => quality),
    30,
    95,
  );
  assert.ok(jpegs.every((j) => j.backend === 'libjpeg' && j.subsampling === '420'));
}

const bsrgan = drawn(defineSpace('bsrgan'), draws);
const isHalved = (recipe: Recipe) => place(recipe, 'resize1') >= 0;

test('bsrgan halves a quarter at scale 4 and nothing at other scales', () => {
  const halvings = all(bsrgan, 'resize', 1);
  assertShare(halvings.length, draws, 0.25, 'halved');
  assertShares(
    halvings.map(({ mode }) => mode),
    { matlabBicubic: 1 / 2, cvLinear: 1 / 6, cvCubic: 1 / 6, cvArea: 1 / 6 },
  );
  assert.ok(halvings.every(({ of, factor }) => of === 'input' && factor === 0.5));
  assert.ok(bsrgan.filter(isHalved).every((recipe) => place(recipe, 'resize1') === 0));
  for (const scale of [1, 2, 3]) {
    assert.ok(!drawn(defineSpace('bsrgan'), 500, scale).some(isHalved));
  }
});

test('bsrgan blurs twice, by widths that follow the scale', () => {
  for (const halved of [true, false]) {
    const some = bsrgan.filter((recipe) => isHalved(recipe) === halved);
    for (const stage of [1, 2]) {
      const blurs = all(some, 'blur', stage);
      assert.equal(blurs.length, some.length);
      assertBlurs(blurs, halved ? 2 : 4);
    }
  }
});

test('bsrgan downsamples by a resize or a shifted Gaussian and decimation, then to the lq size', () => {
  for (const halved of [true, false]) {
    const some = bsrgan.filter((recipe) => isHalved(recipe) === halved);
    const scale = halved ? 2 : 4;
    const second = all(some, 'resize', 2);
    assert.equal(second.length, some.length);
    const resized = second.filter(({ of }) => of === 'input');
    assertShare(resized.length, some.length, 0.75, 'resized');
    assertShares(
      resized.map(({ mode }) => mode),
      thirds,
    );
    const divisors = resized.map(({ factor }) => 1 / factor);
    assertUniform(divisors, 1 - 1e-12, 2 * scale + 1e-12, 'divisor');
    const decimated = second.filter(({ mode }) => mode === 'decimate');
    assert.ok(decimated.every(({ of, factor }) => of === 'lq' && factor === 1));
    const shifted = all(some, 'blur', 3);
    assert.equal(shifted.length, decimated.length);
    assert.equal(shifted.length + resized.length, some.length);
    assertUniform(
      shifted.map(({ sigmaX }) => sigmaX),
      0.1,
      0.6 * scale,
      'width before decimation',
    );
    assert.ok(
      shifted.every(
        (blur) =>
          blur.kernel === 'iso' &&
          blur.kernelSize === 25 &&
          blur.shift === (scale - 1) / 2 &&
          blur.sigmaX === blur.sigmaY,
      ),
    );
  }
  const last = all(bsrgan, 'resize', 3);
  assertShares(
    last.map(({ mode }) => mode),
    thirds,
  );
  assert.ok(last.length === draws && last.every(({ of, factor }) => of === 'lq' && factor === 1));
  for (const { operations } of bsrgan) {
    for (const [at, operation] of operations.entries()) {
      if (operation.op === 'resize') assert.equal(operations[at + 1]?.op, 'clamp');
    }
  }
});

test('bsrgan shuffles all steps, and downsampling comes before the resize to the lq size', () => {
  const always = defineSpace('bsrgan', {
    halveProbability: 0,
    jpeg: { probability: 1 },
    camera: { probability: 1 },
  });
  const recipes = drawn(always, 30_000);
  const first = recipes.map(({ operations }) => named(operations[0] as Operation));
  const starts = { blur1: 1 / 7, blur2: 1 / 7, noise1: 1 / 7, jpeg1: 1 / 7, isp1: 1 / 7 };
  const downsample = { resize2: (0.75 * 2) / 7, blur3: (0.25 * 2) / 7 };
  assertShares(first, { ...starts, ...downsample });
  const before = (a: string, b: string) =>
    recipes.filter((recipe) => place(recipe, a) < place(recipe, b)).length;
  assert.equal(before('resize2', 'resize3'), recipes.length);
  for (const [a, b] of [
    ['blur1', 'blur2'],
    ['noise1', 'jpeg1'],
    ['isp1', 'blur1'],
  ] as const) {
    assertShare(before(a, b), recipes.length, 0.5, `${a} before ${b}`);
  }
  assertShare(before('noise1', 'resize2'), recipes.length, 1 / 3, 'noise before downsampling');
});

test('bsrgan: noise, JPEG and no camera', () => {
  assertNoise(all(bsrgan, 'noise', 1));
  const shuffled = all(bsrgan, 'jpeg', 1);
  assertShare(shuffled.length, draws, 0.9, 'shuffled JPEG');
  assertJpegs(shuffled);
  const last = bsrgan.map(({ operations }) => operations.at(-1) as Of<'jpeg'>);
  assert.ok(last.every(({ op, stage }) => op === 'jpeg' && stage === 2));
  assertJpegs(last);
  assert.ok(bsrgan.every((recipe) => place(recipe, 'isp1') < 0));
  assert.ok(bsrgan.every(({ seed, graySeed }) => seed === graySeed));
  assert.equal(new Set(bsrgan.map(({ seed }) => seed.join())).size, draws);
});

test('a camera is drawn from the constants of Unprocessing', () => {
  const space = defineSpace('bsrgan', { camera: { probability: 0.25 } });
  const recipes = drawn(space, 40_000);
  const cameras = all(recipes, 'isp', 1);
  assertShare(cameras.length, recipes.length, 0.25, 'camera');
  const brightness = cameras.map(({ gain }) => 1 / gain);
  assertMean(brightness, { mean: 0.8, deviation: 0.1 }, '1 / gain');
  const spread = brightness.map((value) => (value - 0.8) ** 2);
  assertMean(spread, { mean: 0.01, deviation: 0.01 * Math.SQRT2 }, 'its variance');
  assertUniform(
    cameras.map(({ red }) => red),
    1.9,
    2.4,
    'red',
  );
  assertUniform(
    cameras.map(({ blue }) => blue),
    1.5,
    1.9,
    'blue',
  );
  const logs = cameras.map(({ shot }) => Math.log(shot));
  assertUniform(logs, Math.log(1e-4) - 1e-9, Math.log(0.012) + 1e-9, 'log shot');
  const rest = cameras.map(({ shot, read }) => Math.log(read) - 1.2 - 2.18 * Math.log(shot));
  assertMean(rest, { mean: 0, deviation: 0.26 }, 'log read');
  const variance = rest.map((value) => value ** 2);
  assertMean(variance, { mean: 0.26 ** 2, deviation: 0.26 ** 2 * Math.SQRT2 }, 'its variance');
  for (const { weights } of cameras) {
    const sum = weights.reduce((total, weight) => total + weight, 0);
    assert.ok(Math.abs(sum - 1) < 1e-12 && weights.every((weight) => weight >= 0));
  }
  const firstWeights = cameras.map(({ weights }) => weights[0]);
  assertMean(firstWeights, { mean: 0.25, deviation: 0.2 }, 'weight');
});

const plus = drawn(defineSpace('bsrgan-plus'), draws);

test('bsrgan-plus keeps to its order in nine of ten recipes, but for the noises of a round', () => {
  const before = (recipes: Recipe[], a: string, b: string) =>
    recipes.filter((recipe) => place(recipe, a) < place(recipe, b)).length;
  // A shuffled recipe has them in this order every other time.
  assertShare(before(plus, 'jpeg1', 'blur2'), draws, 0.9 + 0.1 / 2, 'JPEG before second blur');
  const every = {
    poisson: { probability: 1 },
    speckle: { probability: 1 },
    camera: { probability: 1 },
  };
  const ordered = drawn(defineSpace('bsrgan-plus', { ...every, shuffleProbability: 0 }), 20_000);
  const kinds = (part: Operation) => (part.op === 'noise' ? part.type : part.op);
  for (const { operations } of ordered) {
    const shape = operations.map((part) => (/noise|isp/.test(part.op) ? '*' : named(part)));
    assert.equal(
      shape.join(' '),
      'blur1 resize1 clamp1 * * * * jpeg1 blur2 resize2 clamp2 * * * * resize3 jpeg2',
    );
  }
  const quarters = { gaussian: 1 / 4, poisson: 1 / 4, speckle: 1 / 4, isp: 1 / 4 };
  for (const position of [3, 6, 11, 14]) {
    const found = ordered.map(({ operations }) => kinds(operations[position] as Operation));
    assertShares(found, quarters);
  }
  const shuffled = drawn(defineSpace('bsrgan-plus', { ...every, shuffleProbability: 1 }), 20_000);
  const first = shuffled.map(({ operations }) => named(operations[0] as Operation));
  const once = ['blur1', 'blur2', 'resize1', 'resize2', 'isp1', 'isp2', 'jpeg1'];
  assertShares(first, {
    ...Object.fromEntries(once.map((name) => [name, 1 / 13])),
    noise1: 3 / 13,
    noise2: 3 / 13,
  });
});

test('bsrgan-plus blurs and resizes twice, then resizes to the lq size and compresses', () => {
  for (const stage of [1, 2]) {
    assertBlurs(all(plus, 'blur', stage), 4);
    const resizes = all(plus, 'resize', stage);
    assert.ok(resizes.length === draws && resizes.every(({ of }) => of === 'input'));
    assertShares(
      resizes.map(({ mode }) => mode),
      thirds,
    );
    const factors = resizes.map(({ factor }) => factor);
    const [up, down] = [factors.filter((f) => f > 1), factors.filter((f) => f < 1)];
    assertShare(up.length, draws, 0.2, 'up');
    assertShare(down.length, draws, 0.7, 'down');
    assertUniform(up, 1, 2, 'up');
    assertUniform(down, 0.125, 1, 'down');
  }
  for (const { operations } of plus) {
    const [resize, jpeg] = operations.slice(-2);
    assert.deepEqual([resize && named(resize), jpeg && named(jpeg)], ['resize3', 'jpeg2']);
    assert.ok(operations.length <= mostOperations);
  }
  assertShares(
    all(plus, 'resize', 3).map(({ mode }) => mode),
    thirds,
  );
  assertJpegs(all(plus, 'jpeg', 1));
  assertJpegs(all(plus, 'jpeg', 2));
  const twice = drawn(defineSpace('bsrgan-plus'), 5000, 2);
  assert.ok(all(twice, 'resize', 1).some(({ factor }) => factor < 0.3));
  assert.ok(all(twice, 'resize', 1).every(({ factor }) => factor >= 0.25));
});

test('bsrgan-plus has Gaussian noise always, Poisson and speckle in a tenth, of each round', () => {
  for (const stage of [1, 2]) {
    const noises = all(plus, 'noise', stage);
    const of = (type: string) => noises.filter((noise) => noise.type === type);
    assert.equal(of('gaussian').length, draws);
    assertNoise(of('gaussian'));
    assertShare(of('speckle').length, draws, 0.1, 'speckle');
    assertNoise(of('speckle'));
    const poisson = of('poisson');
    assertShare(poisson.length, draws, 0.1, 'Poisson');
    const channels = poisson.map((noise) => noise.channels);
    assertShares(channels, { gray: 0.5, colour: 0.5 });
    const photons = poisson.map(({ vals }) => Math.log10(vals));
    assertUniform(photons, 2 - 1e-12, 4 + 1e-12, 'log10 of photons');
    assert.ok(poisson.every(({ level }) => level === 1));
  }
});
