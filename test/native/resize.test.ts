import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { floats, largestDifference, modes, readFixture, resize } from './degrade.ts';
import { testImage } from './images.ts';

interface ResizeCase {
  in: [number, number];
  out: [number, number];
  seed: number;
  mode: number;
  scale: number;
  values: string;
}

const small = Float32Array.from(
  { length: 25 },
  (_, i) => ((37 * Math.floor(i / 5) + 59 * (i % 5)) % 256) / 255,
);

function assertGolden(actual: Float32Array, expected: number[]): void {
  const difference = largestDifference(actual.subarray(0, expected.length), expected);
  assert.ok(difference < 2e-6, `differs by ${difference}`);
}

describe('resize', () => {
  it('bilinear and bicubic step by the factor when one is given, by the sizes when not', () => {
    assertGolden(
      resize(small, [5, 5], [3, 3], modes.bilinear, 0.7),
      [0.080672, 0.411204, 0.726371, 0.287955, 0.618487, 0.877311, 0.495238, 0.779672, 0.152381],
    );
    assertGolden(
      resize(small, [5, 5], [3, 3], modes.bilinear),
      [0.12549, 0.511111, 0.673638, 0.36732, 0.752941, 0.469281, 0.60915, 0.32549, 0.376471],
    );
    assertGolden(
      resize(small, [5, 5], [3, 3], modes.bicubic, 0.7),
      [0.06143, 0.3962, 0.730793, 0.27137, 0.593838, 1.000592, 0.489607, 0.894859, 0.074839],
    );
    assertGolden(
      resize(small, [5, 5], [3, 3], modes.bicubic),
      [0.097603, 0.500363, 0.68657, 0.350182, 0.752941, 0.467829, 0.640975, 0.317647, 0.366142],
    );
  });

  it('area is adaptive average pooling and never uses the factor', () => {
    const expected = [
      0.188235, 0.535294, 0.631373, 0.405882, 0.641394, 0.430719, 0.623529, 0.468627, 0.313725,
    ];
    assertGolden(resize(small, [5, 5], [3, 3], modes.area), expected);
    assertGolden(resize(small, [5, 5], [3, 3], modes.area, 0.7), expected);
  });

  it('enlarges', () => {
    const rows: [keyof typeof modes, number[]][] = [
      ['bilinear', [0, 0.115686, 0.269935, 0.424183, 0.578431, 0.73268, 0.886928]],
      ['bicubic', [-0.03268, 0.0814, 0.268051, 0.400876, 0.557666, 0.74732, 0.958344]],
      ['area', [0, 0.115686, 0.347059, 0.462745, 0.578431, 0.809804, 0.92549]],
    ];
    for (const [mode, row] of rows) {
      assertGolden(resize(small, [5, 5], [7, 7], modes[mode], 1.5), row);
    }
  });

  it('agrees with PyTorch on random sizes', () => {
    const { resize: cases } = readFixture<{ resize: ResizeCase[] }>('degrade-operators.json');
    assert.ok(cases.length > 50);
    for (const c of cases) {
      const image = testImage(...c.in, c.seed).slice(0, c.in[0] * c.in[1]);
      const out = resize(image, c.in, c.out, c.mode, c.scale);
      const difference = largestDifference(out, floats(c.values));
      assert.ok(difference < 2e-6, `${c.in} to ${c.out}, ${c.mode}, ${c.scale}: ${difference}`);
    }
  });

  it('equal sizes are an exact copy whatever the factor', () => {
    const image = testImage(9, 14, 1);
    for (const mode of Object.values(modes)) {
      assert.deepEqual(resize(image, [9, 14], [9, 14], mode, 1.01), image);
    }
  });

  it('bilinear and area keep the range', () => {
    const image = testImage(40, 33, 2).map((v) => (v > 0.5 ? 1 : 0));
    for (const mode of [modes.bilinear, modes.area]) {
      for (const size of [13, 50, 77]) {
        const out = resize(image, [40, 33], [size, size], mode);
        assert.ok(out.every((v) => v >= 0 && v <= 1 + 1e-6));
      }
    }
  });
});
