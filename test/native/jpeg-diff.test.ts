import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { native } from '../../src/native.ts';
import { floats, readFixture } from './degrade.ts';
import { testImage } from './images.ts';

const { _jpegDiff } = native as unknown as {
  _jpegDiff(image: Float32Array, height: number, width: number, quality: number): Float32Array;
};

interface DiffCase {
  height: number;
  width: number;
  quality: number;
  seed: number;
  out: string;
}

/** One case of test/fixtures/torch_reference.py. */
interface TorchCase {
  in: [number, number];
  seed: number;
  quality: number;
  values: string;
}

const fixtures = new URL('../../../test/fixtures/', import.meta.url);

describe('DiffJPEG', () => {
  const height = 20;
  const width = 24;
  const golden = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const level = (5 * y + 3 * x + 40 * c + 6 * ((x * y) % 7)) % 256;
        golden[(c * height + y) * width + x] = level / 255;
      }
    }
  }

  const pixels: [number, number][] = [
    [0, 0],
    [7, 9],
    [19, 23],
  ];
  const expected: { quality: number; values: number[]; mean: number }[] = [
    {
      quality: 30,
      values: [0, 0.12571, 0.29141, 0.23118, 0.39868, 0.56437, 0.64667, 0.73302, 0.70388],
      mean: 0.5305077722817367,
    },
    {
      quality: 49.5,
      values: [0, 0.13876, 0.28639, 0.23709, 0.39826, 0.54589, 0.6923, 0.77446, 0.67612],
      mean: 0.5284315627183458,
    },
    {
      quality: 75.25,
      values: [0, 0.12546, 0.27888, 0.24903, 0.40558, 0.559, 0.7209, 0.87618, 0.37168],
      mean: 0.5310416832938609,
    },
  ];

  for (const { quality, values, mean } of expected) {
    it(`gives the golden values at quality ${quality}`, () => {
      const out = _jpegDiff(golden, height, width, quality);
      const actual = pixels.flatMap(([y, x]) =>
        [0, 1, 2].map((c) => out[(c * height + y) * width + x] as number),
      );
      for (const [i, value] of actual.entries()) {
        assert.ok(Math.abs(value - (values[i] as number)) < 1.5e-5, `pixel value ${i}: ${value}`);
      }
      const sum = out.reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sum / out.length - mean) < 1e-6);
    });
  }

  const { cases } = JSON.parse(readFileSync(new URL('jpeg-diff.json', fixtures), 'utf8')) as {
    cases: DiffCase[];
  };
  for (const { height, width, quality, seed, out } of cases) {
    it(`equals the float64 reference at ${width}x${height}, quality ${quality}`, () => {
      const actual = _jpegDiff(testImage(height, width, seed), height, width, quality);
      const bytes = new Uint8Array(Buffer.from(out, 'base64'));
      const reference = new Float32Array(bytes.buffer);
      assert.equal(actual.length, reference.length);
      // No coefficient of these images lies on a rounding tie, so none may differ.
      const worst = actual.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (reference[i] as number))),
        0,
      );
      assert.ok(worst < 1e-5, `differs by ${worst}`);
    });
  }

  it('agrees with PyTorch in float32 but for coefficients on a rounding tie', () => {
    const { jpeg: cases } = readFixture<{ jpeg: TorchCase[] }>('degrade-torch.json');
    const differences = cases.flatMap(({ in: [height, width], quality, seed, values }) => {
      const actual = _jpegDiff(testImage(height, width, seed), height, width, quality);
      const expected = floats(values);
      assert.equal(actual.length, expected.length);
      return Array.from(actual, (value, i) => Math.abs(value - (expected[i] as number)));
    });
    const beyond = differences.filter((difference) => !(difference <= 1e-4));
    assert.ok(beyond.length <= 1e-4 * differences.length, `${beyond.length} differ`);
  });

  it('clamps first and leaves only colour sub-sampling at quality 100', () => {
    const flat = (r: number, g: number, b: number) =>
      Float32Array.from({ length: 3 * 256 }, (_, i) => [r, g, b][Math.floor(i / 256)] as number);
    const out = _jpegDiff(flat(1.5, 0.25, -1), 16, 16, 100);
    const clamped = flat(1, 0.25, 0);
    for (const [i, value] of out.entries()) {
      assert.ok(Math.abs(value - (clamped[i] as number)) < 1e-5);
    }
  });

  it('refuses a quality outside (0, 100]', () => {
    for (const quality of [0, -3, 100.5]) {
      assert.throws(() => _jpegDiff(golden, height, width, quality), { code: 'E_RECIPE' });
    }
  });
});
