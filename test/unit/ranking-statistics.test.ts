import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { equalMassBins } from '../../src/evaluate/ranking/bins.ts';
import {
  chanceLevel,
  correlationRatio,
  permuted,
  varies,
} from '../../src/evaluate/ranking/correlation-ratio.ts';
import { cutsOf, roundWithin } from '../../src/evaluate/ranking/cuts.ts';
import { photoResamples, ratioInterval } from '../../src/evaluate/ranking/interval.ts';
import { Random } from '../../src/rng.ts';

const classes = (...of: number[]) => ({ of: Int32Array.from(of), count: Math.max(...of) + 1 });

/** Uniform numbers that have nothing to do with any others of another seed. */
const uniforms = (count: number, seed: number) => {
  const random = new Random(seed, 0, 0);
  return Array.from({ length: count }, () => random.uniform());
};

describe('the correlation ratio', () => {
  it('is that of the textbook example: marks of three subjects, eta^2 = 6780 / 9640', () => {
    const algebra = [45, 70, 29, 15, 21];
    const geometry = [40, 20, 30, 42];
    const statistics = [65, 95, 80, 70, 85, 73];
    const bins = classes(
      ...algebra.map(() => 0),
      ...geometry.map(() => 1),
      ...statistics.map(() => 2),
    );
    const eta2 = correlationRatio([...algebra, ...geometry, ...statistics], bins);
    assert.ok(Math.abs((eta2 as number) - 6780 / 9640) < 1e-12, `${eta2}`);
  });

  it('is 1 when classes say all, 0 when their means agree, and none of constant scores', () => {
    assert.equal(correlationRatio([1, 1, 4, 4], classes(0, 0, 1, 1)), 1);
    assert.equal(correlationRatio([1, 3, 1, 3], classes(0, 0, 1, 1)), 0);
    assert.equal(correlationRatio([7.1, 7.1, 7.1], classes(0, 1, 1)), null);
    assert.equal(varies([30.1, 30.1, 30.1]), false);
  });

  it('lies in [0, 1] and is the same for any shift and scale of the scores', () => {
    const draws = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: -99, max: 99 })),
      {
        minLength: 4,
      },
    );
    fc.assert(
      fc.property(draws, (values) => {
        const bins = { of: Int32Array.from(values, ([bin]) => bin), count: 4 };
        const scores = values.map(([, score]) => score);
        const eta2 = correlationRatio(scores, bins);
        const other = correlationRatio(
          scores.map((score) => 20 - 3 * score),
          bins,
        );
        if (eta2 === null || other === null) return eta2 === other;
        return eta2 >= 0 && eta2 <= 1 && Math.abs(eta2 - other) < 1e-9;
      }),
    );
  });

  it('has the analytic mean under permutation, exactly over all orders', () => {
    const scores = [1, 2, 4, 8];
    const bins = classes(0, 0, 1, 2);
    const orders = (left: number[]): number[][] =>
      left.length === 0
        ? [[]]
        : left.flatMap((first, at) =>
            orders(left.toSpliced(at, 1)).map((rest) => [first, ...rest]),
          );
    const all = orders(scores).map((order) => correlationRatio(order, bins) as number);
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    assert.ok(Math.abs(mean - chanceLevel(3, 4)) < 1e-12, `${mean}`);
  });
});

describe('the level of chance', () => {
  const n = 600;
  const scores = uniforms(n, 1);
  const options = { permutations: 200, seed: 3 };

  it('is what an independent parameter reaches', () => {
    const bins = equalMassBins(uniforms(n, 2), 5);
    const [found] = permuted(scores, [bins], options);
    assert.ok(Math.abs((found?.mean ?? 0) - chanceLevel(5, n)) < 0.0015, `${found?.mean}`);
    assert.ok((found?.upper ?? 0) > (found?.mean ?? 1) && (found?.upper ?? 1) < 0.03);
    assert.ok((correlationRatio(scores, bins) as number) < 0.03);
    assert.ok((found?.p ?? 0) > 0.01, `${found?.p}`);
  });

  it('is far below what a parameter that matters reaches, and the same for a seed', () => {
    const bins = equalMassBins(scores, 5);
    const [found] = permuted(scores, [bins], options);
    assert.equal(found?.p, 1 / 201);
    assert.deepEqual(permuted(scores, [bins], options), [found]);
    assert.notDeepEqual(permuted(scores, [bins], { ...options, seed: 4 }), [found]);
  });
});

describe('equal-mass bins', () => {
  it('hold equal counts, and keep few values apart', () => {
    const { of, count } = equalMassBins(uniforms(100, 5), 5);
    assert.equal(count, 5);
    const sizes = Array.from({ length: 5 }, (_, bin) => of.filter((own) => own === bin).length);
    assert.deepEqual(sizes, [20, 20, 20, 20, 20]);
    assert.deepEqual(equalMassBins([3, 3, 3, 9, 5], 2), {
      of: Int32Array.of(0, 0, 0, 2, 1),
      count: 3,
    });
    assert.equal(equalMassBins([4, 4, 4], 5).count, 1);
  });

  it('keep ties together and leave no class empty', () => {
    const values = [...new Array<number>(50).fill(0), ...uniforms(50, 6).map((value) => 1 + value)];
    const { of, count } = equalMassBins(values, 5);
    assert.equal(new Set(of.slice(0, 50)).size, 1);
    const sizes = Array.from({ length: count }, (_, bin) => of.filter((own) => own === bin).length);
    assert.deepEqual(sizes, [50, 10, 20, 20]);
    assert.equal(new Set(of).size, count);
    assert.equal(Math.max(...of), count - 1);
  });

  it('are the same after any monotone transform, and so is eta^2', () => {
    const values = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 20 });
    fc.assert(
      fc.property(values, (numbers) => {
        // Halves of 1 / 2^20 survive the transforms below without new ties.
        const steps = numbers.map((value) => Math.round(value * 2 ** 20));
        const scores = steps.map((value, i) => Math.sin(value) + i);
        const bins = equalMassBins(steps, 5);
        for (const transform of [(x: number) => x ** 3, (x: number) => 7 * x - 2]) {
          const other = equalMassBins(steps.map(transform), 5);
          assert.deepEqual(other, bins);
        }
        const falling = equalMassBins(
          steps.map((value) => -value),
          steps.length,
        );
        const rising = equalMassBins(steps, steps.length);
        const ratios = [rising, falling].map((own) => correlationRatio(scores, own) ?? 0);
        assert.ok(Math.abs((ratios[0] as number) - (ratios[1] as number)) < 1e-9);
      }),
    );
  });
});

describe('cuts', () => {
  it('are the shortest numbers between two values, and belong to the upper side', () => {
    assert.equal(roundWithin(0.58, 0.63), 0.6);
    assert.equal(roundWithin(0, 1), 0.5);
    assert.equal(roundWithin(7.9, 8), 8);
    assert.equal(roundWithin(0.123456, 0.123457), 0.1234565);
  });

  it('leave a tenth of the values on either side', () => {
    const values = [
      ...new Array<number>(300).fill(0),
      ...uniforms(700, 7).map((value) => 2 + value),
    ];
    const cuts = cutsOf(values);
    assert.ok(cuts.length > 10);
    for (const cut of cuts) {
      const below = values.filter((value) => value < cut).length;
      assert.ok(below >= 100 && below <= 900, `${cut}: ${below}`);
    }
    assert.ok(cuts[0] === 1 || ((cuts[0] as number) > 0 && (cuts[0] as number) <= 2.1));
    assert.deepEqual(cutsOf([5, 5, 5, 5]), []);
    assert.deepEqual(cutsOf([...new Array<number>(95).fill(0), 1, 1, 1, 1, 1]), []);
  });
});

describe('intervals over photographs', () => {
  const photos = Array.from({ length: 600 }, (_, i) => i % 12);

  it('hold the capacity of the process that made the scores, about as often as they say', () => {
    let held = 0;
    for (let round = 0; round < 40; round++) {
      const values = uniforms(600, 100 + round);
      const noise = uniforms(600, 300 + round);
      // Two classes with means 0.5 apart, uniform noise of variance 1 / 12: eta^2 = 0.0625 / (0.0625 + 1 / 12).
      const scores = values.map((value, i) => 0.5 * Number(value >= 0.5) + (noise[i] as number));
      const bins = { of: Int32Array.from(values, (value) => Number(value >= 0.5)), count: 2 };
      const times = photoResamples(12, { resamples: 200, seed: round });
      const [low, high] = ratioInterval(scores, photos, { bins, times }) as [number, number];
      const truth = 0.0625 / (0.0625 + 1 / 12);
      if (low <= truth && truth <= high) held++;
    }
    assert.ok(held >= 33, `${held} of 40`);
  });

  it('are no higher for repeated draws: chance stays within them', () => {
    const bins = equalMassBins(uniforms(600, 8), 5);
    const times = photoResamples(12, { resamples: 300, seed: 1 });
    const [low, high] = ratioInterval(uniforms(600, 9), photos, { bins, times }) as [
      number,
      number,
    ];
    assert.ok(low <= chanceLevel(5, 600) && high < 0.04, `${low} to ${high}`);
  });

  it('need two photographs', () => {
    const times = photoResamples(1, { resamples: 20, seed: 1 });
    const bins = classes(0, 1, 0, 1);
    assert.equal(ratioInterval([1, 2, 3, 4], [0, 0, 0, 0], { bins, times }), null);
  });
});
