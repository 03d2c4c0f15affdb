import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testImage } from './images.ts';
import { flat } from './noise.ts';
import { injectNoise } from './space-ops.ts';

describe('injected noise', () => {
  const [patchHeight, patchWidth] = [20, 23];
  const patch = Uint8Array.from(testImage(patchHeight, patchWidth, 8), (v) => 100 + 40 * v);
  const at = (y: number, x: number, c: number) => patch[3 * (y * patchWidth + x) + c] as number;

  it('is the crop minus its mean per channel', () => {
    const [height, width, top, left] = [7, 9, 13, 4];
    const image = testImage(height, width, 2).map((v) => 0.3 + 0.4 * v);
    const out = injectNoise(image, [height, width], { patch, patchWidth, top, left });
    for (let c = 0; c < 3; c++) {
      let mean = 0;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) mean += at(top + y, left + x, c) / (height * width);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const i = (c * height + y) * width + x;
          const expected = (image[i] as number) + (at(top + y, left + x, c) - mean) / 255;
          assert.ok(Math.abs((out[i] as number) - expected) < 2e-7);
        }
      }
    }
  });

  it('clamps to [0, 1]', () => {
    const crop = { patch, patchWidth, top: 0, left: 0 };
    assert.equal(Math.min(...injectNoise(flat(16, 16, 0), [16, 16], crop)), 0);
    assert.equal(Math.max(...injectNoise(flat(16, 16, 1), [16, 16], crop)), 1);
  });
});
