import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { psnrY } from '../../src/evaluate/psnr.ts';
import { native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';

describe('PSNR of Y without SSIM', () => {
  it('is what the native scores say', async () => {
    const shape = { width: 41, height: 33 };
    const random = new Random(7, 0, 0);
    const image = () => ({
      ...shape,
      pixels: Uint8Array.from({ length: 41 * 33 * 3 }, () => random.integer(256)),
    });
    const [a, b] = [image(), image()];
    const near = { ...shape, pixels: a.pixels.map((value, at) => value ^ (at % 5 === 0 ? 1 : 0)) };
    for (const other of [b, near])
      for (const border of [0, 4]) {
        const { psnrY: expected } = await native.scoreImages(a.pixels, other.pixels, shape, border);
        assert.ok(Math.abs(psnrY(a, other, border) - expected) < 1e-9, `${expected}`);
      }
    assert.equal(psnrY(a, a, 4), Number.POSITIVE_INFINITY);
  });
});
