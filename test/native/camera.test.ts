import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floats, largestDifference, readFixture } from './degrade.ts';
import { testImage } from './images.ts';
import { flat, type Size } from './noise.ts';
import { type Camera, cameraNoise } from './space-ops.ts';
import { correlation, moments } from './statistics.ts';

interface Case {
  in: [number, number];
  seed: number;
  highlights: boolean;
  parameters: Omit<Camera, 'shot' | 'read'>;
  values: string;
}

const plain: Camera = {
  gain: 1.25,
  red: 2.1,
  blue: 1.7,
  weights: [1, 1, 1, 1],
  shot: 0,
  read: 0,
};

describe('camera', () => {
  it('agrees with its steps in float64 when there is no noise', () => {
    const { cases } = readFixture<{ cases: Case[] }>('camera.json');
    assert.ok(cases.length > 4);
    for (const c of cases) {
      const image = testImage(...c.in, c.seed);
      const picture = c.highlights ? image.map((v) => 0.992 + 0.008 * v) : image;
      const out = cameraNoise(picture, c.in, { ...c.parameters, shot: 0, read: 0 });
      const difference = largestDifference(out, floats(c.values));
      assert.ok(difference < 5e-6, `${c.in}, seed ${c.seed}: differs by ${difference}`);
    }
  });

  it('gives back a flat picture without noise, black and white too', () => {
    for (const value of [0, 0.004, 0.1, 0.3, 0.5, 0.8, 1]) {
      const image = flat(8, 9, value);
      const out = cameraNoise(image, [8, 9], plain);
      const difference = largestDifference(out, image);
      assert.ok(difference < 1e-5, `${value} differs by ${difference}`);
    }
  });

  it('clamps the picture first', () => {
    const image = testImage(12, 14, 3).map((v) => 2 * v - 0.5);
    const clamped = image.map((v) => Math.min(1, Math.max(0, v)));
    assert.deepEqual(cameraNoise(image, [12, 14], plain), cameraNoise(clamped, [12, 14], plain));
  });

  // White and gains of 1: the raw value is the linear one, and green sites show it.
  describe('noise', () => {
    const size: Size = [256, 258];
    const [height, width] = size;
    const value = 0.6;
    const linear = (0.5 - Math.sin(Math.asin(1 - 2 * value) / 3)) ** 2.2;
    const exposure = { ...plain, gain: 1, red: 1, blue: 1, weights: [0, 1, 0, 0] };
    const out = cameraNoise(flat(...size, value), size, { ...exposure, shot: 4e-3, read: 1e-4 });

    const matrix = [
      [0.4913, -0.0541, -0.0202],
      [-0.613, 1.3513, 0.2906],
      [-0.1564, 0.2151, 0.7183],
    ];
    const rgbToXyz = [
      [0.4124564, 0.3575761, 0.1804375],
      [0.2126729, 0.7151522, 0.072175],
      [0.0193339, 0.119192, 0.9503041],
    ];
    const toCamera = matrix.map((row) => {
      const product = [0, 1, 2].map((j) =>
        row.reduce((sum, m, k) => sum + m * (rgbToXyz[k]?.[j] ?? 0), 0),
      );
      const sum = product.reduce((a, b) => a + b);
      return product.map((m) => m / sum);
    });
    const linearOf = (v: number) => (0.5 - Math.sin(Math.asin(1 - 2 * v) / 3)) ** 2.2;
    /** What the sensor saw at the sites (row + 2 i, column + 2 j) of colour c. */
    const site = (c: number, row: number, column: number) => {
      const values: number[] = [];
      for (let y = row; y < height; y += 2) {
        for (let x = column; x < width; x += 2) {
          const camera = (toCamera[c] as number[]).reduce(
            (sum, m, k) => sum + m * linearOf(out[(k * height + y) * width + x] as number),
            0,
          );
          values.push(camera - linear);
        }
      }
      return Float64Array.from(values);
    };
    const sites = [site(0, 0, 0), site(1, 0, 1), site(1, 1, 0), site(2, 1, 1)] as const;

    it('has the variance shot x + read at every site of the sensor', () => {
      const variance = 4e-3 * linear + 1e-4;
      for (const [i, noise] of sites.entries()) {
        const m = moments(noise);
        const error = 4 / Math.sqrt(noise.length);
        assert.ok(Math.abs(m.mean) < error * Math.sqrt(variance), `site ${i}: mean ${m.mean}`);
        const ratio = m.variance / variance;
        assert.ok(Math.abs(ratio - 1) < error * Math.SQRT2, `site ${i}: variance ${ratio}`);
        assert.ok(Math.abs(m.kurtosis) < error * Math.sqrt(24), `site ${i}: ${m.kurtosis}`);
      }
    });

    it('is independent from site to site', () => {
      const limit = 4 / Math.sqrt(sites[0].length);
      for (const [a, b, lag] of [
        [0, 1, 0],
        [0, 2, 0],
        [0, 3, 0],
        [1, 2, 0],
        [0, 0, 1],
        [0, 0, 16],
        [0, 0, 64],
        [0, 0, width / 2],
      ] as const) {
        const r = correlation(sites[a], sites[b], lag);
        assert.ok(Math.abs(r) < limit, `sites ${a} and ${b}, lag ${lag}: ${r}`);
      }
    });
  });
});
