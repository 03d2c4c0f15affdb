import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';

interface Fixture {
  scores: {
    height: number;
    width: number;
    strength: number;
    border: number;
    expected: Record<string, number>;
  }[];
  resizes: {
    height: number;
    width: number;
    toHeight: number;
    toWidth: number;
    antialias: boolean;
    expected: number[];
  }[];
}

const fixtureFile = new URL('../../../test/fixtures/metrics.json', import.meta.url);
const fixture = JSON.parse(readFileSync(fixtureFile, 'utf8')) as Fixture;
const { _bicubicTaps: bicubicTaps } = native as unknown as {
  _bicubicTaps(input: number, output: number, position: number, antialias: boolean): Float64Array;
};

/** HWC image whose value at (y, x, c) is `value(y, x, c)`, clamped. */
function paint(
  height: number,
  width: number,
  value: (y: number, x: number, c: number) => number,
): Uint8Array {
  const out = new Uint8Array(height * width * 3);
  for (let i = 0; i < out.length; i++) {
    const pixel = Math.floor(i / 3);
    const v = value(Math.floor(pixel / width), pixel % width, i % 3);
    out[i] = Math.min(255, Math.max(0, v));
  }
  return out;
}

/** The images of test/fixtures/metrics_reference.py. */
const image = (height: number, width: number, seed: number) =>
  paint(height, width, (y, x, c) => (7 * x + 13 * y + 40 * c + 9 * ((x * y + seed) % 11)) % 256);
const disturbed = (a: Uint8Array, height: number, width: number, strength: number) =>
  paint(height, width, (y, x, c) => {
    const noise = (31 * x + 17 * y + 5 * c + 3 * ((x * x + y) % 7)) % (2 * strength + 1);
    return (a[(y * width + x) * 3 + c] as number) + noise - strength;
  });

describe('scores', () => {
  it('equal the numpy and scikit-image reference', async () => {
    for (const { height, width, strength, border, expected } of fixture.scores) {
      const a = image(height, width, 3);
      const b = disturbed(a, height, width, strength);
      const scores = await native.scoreImages(a, b, { height, width }, border);
      for (const [name, value] of Object.entries(expected)) {
        const found = scores[name as keyof typeof scores];
        assert.ok(Math.abs(found - value) < 1e-9, `${name} ${found} expected ${value}`);
      }
    }
  });

  it('do not see what lies in the border', async () => {
    const [height, width] = [40, 30];
    const a = image(height, width, 1);
    const b = a.slice().fill(0, 0, 4 * width * 3);
    const scores = await native.scoreImages(a, b, { height, width }, 4);
    assert.deepEqual(scores, {
      psnrY: Number.POSITIVE_INFINITY,
      psnrRgb: Number.POSITIVE_INFINITY,
      ssimY: 1,
      ssimRgb: 1,
    });
    const seen = await native.scoreImages(a, b, { height, width }, 3);
    assert.ok(Number.isFinite(seen.psnrY));
  });

  it('are symmetric, and repeat bit for bit on images of several bands', async () => {
    const shape = { height: 150, width: 67 };
    const a = image(150, 67, 2);
    const b = disturbed(a, 150, 67, 9);
    const first = await native.scoreImages(a, b, shape, 0);
    assert.deepEqual(await native.scoreImages(a, b, shape, 0), first);
    const swapped = await native.scoreImages(b, a, shape, 0);
    assert.equal(swapped.psnrRgb, first.psnrRgb);
    assert.ok(Math.abs(swapped.ssimY - first.ssimY) < 1e-12);
  });

  it('are refused when sizes do not fit or nothing is left', async () => {
    const a = image(18, 40, 1);
    const shape = { height: 18, width: 40 };
    await assert.rejects(native.scoreImages(a, a, shape, 4), { code: 'E_SHAPE', message: /40x18/ });
    assert.throws(() => native.scoreImages(a, a.subarray(3), shape, 0), { code: 'E_SHAPE' });
    assert.throws(() => native.scoreImages(a, a, { height: 18, width: Number.NaN }, 0), TypeError);
    assert.throws(() => native.scoreImages(a, a, shape, -1), RangeError);
    const moved = a.slice();
    structuredClone(moved, { transfer: [moved.buffer] });
    assert.throws(() => native.scoreImages(moved, a, shape, 0));
  });
});

describe('bicubic resize', () => {
  it('has the interior taps of MATLAB imresize', () => {
    const golden: [number, number[]][] = [
      [2, [-0.011719, -0.035156, 0.113281, 0.433594]],
      [4, [-0.001709, -0.010986, -0.018311, -0.011963, 0.022705, 0.097412, 0.181885, 0.240967]],
    ];
    for (const [factor, half] of golden) {
      const taps = bicubicTaps(64 * factor, 64, 32, true);
      const weights = Array.from(taps).filter((_, i) => i % 2 === 1);
      const expected = [...half, ...half.toReversed()];
      assert.equal(weights.length, expected.length);
      for (const [i, weight] of weights.entries()) {
        assert.ok(Math.abs(weight - (expected[i] as number)) < 6e-7, `${weight} ${expected[i]}`);
      }
      assert.equal(taps[0], 32 * factor - (factor * 3) / 2);
    }
  });

  it('equals the numpy reference, shrinking and growing, with and without antialiasing', async () => {
    for (const { height, width, toHeight, toWidth, antialias, expected } of fixture.resizes) {
      const resized = await native.resizeImage(
        image(height, width, 5),
        { height, width },
        { height: toHeight, width: toWidth },
        { antialias },
      );
      assert.deepEqual(Array.from(resized), expected);
    }
  });

  it('keeps flat images flat, also smaller than the kernel', async () => {
    const flat = paint(2, 3, (_y, _x, c) => 10 + c);
    const target = { height: 9, width: 1 };
    const resized = await native.resizeImage(flat, { height: 2, width: 3 }, target, {
      antialias: true,
    });
    assert.deepEqual(
      resized,
      paint(9, 1, (_y, _x, c) => 10 + c),
    );
  });
});
