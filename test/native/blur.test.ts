import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  blur,
  floats,
  type KernelParameters,
  kernelParameters,
  kernelTaps,
  largestDifference,
  readFixture,
} from './degrade.ts';
import { testImage } from './images.ts';

interface BlurCase {
  in: [number, number];
  seed: number;
  kernel: [number, number, number, number, number, number, number];
  values: string;
}

/** PyTorch's and OpenCV's reflection, one step at a time. */
function reflected(i: number, n: number): number {
  let j = n === 1 ? 0 : i;
  while (j < 0 || j >= n) j = j < 0 ? -j : 2 * (n - 1) - j;
  return j;
}

function naiveBlur(
  image: Float32Array,
  [height, width]: [number, number],
  kernel: KernelParameters,
): number[] {
  const taps = kernelTaps(kernel);
  const { size } = kernel;
  const radius = (size - 1) / 2;
  const out: number[] = [];
  for (let plane = 0; plane < image.length; plane += height * width) {
    for (let i = 0; i < height * width; i++) {
      let sum = 0;
      for (let t = 0; t < size * size; t++) {
        const y = reflected(Math.floor(i / width) + Math.floor(t / size) - radius, height);
        const x = reflected((i % width) + (t % size) - radius, width);
        sum += (taps[t] as number) * (image[plane + y * width + x] as number);
      }
      out.push(sum);
    }
  }
  return out;
}

const skewed = kernelParameters('aniso', 21, { sigmaX: 3, sigmaY: 0.7, theta: 0.6 });

describe('blur', () => {
  it('with taps in one column or one row only is that of the whole kernel', () => {
    const image = testImage(36, 52, 4);
    for (const [sigmaX, sigmaY] of [
      [0.05, 2],
      [2, 0.05],
      [0.05, 0.05],
    ] as const) {
      for (const size of [3, 13, 25]) {
        const kernel = kernelParameters('aniso', size, { sigmaX, sigmaY });
        const difference = largestDifference(
          blur(image, [36, 52], kernel),
          naiveBlur(image, [36, 52], kernel),
        );
        assert.ok(difference < 1e-6, `${sigmaX} x ${sigmaY}, size ${size}: ${difference}`);
      }
    }
  });

  it('agrees with a PyTorch convolution for every family', () => {
    const { blur: cases } = readFixture<{ blur: BlurCase[] }>('degrade-operators.json');
    assert.deepEqual(new Set(cases.map((c) => c.kernel[0])).size, 7);
    for (const c of cases) {
      // The fixtures count the families from 1.
      const [family, size, sigmaX, sigmaY, theta, beta, omega] = c.kernel;
      const type = family - 1;
      const image = testImage(...c.in, c.seed).slice(0, c.in[0] * c.in[1]);
      const out = blur(image, c.in, { type, size, sigmaX, sigmaY, theta, beta, omega });
      const difference = largestDifference(out, floats(c.values));
      assert.ok(difference < 2e-6, `kernel ${c.kernel}: ${difference}`);
    }
  });

  it('every kernel size equals the definition', () => {
    const size: [number, number] = [23, 37];
    const image = testImage(...size, 5);
    for (let k = 3; k <= 25; k += 2) {
      for (const kernel of [
        { ...skewed, size: k },
        kernelParameters('iso', k, { sigmaX: 1.7 }),
        kernelParameters('sinc', k, { omega: 1.2 }),
      ]) {
        const difference = largestDifference(
          blur(image, size, kernel),
          naiveBlur(image, size, kernel),
        );
        assert.ok(difference < 2e-6, `${kernel.type} ${k}: ${difference}`);
      }
    }
  });

  it('two passes of an isotropic Gaussian equal the dense kernel', () => {
    const image = testImage(40, 50, 3);
    for (const sigmaX of [0.2, 0.9, 3]) {
      const kernel = kernelParameters('iso', 21, { sigmaX });
      const difference = largestDifference(
        blur(image, [40, 50], kernel),
        blur(image, [40, 50], kernel, false),
      );
      assert.ok(difference < 2e-6, `sigma ${sigmaX}: ${difference}`);
    }
  });

  it('images smaller than the radius reflect as often as needed', () => {
    for (const size of [
      [1, 1],
      [1, 5],
      [2, 3],
      [4, 1],
      [10, 9],
    ] as [number, number][]) {
      const image = testImage(...size, 7);
      for (const kernel of [skewed, kernelParameters('iso', 21, { sigmaX: 2 })]) {
        const difference = largestDifference(
          blur(image, size, kernel),
          naiveBlur(image, size, kernel),
        );
        assert.ok(difference < 2e-6, `${size}: ${difference}`);
      }
    }
  });

  it('is a cross-correlation that moves with the image', () => {
    const wide = testImage(40, 60, 9);
    const cut = new Float32Array(3 * 40 * 50);
    for (let i = 0; i < cut.length; i++) {
      cut[i] = wide[Math.floor(i / 50) * 60 + (i % 50) + 10] as number;
    }
    const a = blur(wide, [40, 60], skewed);
    const b = blur(cut, [40, 50], skewed);
    for (let y = 0; y < 40; y++) {
      for (let x = 10; x < 40; x++) assert.equal(b[y * 50 + x], a[y * 60 + x + 10]);
    }
  });
});
