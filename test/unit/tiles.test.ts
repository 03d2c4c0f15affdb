import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { imageOfBatch } from '../../src/infer/pixels.ts';
import { overlapOf, planAxis, type TileGeometry, type Window } from '../../src/infer/tile-plan.ts';
import { exactOrBlended, sideFor } from '../../src/infer/tile-side.ts';

const geometries = fc
  .record({
    discard: fc.integer({ min: 0, max: 12 }),
    ramp: fc.integer({ min: 0, max: 12 }),
    core: fc.integer({ min: 1, max: 40 }),
    multiple: fc.constantFrom(1, 1, 4, 8),
  })
  .map(
    ({ discard, ramp, core, multiple }): TileGeometry => ({
      side: 2 * discard + 3 * ramp + core,
      discard,
      ramp,
      multiple,
    }),
  );

/** How much every result pixel counts in all windows together. */
function coverage(windows: Window[], length: number, scale: number): Float64Array {
  const sums = new Float64Array(length * scale);
  for (const { start, from, to, weights } of windows) {
    for (const [i, weight] of weights.entries()) {
      const at = start * scale + i;
      if (weight !== 0) assert.ok(at >= from && at < to, 'a weight outside of [from, to)');
      if (at < sums.length) sums[at] = (sums[at] as number) + weight;
    }
  }
  return sums;
}

describe('tiles along an axis', () => {
  it('cover every pixel once, stay inside, and show what a result depends on', () => {
    fc.assert(
      fc.property(
        geometries,
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 4 }),
        (geometry, length, scale) => {
          const { size, windows } = planAxis(length, scale, geometry);
          assert.ok(size % geometry.multiple === 0);
          for (const { start } of windows) {
            assert.ok(start >= 0 && start % geometry.multiple === 0);
            assert.ok(start + size < length + geometry.multiple);
          }
          for (const sum of coverage(windows, length, scale)) {
            assert.ok(Math.abs(sum - 1) < 1e-6, `weights sum to ${sum}`);
          }
          if (geometry.ramp > 0) return;
          // Exact: each pixel that is kept sees `discard` pixels around it, or the picture's end.
          for (const { start, from, to } of windows) {
            const first = Math.floor(from / scale);
            const last = Math.ceil(to / scale) - 1;
            assert.ok(start === 0 || first - start >= geometry.discard);
            assert.ok(start + size >= length || start + size - 1 - last >= geometry.discard);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('of a fixed size reach past the end of a smaller picture, and count only inside', () => {
    const geometry = { side: 64, discard: 4, ramp: 8, multiple: 1 };
    const { size, windows } = planAxis(20, 2, geometry, 64);
    assert.deepEqual([size, windows.length], [64, 1]);
    assert.deepEqual([...coverage(windows, 20, 2)], Array(40).fill(1));
    assert.equal(
      windows[0]?.weights.slice(40).every((weight) => weight === 0),
      true,
    );
  });

  it('fade into each other along a cosine', () => {
    const { windows } = planAxis(56, 1, { side: 32, discard: 2, ramp: 4, multiple: 1 });
    const [left, right] = windows as [Window, Window];
    assert.equal(windows.length, 2);
    assert.deepEqual([left.to, right.from], [30, 26]);
    const rise = [0.0380602, 0.3086583, 0.6913417, 0.9619398];
    for (const [i, expected] of rise.entries()) {
      assert.ok(Math.abs((right.weights[26 + i - right.start] as number) - expected) < 1e-6);
    }
  });
});

describe('the kind of tiles', () => {
  it('is exact where that costs little, else blended; a size that is asked for decides', () => {
    assert.deepEqual(exactOrBlended(384, 10, false), {
      side: 384,
      multiple: 1,
      discard: 10,
      ramp: 0,
    });
    assert.ok(exactOrBlended(128, 36, false).ramp > 0);
    assert.equal(exactOrBlended(128, 36, true).discard, 36);
    assert.ok(exactOrBlended(72, 36, true).ramp > 0);
    const unknown = exactOrBlended(384, undefined, false);
    assert.ok(unknown.ramp > 0 && overlapOf(unknown) < 384);
  });

  it('is bounded by memory and by the caches', () => {
    assert.deepEqual([sideFor(1), sideFor(200 * 200), sideFor(1e9)], [64, 200, 384]);
  });
});

describe('planes as pixels', () => {
  it('are clamped and rounded half to even, and tell when a value is not finite', () => {
    const planes = Float32Array.of(-1, 0.5 / 255, 1.5 / 255, 2, 0.1, Number.NaN);
    const { image, finite } = imageOfBatch(planes, 0, { height: 1, width: 2 });
    assert.deepEqual([...image.pixels], [0, 2, 26, 0, 255, 0]);
    assert.equal(finite, false);
  });
});
