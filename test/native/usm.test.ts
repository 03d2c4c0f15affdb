import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floats, largestDifference, readFixture, usm } from './degrade.ts';
import { testImage } from './images.ts';

interface UsmCase {
  in: [number, number];
  seed: number;
  values: string;
}

describe('USM', () => {
  for (const [filter, file] of [
    ['the dense 51 x 51 filter', 'degrade-operators.json'],
    ['two passes of 51 taps', 'degrade-torch.json'],
  ] as const) {
    it(`agrees with ${filter} in PyTorch`, () => {
      const { usm: cases } = readFixture<{ usm: UsmCase[] }>(file);
      for (const c of cases) {
        const image = testImage(...c.in, c.seed);
        const out = usm(image, c.in);
        assert.ok(largestDifference(out, image) > 0.1, 'it sharpens');
        const difference = largestDifference(out, floats(c.values));
        assert.ok(difference < 2e-6, `${c.in}: ${difference}`);
      }
    });
  }

  it('an edge shows the golden taps of the Gaussian', () => {
    // A line of 1 in a field of 0: the blurred line is the row of taps.
    const [height, width] = [60, 101];
    const image = new Float32Array(height * width);
    for (let y = 0; y < height; y++) image[y * width + 50] = 0.5;
    const out = usm(image, [height, width]);
    const at = (x: number) => out[30 * width + x] as number;
    // Only the line itself exceeds the threshold (0.05 0.5 255 < 10), so soft = taps.
    const centre = 0.04993893906128147;
    const residual = 0.5 - 0.5 * centre;
    const sharp = 0.5 + 0.5 * residual;
    assert.ok(Math.abs(at(50) - (centre * sharp + (1 - centre) * 0.5)) < 1e-6);
    assert.equal(at(49), 0, 'undershoot is clamped');
  });

  it('leaves flat and weak structure alone', () => {
    const flat = new Float32Array(3 * 30 * 30).fill(0.4);
    assert.ok(largestDifference(usm(flat, [30, 30]), flat) < 1e-6);
    const weak = flat.map((v, i) => v + (i % 2) * 0.06);
    assert.ok(largestDifference(usm(weak, [30, 30]), weak) < 1e-6);
  });
});
