import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { channel, flat, poissonNoise, type Size } from './noise.ts';
import { poissonProbabilities, poissonTable } from './poisson.ts';
import { chiSquare, correlation, moments } from './statistics.ts';

/** The Poisson numbers behind an image: out = image + scale (k / vals - q). */
function draws(out: Float32Array, image: Float32Array, scale: number, vals: number): number[] {
  return Array.from(out, (value, i) => {
    const x = image[i] as number;
    const q = Math.round(255 * x) / 255;
    const k = ((value - x) / scale + q) * vals;
    assert.ok(Math.abs(k - Math.round(k)) < 0.01, `${k} is an integer`);
    return Math.round(k);
  });
}

describe('Poisson tables', () => {
  it('hold every probability of every rate to within 2^-32', () => {
    for (let exponent = 0; exponent <= 8; exponent++) {
      for (let level = 0; level < 256; level++) {
        const { slots, smallest } = poissonTable(exponent, level);
        const units = new Map<number, number>();
        const add = (k: number, amount: number) => units.set(k, (units.get(k) ?? 0) + amount);
        for (const [own, slot] of slots.entries()) {
          add(smallest + own, slot >>> 8);
          add(smallest + (slot & 255), 2 ** 24 - (slot >>> 8));
        }
        const exact = poissonProbabilities((level * 2 ** exponent) / 255);
        for (const [k, probability] of exact.entries()) {
          const error = Math.abs((units.get(k) ?? 0) - probability * 2 ** 32);
          assert.ok(error <= 1.001, `vals 2^${exponent}, level ${level}, k ${k}: off by ${error}`);
        }
      }
    }
  });
});

describe('Poisson noise', () => {
  const size: Size = [300, 400];
  const scale = 0.05;

  // `distinct` levels, evenly over 60 .. 190, in turn.
  const stripes = (distinct: number) => {
    const levels = Array.from({ length: distinct }, (_, i) =>
      Math.round(60 + (130 * i) / Math.max(1, distinct - 1)),
    );
    const image = Float32Array.from(
      { length: 3 * size[0] * size[1] },
      (_, i) => (levels[i % distinct] as number) / 255,
    );
    return { levels, image };
  };

  for (const [distinct, vals] of [
    [1, 1],
    [2, 2],
    [3, 4],
    [4, 4],
    [17, 32],
    [100, 128],
    [130, 256],
  ] as const) {
    it(`draws Poisson(q vals) with vals ${vals} for ${distinct} levels`, () => {
      const { levels, image } = stripes(distinct);
      const out = poissonNoise(image, size, { level: scale });
      const numbers = draws(out, image, scale, vals);
      for (const j of new Set([0, distinct >> 1, distinct - 1])) {
        const samples = numbers.filter((_, i) => i % distinct === j);
        const rate = ((levels[j] as number) / 255) * vals;
        const { mean, variance } = moments(samples);
        const error = 4 / Math.sqrt(samples.length);
        assert.ok(Math.abs(mean - rate) < error * Math.sqrt(rate), `mean ${mean}, rate ${rate}`);
        const spread = Math.sqrt(rate + 2 * rate * rate);
        assert.ok(Math.abs(variance - rate) < error * spread, `variance ${variance}, rate ${rate}`);
        const { chi, cells } = chiSquare(samples, poissonProbabilities(rate));
        const freedom = cells - 1;
        assert.ok(chi < freedom + 4 * Math.sqrt(2 * freedom) + 4, `chi-square ${chi}, ${freedom}`);
        assert.ok(freedom >= 3);
      }
    });
  }

  it('has the variance scale^2 q / vals and no correlation between channels and pixels', () => {
    const image = stripes(200).image;
    const out = poissonNoise(image, size, { level: 0.3 });
    const unit = Float64Array.from(out, (value, i) => {
      const q = image[i] as number;
      return (value - q) / (0.3 * Math.sqrt(q / 256));
    });
    const count = size[0] * size[1];
    assert.ok(Math.abs(moments(unit).variance - 1) < 4 * Math.sqrt(2 / unit.length));
    const [red, green, blue] = [0, 1, 2].map((c) => unit.subarray(c * count, (c + 1) * count)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const limit = 4 / Math.sqrt(count);
    for (const [a, b, lag] of [
      [red, green, 0],
      [green, blue, 0],
      ...[1, 32, 64, 96, 128, 400].map((lag) => [red, red, lag]),
    ] as [Float64Array, Float64Array, number][]) {
      assert.ok(Math.abs(correlation(a, b, lag)) < limit, `lag ${lag}`);
    }
  });

  it('counts the distinct levels of all three channels together', () => {
    const image = flat(16, 16, 0);
    channel(image, 0).fill(100 / 255);
    channel(image, 1).fill(101 / 255);
    channel(image, 2).fill(102 / 255);
    const out = poissonNoise(image, [16, 16], { level: scale });
    assert.ok(draws(out, image, scale, 4).some((k) => k % 2 === 1));
  });

  it('quantises a copy for the rate and adds to the image itself', () => {
    const image = flat(16, 16, 100.4 / 255);
    const out = poissonNoise(image, [16, 16], { level: scale });
    draws(out, image, scale, 1);
    const nearby = poissonNoise(flat(16, 16, 99.6 / 255), [16, 16], { level: scale });
    for (const [i, value] of nearby.entries()) {
      assert.ok(Math.abs(value - (out[i] as number) + 0.8 / 255) < 1e-6);
    }
  });

  it('draws one field from the luma and its own levels when gray', () => {
    const image = flat(64, 64, 0);
    for (let i = 0; i < 64 * 64; i++) {
      // Many levels of red and green, but one of luma: 0.2989 r + 0.587 g = 0.302.
      const r = 0.1 + (0.6 * i) / 4096;
      image[i] = r;
      image[4096 + i] = (0.302 - 0.2989 * r) / 0.587;
      image[8192 + i] = 0;
    }
    const out = poissonNoise(image, [64, 64], { level: scale, gray: true });
    const difference = (c: number, i: number) =>
      (out[c * 4096 + i] as number) - (image[c * 4096 + i] as number);
    const q = Math.round(0.302 * 255) / 255;
    for (let i = 0; i < 4096; i++) {
      assert.ok(Math.abs(difference(0, i) - difference(1, i)) < 1e-6);
      const k = difference(0, i) / scale + q;
      assert.ok(Math.abs(k - Math.round(k)) < 1e-3, 'vals is 1');
      // Blue is black: what would be negative is clamped.
      assert.ok(Math.abs(Math.max(0, difference(0, i)) - difference(2, i)) < 1e-6);
    }
  });

  it('leaves black black and clamps to [0, 1]', () => {
    assert.deepEqual(poissonNoise(flat(9, 9, 0), [9, 9], { level: 3 }), flat(9, 9, 0));
    const out = poissonNoise(flat(64, 64, 0.5), [64, 64], { level: 3 });
    assert.equal(Math.max(...out), 1);
    assert.equal(Math.min(...out), 0);
  });
});
