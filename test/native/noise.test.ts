import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { channel, flat, gaussianNoise, type Size } from './noise.ts';
import { correlation, kolmogorovSmirnov, moments, normalCdf } from './statistics.ts';

describe('Gaussian noise', () => {
  const size: Size = [400, 401];
  const sigma = 12.75;
  const mid = flat(...size, 0.5);
  const color = gaussianNoise(mid, size, { level: sigma });
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
    const other = gaussianNoise(mid, size, { level: sigma, stage: 1 });
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

  it('does not depend on the shape of the image, only on the pixel number', () => {
    const wide = gaussianNoise(flat(1, 77, 0.5), [1, 77], { level: sigma });
    const tall = gaussianNoise(flat(77, 1, 0.5), [77, 1], { level: sigma });
    assert.deepEqual(wide, tall);
    assert.deepEqual(channel(wide, 2), channel(color, 2).subarray(0, 77));
  });

  it('draws one field for all channels when gray, from the gray key', () => {
    const options = { level: sigma, gray: true, grayKey: [3, 4] as const };
    const gray = gaussianNoise(mid, size, options);
    assert.deepEqual(channel(gray, 0), channel(gray, 1));
    assert.deepEqual(channel(gray, 0), channel(gray, 2));
    const shared = gaussianNoise(mid, size, { ...options, key: [9, 9] });
    assert.deepEqual(shared, gray);
    const other = gaussianNoise(mid, size, { ...options, grayKey: [3, 5] });
    assert.notDeepEqual(other, gray);
    assert.ok(Math.abs(correlation(channel(gray, 0), channel(color, 0))) < 4 / Math.sqrt(count));
  });

  it('clamps to [0, 1] without rounding to 8 bits', () => {
    const out = gaussianNoise(flat(64, 64, 0.98), [64, 64], { level: 30 });
    assert.equal(Math.max(...out), 1);
    assert.ok(
      out.some((value) => value < 1 && Math.abs(value * 255 - Math.round(value * 255)) > 0.1),
    );
    const dark = gaussianNoise(flat(64, 64, 0.02), [64, 64], { level: 30 });
    assert.equal(Math.min(...dark), 0);
  });
});
