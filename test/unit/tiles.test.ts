import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { imageOfBatch, toPlanes, writePlanes } from '../../src/infer/pixels.ts';
import { planTiles } from '../../src/infer/tiles.ts';

const sizes = { min: 1, max: 90 };

describe('tiles', () => {
  it('cover every pixel once and see a whole halo or the edge of the image', () => {
    fc.assert(
      fc.property(
        fc.record({ height: fc.integer(sizes), width: fc.integer(sizes) }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 20 }),
        (image, core, halo) => {
          const seen = new Uint8Array(image.height * image.width);
          const tiles = planTiles(image, { core, halo });
          for (const tile of tiles) {
            const { core: c, window: w } = tile;
            assert.equal(w.height, Math.min(image.height, core + 2 * halo));
            assert.equal(w.width, Math.min(image.width, core + 2 * halo));
            assert.ok(w.top === 0 || c.top - w.top >= halo);
            assert.ok(w.left === 0 || c.left - w.left >= halo);
            const below = w.top + w.height;
            const right = w.left + w.width;
            assert.ok(w.top >= 0 && w.left >= 0 && below <= image.height && right <= image.width);
            assert.ok(below === image.height || below - (c.top + c.height) >= halo);
            assert.ok(right === image.width || right - (c.left + c.width) >= halo);
            for (let y = c.top; y < c.top + c.height; y++) {
              for (let x = c.left; x < c.left + c.width; x++) {
                const at = y * image.width + x;
                seen[at] = (seen[at] as number) + 1;
              }
            }
          }
          assert.ok(seen.every((times) => times === 1));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('pixels', () => {
  it('survive the way to planes and back, whole or in tiles', () => {
    const image = {
      width: 13,
      height: 9,
      pixels: Uint8Array.from({ length: 351 }, (_, i) => i % 256),
    };
    const copy = { ...image, pixels: new Uint8Array(351) };
    for (const { window, core } of planTiles(image, { core: 4, halo: 2 })) {
      const part = { ...core, top: core.top - window.top, left: core.left - window.left };
      assert.ok(writePlanes(toPlanes(image, window), window, part, copy, core));
    }
    assert.deepEqual(copy.pixels, image.pixels);
  });

  it('are clamped, rounded half to even, and reported when not finite', () => {
    const planes = Float32Array.from([-1, 2, 0.5 / 255, 1.5 / 255, Number.NaN, 254.5 / 255]);
    const { image, finite } = imageOfBatch(planes, 0, { height: 1, width: 2 });
    assert.deepEqual([...image.pixels], [0, 0, 0, 255, 2, 254]);
    assert.equal(finite, false);
  });
});
