import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blurred, resized, whiteNoise } from '../../src/degradation/noise-left.ts';
import type { BlurOperation } from '../../src/degradation/recipe.ts';

function gaussian(kernelSize: number, sigmaX: number, sigmaY = sigmaX, theta = 0): BlurOperation {
  const kernel = sigmaX === sigmaY ? 'iso' : 'aniso';
  const rest = { beta: 0, omega: 0, shift: 0, index: 0 };
  return { op: 'blur', stage: 1, kernel, kernelSize, sigmaX, sigmaY, theta, ...rest };
}

/** Sum of the squared taps of the dense kernel. */
function squaredTaps({ kernelSize, sigmaX, sigmaY, theta }: BlurOperation): number {
  let [sum, squares] = [0, 0];
  const [c, s, half] = [Math.cos(theta), Math.sin(theta), kernelSize >> 1];
  for (let y = -half; y <= half; y++) {
    for (let x = -half; x <= half; x++) {
      const q = ((c * x + s * y) / sigmaX) ** 2 + ((c * y - s * x) / sigmaY) ** 2;
      const tap = Math.exp(-q / 2);
      sum += tap;
      squares += tap * tap;
    }
  }
  return squares / sum ** 2;
}

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual / expected - 1) <= tolerance, `${actual}, expected ${expected}`);

test('of white noise a blur leaves the sum of its squared taps', () => {
  for (const [size, sigma] of [
    [3, 0.05],
    [7, 0.6],
    [7, 2.8],
    [25, 1],
    [25, 2.8],
  ] as const) {
    const blur = gaussian(size, sigma);
    close(blurred(whiteNoise(9), blur).variance, 9 * squaredTaps(blur), 1e-12);
  }
  // Rotated, the separable row and column are the dense kernel's only roughly.
  for (const theta of [0, 0.4, 1.2, 2]) {
    const blur = gaussian(21, 2.4, 0.9, theta);
    close(blurred(whiteNoise(9), blur).variance, 9 * squaredTaps(blur), 0.02);
  }
});

test('wide blurs add their variances, along each axis', () => {
  const twice = blurred(blurred(whiteNoise(1), gaussian(25, 2.4)), gaussian(25, 1.8));
  close(twice.variance, squaredTaps(gaussian(45, 3)), 0.02);
  const crossed = blurred(
    blurred(whiteNoise(1), gaussian(25, 2.5, 1, 0.5)),
    gaussian(25, 2.5, 1, 0.5 + Math.PI / 2),
  );
  close(crossed.variance, squaredTaps(gaussian(45, Math.hypot(2.5, 1))), 0.02);
});

test('decimation leaves white noise as it is and narrows what is wide', () => {
  assert.deepEqual(resized(whiteNoise(4), 'decimate', 0.5), whiteNoise(4));
  const wide = blurred(whiteNoise(1), gaussian(25, 4));
  const narrow = resized(wide, 'decimate', 0.5);
  assert.equal(narrow.variance, wide.variance);
  // As white noise that was blurred by half as much.
  close(narrow.xx, squaredTaps(gaussian(25, 2)) ** -1, 0.03);
});

test('noise that becomes white along one axis keeps its width along the other', () => {
  const along = blurred(whiteNoise(1), gaussian(25, 4, 0.3, 0.7));
  const { xx, xy, yy } = resized(along, 'decimate', 0.25);
  const [mean, half] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  close(mean - half, 1, 1e-12);
  close(mean + half, squaredTaps(gaussian(25, 1)) ** -1, 0.05);
  close(Math.atan2(2 * xy, xx - yy) / 2, 0.7, 1e-9);
});

test('areas average, interpolations blur a little, equal sizes change nothing', () => {
  const left = (...[mode, factor]: [Parameters<typeof resized>[1], number]) =>
    resized(whiteNoise(1), mode, factor).variance;
  assert.equal(left('cvLinear', 1), 1);
  close(left('cvLinear', 0.37), 4 / 9, 1e-12);
  // A quarter of the side: close to a sixteenth of the variance.
  close(left('cvArea', 0.25), 1 / 16, 0.2);
  close(left('matlabBicubic', 0.25), 1 / 16, 0.4);
  assert.ok(left('cvCubic', 0.6) > left('cvLinear', 0.6));
  assert.ok(left('cvArea', 3) > left('cvLinear', 3));
});
