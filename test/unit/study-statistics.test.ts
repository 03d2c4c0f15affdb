/** Errors, intervals and p-values against NumPy and SciPy (test/fixtures/study_reference.py), and by simulation. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { estimate } from '../../src/evaluate/statistics.ts';
import { percentileInterval, resample } from '../../src/study/results/bootstrap.ts';
import {
  type CrossedValue,
  crossedDifference,
  crossedMean,
} from '../../src/study/results/crossed.ts';
import { holm } from '../../src/study/results/holm.ts';
import { criticalT, twoSidedP } from '../../src/study/results/student.ts';
import { normal } from '../study-kit.ts';

interface Reference {
  cases: {
    name: string;
    weights: number[];
    values: [number, number, number, number][];
    expected: {
      value: number;
      standardError: number;
      degrees: number;
      interval: number[];
      p: number;
    };
  }[];
  student: { t: number; degrees: number; p: number }[];
  critical: { degrees: number; t: number }[];
  holm: { p: number[]; adjusted: number[] };
}

const reference: Reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/study-reference.json', import.meta.url), 'utf8'),
);

const near = (found: number | null | undefined, wanted: number, tolerance = 1e-9) =>
  assert.ok(
    Math.abs((found ?? Number.NaN) - wanted) <= tolerance * Math.max(1e-3, Math.abs(wanted)),
    `${found} is not ${wanted}`,
  );

describe('differences over photographs and seeds', () => {
  for (const { name, weights, values, expected } of reference.cases) {
    it(`have the reference's error, interval and p: ${name}`, () => {
      const found = crossedDifference(
        values.map(([task, seed, photo, value]) => ({ task, seed, photo, value })),
        weights,
      );
      near(found.value, expected.value);
      near(found.standardError, expected.standardError);
      near(found.degrees, expected.degrees);
      near(found.interval?.[0], expected.interval[0] as number);
      near(found.interval?.[1], expected.interval[1] as number);
      near(found.p, expected.p, 1e-8);
    });
  }

  it('have the closed form of two crossed factors', () => {
    // Photographs +-1, seeds +-2, interaction +-0.5 (seed * photo): mean squares by hand.
    const values = [-1, 1].flatMap((seed) =>
      [-1, 1].map((photo) => ({
        task: 0,
        seed,
        photo,
        value: 3 + photo + 2 * seed + 0.5 * seed * photo,
      })),
    );
    const found = crossedMean(values, [1]);
    // MS_photo = 4, MS_seed = 16, MS_interaction = 1: (4 + 16 - 1) / 4.
    near(found.value, 3);
    near(found.standardError, Math.sqrt(19 / 4));
    near(found.degrees, 19 ** 2 / (4 ** 2 + 16 ** 2 + 1));
    assert.equal(found.clusters, 'photographs and seeds');
  });

  it('are those of photographs alone with one seed', () => {
    const values = [1, 3, 4, 6, 5, 9].map((value, at) => ({
      task: 0,
      seed: 7,
      photo: at >> 1,
      value,
    }));
    const found = crossedMean(values, [1]);
    near(found.standardError, estimate(values).standardError as number);
    assert.equal(found.clusters, 'photographs');
    assert.equal(found.degrees, 2);
  });

  it('do not fall below one way of clustering', () => {
    // Seeds and photographs have the same means throughout; only their interaction varies.
    const values = [-1, 1].flatMap((seed) =>
      [-1, 1].map((photo) => ({ task: 0, seed, photo, value: seed * photo })),
    );
    assert.equal(crossedMean(values, [1]).standardError, 0);
    const more = values.map((one) => ({ ...one, value: one.value + 0.1 * one.photo }));
    near(crossedMean(more, [1]).standardError, 0.1);
  });

  it('are unbiased, and their intervals hold the truth as often as they say', () => {
    const [seeds, photos, rounds] = [3, 12, 400];
    const sd = { photo: 0.05, seed: 0.03, both: 0.04 };
    const wanted = sd.photo ** 2 / photos + sd.seed ** 2 / seeds + sd.both ** 2 / (seeds * photos);
    let variance = 0;
    let held = 0;
    for (let round = 0; round < rounds; round++) {
      const place = (kind: number, at: number) => normal(round, kind, at);
      const values: CrossedValue[] = Array.from({ length: seeds * photos }, (_, at) => {
        const [seed, photo] = [at % seeds, Math.floor(at / seeds)];
        const value =
          sd.photo * place(1, photo) + sd.seed * place(2, seed) + sd.both * place(3, at);
        return { task: 0, seed, photo, value };
      });
      const { standardError, interval } = crossedDifference(values, [1]);
      variance += (standardError as number) ** 2 / rounds;
      held += Number((interval?.[0] as number) <= 0 && (interval?.[1] as number) >= 0) / rounds;
    }
    assert.ok(Math.abs(variance / wanted - 1) < 0.1, `${variance} for ${wanted}`);
    assert.ok(held > 0.92 && held < 0.985, `${held} of the intervals`);
  });

  it('have no error with one photograph and one seed, and no value of an empty task', () => {
    const one = crossedDifference([{ task: 0, seed: 0, photo: 0, value: 1 }], [1]);
    assert.deepEqual(
      { ...one },
      {
        value: 1,
        standardError: null,
        degrees: null,
        clusters: 'none',
        images: 1,
        left: 0,
        interval: null,
        p: null,
      },
    );
    const empty = crossedDifference([{ task: 0, seed: 0, photo: 0, value: 1 }], [1, 1]);
    assert.deepEqual([empty.value, empty.interval, empty.p], [null, null, null]);
    assert.equal(crossedMean([], []).value, null);
  });

  it('leave infinite values out and count them', () => {
    const values = [Number.POSITIVE_INFINITY, 2, 4, Number.NaN].map((value, photo) => ({
      ...{ task: 0, seed: 0, photo, value },
    }));
    const found = crossedMean(values, [1]);
    assert.deepEqual([found.value, found.images, found.left], [3, 2, 2]);
  });

  it('that do not vary have a p of 1 at 0, and none elsewhere', () => {
    const same = (value: number) =>
      crossedDifference(
        [0, 1].map((photo) => ({ task: 0, seed: 0, photo, value })),
        [1],
      );
    assert.equal(same(0).p, 1);
    assert.equal(same(0.5).p, null);
    assert.deepEqual(same(0.5).interval, [0.5, 0.5]);
  });
});

describe("Student's t", () => {
  it('is SciPy’s', () => {
    for (const { t, degrees, p } of reference.student) near(twoSidedP(t, degrees), p, 1e-10);
    for (const { degrees, t } of reference.critical) near(criticalT(0.05, degrees), t, 1e-9);
  });
});

describe('p-values of several comparisons', () => {
  it('are adjusted as Holm does, unknown ones left alone', () => {
    const { p, adjusted } = reference.holm;
    for (const [at, value] of holm(p).entries()) near(value, adjusted[at] as number);
    assert.deepEqual(holm([null, 0.02, null, 0.03]), [null, 0.04, null, 0.04]);
    assert.deepEqual(holm([]), []);
  });
});

describe('the crossed bootstrap', () => {
  const draws = (seed: number, photos = 4) =>
    resample({ resamples: 50, seed }, { seeds: 3, photos }, ({ seeds, photos: drawn }) => [
      [...seeds],
      [...drawn],
    ]);

  it('draws as many photographs and seeds as there are, the same for the same seed', () => {
    const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    for (const [seeds = [], photos = []] of draws(5)) {
      assert.equal(total(seeds), 3);
      assert.equal(total(photos), 4);
    }
    assert.deepEqual(draws(5), draws(5));
    assert.notDeepEqual(draws(5), draws(6));
  });

  it('has the variance of a mean that the closed form has, but for few seeds', () => {
    const photos = Array.from({ length: 40 }, (_, at) => normal(9, 0, at));
    const means = resample({ resamples: 4000, seed: 1 }, { seeds: 1, photos: 40 }, (draw) =>
      photos.reduce((sum, value, at) => sum + value * ((draw.photos[at] as number) / 40), 0),
    );
    const values = photos.map((value, photo) => ({ task: 0, seed: 0, photo, value }));
    const { value, standardError } = crossedMean(values, [1]);
    const [low, high] = percentileInterval(means) as readonly [number, number];
    near((high - low) / 2, 1.96 * (standardError as number), 0.06);
    near((high + low) / 2, value as number, 0.2);
  });

  it('takes quantiles between the nearest values', () => {
    const values = Array.from({ length: 41 }, (_, at) => 40 - at);
    assert.deepEqual(percentileInterval(values), [1, 39]);
    assert.deepEqual(percentileInterval([2]), [2, 2]);
    assert.equal(percentileInterval([]), null);
  });
});
