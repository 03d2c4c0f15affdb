import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';
import { philox4x32, type Words2 } from '../../src/rng.ts';
import { correlation, kolmogorovSmirnov, moments, normalCdf } from './statistics.ts';

type Noise = (
  image: Float32Array,
  height: number,
  width: number,
  level: number,
  gray: boolean,
  k0: number,
  k1: number,
  grayK0: number,
  grayK1: number,
  stage: number,
) => Float32Array;

const { _gaussianNoise } = native as unknown as { _gaussianNoise: Noise };

interface NoiseOptions {
  level: number;
  gray?: boolean;
  key?: Words2;
  grayKey?: Words2;
  stage?: number;
}

const defaultKey: Words2 = [0x12345678, 0x9abcdef0];

function noisy(noise: Noise, image: Float32Array, size: [number, number], options: NoiseOptions) {
  const { level, gray = false, key = defaultKey, grayKey = key, stage = 0 } = options;
  return noise(image, ...size, level, gray, ...key, ...grayKey, stage);
}

const flat = (height: number, width: number, value: number) =>
  new Float32Array(3 * height * width).fill(value);

const channel = (image: Float32Array, c: number) =>
  image.subarray((c * image.length) / 3, ((c + 1) * image.length) / 3);

describe('Gaussian noise', () => {
  const size: [number, number] = [400, 401];
  const sigma = 12.75;
  const mid = flat(...size, 0.5);
  const color = noisy(_gaussianNoise, mid, size, { level: sigma });
  const unit = Float64Array.from(color, (value) => ((value - 0.5) * 255) / sigma);
  const count = size[0] * size[1];

  it('is standard normal times sigma / 255', () => {
    const { mean, variance, skewness, kurtosis } = moments(unit);
    // Four standard errors each.
    const error = 4 / Math.sqrt(unit.length);
    assert.ok(Math.abs(mean) < error, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < error * Math.SQRT2, `variance ${variance}`);
    assert.ok(Math.abs(skewness) < error * Math.sqrt(6), `skewness ${skewness}`);
    assert.ok(Math.abs(kurtosis) < error * Math.sqrt(24), `kurtosis ${kurtosis}`);
    // 1.95 is the 0.1 % point of the Kolmogorov distribution.
    assert.ok(kolmogorovSmirnov(unit, normalCdf) < 1.95);
  });

  it('is independent between channels, pixels and stages', () => {
    const planes = [0, 1, 2].map((c) => unit.subarray(c * count, (c + 1) * count));
    const [red, green, blue] = planes as [Float64Array, Float64Array, Float64Array];
    const other = noisy(_gaussianNoise, mid, size, { level: sigma, stage: 1 });
    const limit = 4 / Math.sqrt(count);
    for (const [a, b, lag] of [
      [red, green, 0],
      [red, blue, 0],
      [green, blue, 0],
      [red, channel(other, 0), 0],
      // Lanes of one Box-Muller pair and of one Philox block lie 32 apart.
      ...[1, 2, 4, 32, 64, 96, 128, 401].map((lag) => [red, red, lag]),
    ] as [Float64Array, ArrayLike<number>, number][]) {
      const r = correlation(a, b, lag);
      assert.ok(Math.abs(r) < limit, `lag ${lag}: ${r}`);
      const squares = correlation(
        a.map((x) => x * x),
        Float64Array.from(b, (x) => x * x),
        lag,
      );
      assert.ok(Math.abs(squares) < limit, `squares, lag ${lag}: ${squares}`);
    }
  });

  it('follows the documented counter layout', () => {
    const words = philox4x32(defaultKey, [32 * 5 + 7, 1, 1 + (1 << 8), 0]);
    const small = noisy(_gaussianNoise, mid, size, { level: sigma, stage: 1 });
    const green = channel(small, 1);
    for (const pair of [0, 1]) {
      const radius = Math.sqrt(
        -2 * Math.log((((words[2 * pair] as number) >>> 1) + 0.5) / 2 ** 31),
      );
      const angle = (2 * Math.PI * (words[2 * pair + 1] as number)) / 2 ** 32;
      for (const [j, normal] of [Math.cos(angle), Math.sin(angle)].entries()) {
        const pixel = 128 * 5 + 32 * (2 * pair + j) + 7;
        const expected = 0.5 + (radius * normal * sigma) / 255;
        assert.ok(Math.abs((green[pixel] as number) - expected) < 1e-6);
      }
    }
  });

  it('does not depend on the shape of the image, only on the pixel number', () => {
    const wide = noisy(_gaussianNoise, flat(1, 77, 0.5), [1, 77], { level: sigma });
    const tall = noisy(_gaussianNoise, flat(77, 1, 0.5), [77, 1], { level: sigma });
    assert.deepEqual(wide, tall);
    assert.deepEqual(channel(wide, 2), channel(color, 2).subarray(0, 77));
  });

  it('draws one field for all channels when gray, from the gray key', () => {
    const options = { level: sigma, gray: true, grayKey: [3, 4] as const };
    const gray = noisy(_gaussianNoise, mid, size, options);
    assert.deepEqual(channel(gray, 0), channel(gray, 1));
    assert.deepEqual(channel(gray, 0), channel(gray, 2));
    const shared = noisy(_gaussianNoise, mid, size, { ...options, key: [9, 9] });
    assert.deepEqual(shared, gray);
    const other = noisy(_gaussianNoise, mid, size, { ...options, grayKey: [3, 5] });
    assert.notDeepEqual(other, gray);
    assert.ok(Math.abs(correlation(channel(gray, 0), channel(color, 0))) < 4 / Math.sqrt(count));
  });

  it('clamps to [0, 1] without rounding to 8 bits', () => {
    const out = noisy(_gaussianNoise, flat(64, 64, 0.98), [64, 64], { level: 30 });
    assert.equal(Math.max(...out), 1);
    assert.ok(
      out.some((value) => value < 1 && Math.abs(value * 255 - Math.round(value * 255)) > 0.1),
    );
    const dark = noisy(_gaussianNoise, flat(64, 64, 0.02), [64, 64], { level: 30 });
    assert.equal(Math.min(...dark), 0);
  });
});

describe('noise counters', () => {
  it('are never used twice within one image', () => {
    const used = new Set<string>();
    let words = 0;
    const pixels = 1000;
    for (const operator of [1, 2]) {
      for (const stage of [0, 1]) {
        for (const field of [0, 1, 2, 3]) {
          for (let pixel = 0; pixel < pixels; pixel++) {
            const group = Math.floor(pixel / 128) * 32 + (pixel % 32);
            const lane = Math.floor(pixel / 32) % 4;
            used.add([group, field, operator | (stage << 8), lane].join());
            words++;
          }
        }
      }
    }
    assert.equal(used.size, words);
  });
});
