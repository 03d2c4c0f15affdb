import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floats, largestDifference, readFixture } from './degrade.ts';
import { testImage } from './images.ts';
import { resizeAs, spaceModes } from './space-ops.ts';

interface Case {
  in: [number, number];
  out: [number, number];
  seed: number;
  values: string;
}

/** The first channel of the image that the fixtures are made of. */
const planeOf = (c: Case) => testImage(...c.in, c.seed).slice(0, c.in[0] * c.in[1]);

const tolerance = 2e-6;

function assertAgrees(actual: Float32Array, expected: ArrayLike<number>, what: string): void {
  const difference = largestDifference(actual, expected);
  assert.ok(difference <= tolerance, `${what} differs by ${difference}`);
}

describe('resize as OpenCV', () => {
  it('agrees with cv::resize, shrinking, enlarging and both at once', () => {
    const { cases } = readFixture<{
      cases: (Case & { mode: 'cvArea' | 'cvLinear' | 'cvCubic' })[];
    }>('resize-opencv.json');
    assert.ok(cases.length > 50);
    for (const c of cases) {
      const out = resizeAs(planeOf(c), c.in, c.out, c.mode);
      assertAgrees(out, floats(c.values), `${c.mode}, ${c.in} to ${c.out},`);
    }
  });

  it('sets its step by the sizes, never by the factor', () => {
    const image = testImage(20, 23, 4);
    for (const mode of ['cvArea', 'cvLinear', 'cvCubic'] as const) {
      const size = [13, 15] as const;
      assert.deepEqual(
        resizeAs(image, [20, 23], size, mode, 0.66),
        resizeAs(image, [20, 23], size, mode),
      );
    }
  });
});

describe('resize as MATLAB', () => {
  it('has the published taps of 1/2 and 1/4', () => {
    const taps = {
      2: [-0.011719, -0.035156, 0.113281, 0.433594],
      4: [-0.001709, -0.010986, -0.018311, -0.011963, 0.022705, 0.097412, 0.181885, 0.240967],
    };
    for (const factor of [2, 4] as const) {
      const side = 16 * factor;
      const half = taps[factor];
      const expected = [...half, ...half.slice().reverse()];
      const middle = 8;
      const first = middle * factor + factor / 2 - half.length;
      for (const [k, tap] of expected.entries()) {
        const row = new Float32Array(side);
        row[first + k] = 1;
        const column = Float32Array.from({ length: side * side }, (_, i) =>
          i % side === 0 ? (row[i / side] as number) : 0,
        );
        const along = resizeAs(row, [1, side], [1, 16], 'matlabBicubic');
        const down = resizeAs(column, [side, side], [16, side], 'matlabBicubic');
        assert.ok(Math.abs((along[middle] as number) - tap) < 1e-6, `tap ${k} of 1/${factor}`);
        assert.ok(Math.abs((down[middle * side] as number) - tap) < 1e-6, `down, tap ${k}`);
      }
    }
  });

  it('agrees with imresize written in float64, by factor and by size', () => {
    const { cases } = readFixture<{ cases: (Case & { scale: number })[] }>('resize-matlab.json');
    assert.ok(cases.length > 25);
    for (const c of cases) {
      const out = resizeAs(planeOf(c), c.in, c.out, 'matlabBicubic', c.scale);
      assertAgrees(out, floats(c.values), `${c.in} to ${c.out}, factor ${c.scale},`);
    }
  });

  it('keeps a constant and copies equal sizes', () => {
    const flat = new Float32Array(3 * 40 * 30).fill(0.7);
    for (const size of [
      [3, 2],
      [40, 7],
      [91, 66],
    ] as const) {
      const out = resizeAs(flat, [40, 30], size, 'matlabBicubic');
      assert.ok(out.every((v) => Math.abs(v - 0.7) < tolerance));
    }
    const image = testImage(9, 14, 1);
    for (const mode of Object.keys(spaceModes) as (keyof typeof spaceModes)[]) {
      assert.deepEqual(resizeAs(image, [9, 14], [9, 14], mode, 1.01), image, mode);
    }
  });
});

describe('decimate', () => {
  it('keeps every n-th pixel, starting with the first', () => {
    const [height, width] = [13, 18];
    const image = testImage(height, width, 5);
    for (const n of [2, 3, 4]) {
      const size = [Math.floor(height / n), Math.floor(width / n)] as const;
      const out = resizeAs(image, [height, width], size, 'decimate', 1 / n);
      let i = 0;
      for (let c = 0; c < 3; c++)
        for (let y = 0; y < size[0]; y++)
          for (let x = 0; x < size[1]; x++, i++)
            assert.equal(out[i], image[(c * height + y * n) * width + x * n]);
    }
  });
});
