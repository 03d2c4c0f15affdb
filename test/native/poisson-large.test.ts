import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { channel, flat, type Size } from './noise.ts';
import { poissonProbabilities } from './poisson.ts';
import { poissonNoiseOf } from './space-ops.ts';
import { chiSquare, correlation, moments } from './statistics.ts';

const size: Size = [300, 301];

function numbersOf(out: Float32Array, vals: number): number[] {
  return Array.from(out, (value) => {
    const k = value * vals;
    assert.ok(Math.abs(k - Math.round(k)) < 0.02, `${k} is an integer`);
    return Math.round(k);
  });
}

describe('Poisson noise of given photons', () => {
  // Below and above a rate of 32, where the sampler changes its method, and up to the largest.
  for (const [vals, level] of [
    [100, 1],
    [100, 25],
    [100, 81],
    [100, 82],
    [128, 64],
    [777.7, 100],
    [10000, 3],
    [10000, 128],
    [10000, 200],
  ] as const) {
    const rate = (level / 255) * vals;
    it(`draws Poisson(${rate.toFixed(2)}) from ${vals} photons and level ${level}`, () => {
      const numbers = numbersOf(poissonNoiseOf(flat(...size, level / 255), size, { vals }), vals);
      const { mean, variance } = moments(numbers);
      const error = 4 / Math.sqrt(numbers.length);
      assert.ok(Math.abs(mean - rate) < error * Math.sqrt(rate), `mean ${mean}, rate ${rate}`);
      const spread = Math.sqrt(rate + 2 * rate * rate);
      assert.ok(Math.abs(variance - rate) < error * spread, `variance ${variance}, rate ${rate}`);
      const { chi, cells } = chiSquare(numbers, poissonProbabilities(rate));
      const freedom = cells - 1;
      assert.ok(chi < freedom + 4 * Math.sqrt(2 * freedom) + 4, `chi-square ${chi}, ${freedom}`);
      assert.ok(freedom >= 2);
    });
  }

  it('is independent between channels, pixels and stages', () => {
    const image = flat(...size, 0.5);
    const out = poissonNoiseOf(image, size, { vals: 1000 });
    const other = poissonNoiseOf(image, size, { vals: 1000, stage: 1 });
    const red = channel(out, 0);
    const limit = 4 / Math.sqrt(red.length);
    for (const [b, lag] of [
      [channel(out, 1), 0],
      [channel(out, 2), 0],
      [channel(other, 0), 0],
      ...[1, 2, 32, 128, size[1]].map((lag) => [red, lag]),
    ] as [Float32Array, number][])
      assert.ok(Math.abs(correlation(red, b, lag)) < limit, `lag ${lag}`);
  });

  it('puts the noise on the image in 8 bits, times its scale', () => {
    const shape: Size = [40, 40];
    const image = flat(...shape, 100.4 / 255);
    const whole = poissonNoiseOf(image, shape, { vals: 500 });
    const half = poissonNoiseOf(image, shape, { vals: 500, level: 0.5 });
    numbersOf(whole, 500);
    for (const [i, value] of half.entries())
      assert.ok(Math.abs(value - ((whole[i] as number) + 100 / 255) / 2) < 1e-6);
  });

  it('draws one field from the luma when gray', () => {
    const shape: Size = [64, 64];
    const image = flat(...shape, 0);
    channel(image, 0).fill(80 / 255);
    channel(image, 1).fill(120 / 255);
    channel(image, 2).fill(60 / 255);
    const vals = 400;
    const out = poissonNoiseOf(image, shape, { vals, gray: true });
    const noise = (c: number) =>
      channel(out, c).map((value, i) => value - (channel(image, c)[i] as number));
    const [red, green, blue] = [noise(0), noise(1), noise(2)];
    for (const [i, value] of red.entries()) {
      assert.ok(Math.abs(value - (green[i] as number)) < 1e-6);
      assert.ok(Math.abs(value - (blue[i] as number)) < 1e-6);
      // 0.299 80 + 0.587 120 + 0.114 60 = 101.2
      const k = (value + 101 / 255) * vals;
      assert.ok(Math.abs(k - Math.round(k)) < 1e-2, `${k} is an integer`);
    }
  });

  it('leaves black black and clamps to [0, 1]', () => {
    const black = poissonNoiseOf(flat(9, 9, 0), [9, 9], { vals: 100 });
    assert.ok(black.every((v) => v === 0));
    const out = poissonNoiseOf(flat(64, 64, 1), [64, 64], { vals: 100 });
    assert.equal(Math.max(...out), 1);
  });
});
