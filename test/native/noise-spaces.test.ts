import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { channel, flat, gaussianNoise, noiseWords, type Size, wordPosition } from './noise.ts';
import { correlatedNoise, speckleNoise } from './space-ops.ts';
import { correlation, kolmogorovSmirnov, moments, normalCdf } from './statistics.ts';

const size: Size = [300, 301];
const count = size[0] * size[1];
const level = 12.75;
const sigma = level / 255;
const mid = flat(...size, 0.5);

function difference(out: Float32Array, image: Float32Array): Float64Array {
  return Float64Array.from(out, (value, i) => value - (image[i] as number));
}

function planesOf(values: Float64Array): [Float64Array, Float64Array, Float64Array] {
  const plane = (c: number) => values.subarray(c * count, (c + 1) * count);
  return [plane(0), plane(1), plane(2)];
}

// A symmetric matrix and its square, the covariance that it stands for.
const mix = Float32Array.of(0.8, 0.3, -0.2, 0.6, 0.1, 0.7);
const matrix = [
  [0.8, 0.3, -0.2],
  [0.3, 0.6, 0.1],
  [-0.2, 0.1, 0.7],
];
const covariance = (a: number, b: number) =>
  [0, 1, 2].reduce((sum, k) => sum + (matrix[a]?.[k] ?? 0) * (matrix[k]?.[b] ?? 0), 0);

function assertCovariance(noise: Float64Array): void {
  const planes = planesOf(noise);
  for (const a of [0, 1, 2] as const) {
    for (const b of [0, 1, 2] as const) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += (planes[a][i] as number) * (planes[b][i] as number);
      const expected = covariance(a, b);
      const spread = Math.sqrt((covariance(a, a) * covariance(b, b) + expected ** 2) / count);
      assert.ok(Math.abs(sum / count - expected) < 4 * spread, `${a} ${b}: ${sum / count}`);
    }
  }
}

describe('correlated Gaussian noise', () => {
  it('has the covariance mix squared times the level', () => {
    const out = correlatedNoise(mid, size, { level, mix });
    assertCovariance(difference(out, mid).map((n) => n / sigma));
  });

  it('is the plain noise of its channels when nothing is mixed', () => {
    const out = correlatedNoise(mid, size, { level, stage: 2 });
    const plain = gaussianNoise(mid, size, { level, stage: 2 - 1 });
    assert.notDeepEqual(out, plain);
    assert.deepEqual(correlatedNoise(mid, size, { level, stage: 1 }), plain);
  });

  it('clamps to [0, 1]', () => {
    const out = correlatedNoise(flat(64, 64, 0.98), [64, 64], { level: 30, mix });
    assert.equal(Math.max(...out), 1);
    const dark = correlatedNoise(flat(64, 64, 0.02), [64, 64], { level: 30, mix });
    assert.equal(Math.min(...dark), 0);
  });
});

describe('speckle', () => {
  const out = speckleNoise(mid, size, { level });
  const unit = difference(out, mid).map((n) => n / (0.5 * sigma));

  it('is normal with the deviation level / 255 times the image', () => {
    const { mean, variance, skewness, kurtosis } = moments(unit);
    const error = 4 / Math.sqrt(unit.length);
    assert.ok(Math.abs(mean) < error, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < error * Math.SQRT2, `variance ${variance}`);
    assert.ok(Math.abs(skewness) < error * Math.sqrt(6), `skewness ${skewness}`);
    assert.ok(Math.abs(kurtosis) < error * Math.sqrt(24), `kurtosis ${kurtosis}`);
    assert.ok(kolmogorovSmirnov(unit, normalCdf) < 1.95);
    const quarter = speckleNoise(flat(...size, 0.25), size, { level });
    for (const [i, value] of quarter.entries())
      assert.ok(Math.abs(value - (out[i] as number) / 2) < 1e-6);
  });

  it('has its own numbers, independent between channels and stages and of Gaussian noise', () => {
    const [red, green, blue] = planesOf(unit);
    const gaussian = difference(gaussianNoise(mid, size, { level }), mid);
    const other = difference(speckleNoise(mid, size, { level, stage: 2 }), mid);
    const limit = 4 / Math.sqrt(count);
    for (const b of [green, blue, channel(Float32Array.from(gaussian), 0), planesOf(other)[0]])
      assert.ok(Math.abs(correlation(red, b)) < limit);
    for (const lag of [1, 32, 64, 96, 128, size[1]])
      assert.ok(Math.abs(correlation(red, red, lag)) < limit, `lag ${lag}`);
  });

  it('takes the words that its counters say', () => {
    for (const pixel of [0, 31, 32, 127, 128, 5000, count - 1]) {
      const { group, lane } = wordPosition(pixel);
      const words = noiseWords(3, 0, 1, group);
      const u = (((words[lane & 2] as number) >>> 1) + 0.5) / 2 ** 31;
      const angle = (2 * Math.PI * (words[(lane & 2) + 1] as number)) / 2 ** 32;
      const expected = (lane & 1 ? Math.sin(angle) : Math.cos(angle)) * Math.sqrt(-2 * Math.log(u));
      const actual = unit[count + pixel] as number;
      assert.ok(Math.abs(actual - expected) < 1e-5, `pixel ${pixel}: ${actual} ${expected}`);
    }
  });

  it('draws one field for all channels when gray', () => {
    const gray = speckleNoise(mid, size, { level, channels: 'gray' });
    assert.deepEqual(channel(gray, 0), channel(gray, 1));
    assert.deepEqual(channel(gray, 0), channel(gray, 2));
    assert.ok(Math.abs(correlation(channel(gray, 0), channel(out, 0))) < 4 / Math.sqrt(count));
  });

  it('mixes its channels when they are correlated', () => {
    const correlated = speckleNoise(mid, size, { level, mix, channels: 'correlated' });
    assertCovariance(difference(correlated, mid).map((n) => n / (0.5 * sigma)));
  });

  it('clamps before and after, and leaves black black', () => {
    for (const channels of ['colour', 'gray', 'correlated'] as const) {
      const bright = speckleNoise(flat(64, 64, 1.5), [64, 64], { level: 30, channels });
      const white = speckleNoise(flat(64, 64, 1), [64, 64], { level: 30, channels });
      assert.deepEqual(bright, white);
      assert.equal(Math.max(...white), 1);
      assert.ok(Math.min(...white) < 0.9);
      const black = speckleNoise(flat(64, 64, 0), [64, 64], { level: 30, channels });
      assert.ok(black.every((v) => v === 0));
    }
  });
});
