import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../src/rng.ts';
import {
  type KernelParameters,
  kernelParameters,
  kernelTaps,
  kernelTypes,
  largestDifference,
} from './degrade.ts';

type Position = [row: number, column: number];

function assertTaps(kernel: KernelParameters, expected: [Position, number][]): void {
  const taps = kernelTaps(kernel);
  for (const [[row, column], value] of expected) {
    const tap = taps[row * kernel.size + column] as number;
    assert.ok(Math.abs(tap - value) < 1e-13, `(${row}, ${column}): ${tap}, expected ${value}`);
  }
}

const fivePositions: Position[] = [
  [10, 10],
  [10, 11],
  [11, 10],
  [11, 11],
  [9, 11],
];
const tilted = { sigmaX: 2, sigmaY: 0.8, theta: 0.5 };

function atFive(values: number[]): [Position, number][] {
  return fivePositions.map((position, i) => [position, values[i] as number]);
}

/** J1(x) = 1 / pi times the integral of cos(t - x sin t) over 0..pi; the trapezoidal rule is exact here. */
function besselJ1(x: number): number {
  const points = 200;
  let sum = 0;
  for (let i = 0; i < points; i++) {
    const t = (2 * Math.PI * (i + 0.5)) / points;
    sum += Math.cos(t - x * Math.sin(t));
  }
  return sum / points;
}

function directTap(k: KernelParameters, x: number, y: number): number {
  const r = Math.hypot(x, y);
  if (k.type === kernelTypes.sinc) {
    if (r === 0) return k.omega ** 2 / (4 * Math.PI);
    return (k.omega * besselJ1(k.omega * r)) / (2 * Math.PI * r);
  }
  const anisotropic = k.type % 2 === 1;
  const theta = anisotropic ? k.theta : 0;
  const u = (x * Math.cos(theta) + y * Math.sin(theta)) / k.sigmaX;
  const v = (y * Math.cos(theta) - x * Math.sin(theta)) / (anisotropic ? k.sigmaY : k.sigmaX);
  const q = u * u + v * v;
  if (k.type <= kernelTypes.aniso) return Math.exp(-q / 2);
  if (k.type <= kernelTypes.generalizedAniso) return Math.exp(-(q ** k.beta) / 2);
  return 1 / (1 + q ** k.beta);
}

function directTaps(kernel: KernelParameters): number[] {
  const { size } = kernel;
  const radius = (size - 1) / 2;
  const taps = Array.from({ length: size * size }, (_, i) =>
    directTap(kernel, (i % size) - radius, Math.floor(i / size) - radius),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((tap) => tap / sum);
}

describe('blur kernels', () => {
  it('iso', () => {
    assertTaps(kernelParameters('iso', 7, { sigmaX: 1.5 }), [
      [[3, 3], 0.07326882605600583],
      [[0, 0], 0.00134196535984328],
      [[3, 0], 0.009915857326703657],
    ]);
  });

  it('aniso', () => {
    const values = [
      0.09947183976127834, 0.0754927239996871, 0.05295608009307471, 0.06981437404284112,
      0.023136449001849666,
    ];
    assertTaps(kernelParameters('aniso', 21, tilted), atFive(values));
  });

  it('generalized', () => {
    const values = [
      0.05835984010924413, 0.04196789882771169, 0.032412994053138355, 0.039407738479687426,
      0.020262910367384507,
    ];
    const kernel = kernelParameters('generalizedAniso', 21, { ...tilted, beta: 0.7 });
    assertTaps(kernel, atFive(values));
  });

  it('plateau', () => {
    const values = [
      0.09194461349223677, 0.06522016498042393, 0.03806075003757474, 0.05761597432518325,
      0.015370642148433084,
    ];
    const kernel = kernelParameters('plateauAniso', 21, { ...tilted, beta: 1.5 });
    assertTaps(kernel, atFive(values));
  });

  it('sinc', () => {
    assertTaps(kernelParameters('sinc', 21, { omega: Math.PI / 2 }), [
      [[10, 10], 0.18402984892621393],
      [[10, 11], 0.13281486551719857],
      [[11, 11], 0.09159478966220505],
      [[10, 12], 0.0333446912970096],
      [[0, 0], 0.0014552623998069613],
    ]);
    assertTaps(kernelParameters('sinc', 7, { omega: Math.PI / 3 }), [
      [[3, 3], 0.0636353983144972],
      [[3, 4], 0.055301989912497795],
      [[4, 4], 0.047712812814477625],
      [[3, 5], 0.034568647593401676],
      [[0, 0], -0.00616561397853649],
    ]);
  });

  it('isotropic families ignore sigmaY and theta', () => {
    for (const type of ['iso', 'generalizedIso', 'plateauIso'] as const) {
      const plain = kernelTaps(kernelParameters(type, 9, { sigmaX: 1.3, sigmaY: 1.3, beta: 1.7 }));
      const odd = kernelParameters(type, 9, { sigmaX: 1.3, sigmaY: 0.2, theta: 1, beta: 1.7 });
      assert.deepEqual(kernelTaps(odd), plain);
    }
  });

  it('sums to one and is point-symmetric, also at the ends of the ranges', () => {
    for (const type of ['aniso', 'generalizedAniso', 'plateauAniso', 'sinc'] as const) {
      for (const size of [3, 21]) {
        for (const sigma of [0.01, 0.2, 3, 1000]) {
          const values = { sigmaX: sigma, sigmaY: 0.2, theta: -3, beta: 4, omega: Math.PI };
          const taps = kernelTaps(kernelParameters(type, size, values));
          const sum = taps.reduce((a, b) => a + b, 0);
          assert.ok(Math.abs(sum - 1) < 1e-12, `${type} ${size} ${sigma}: sum ${sum}`);
          assert.deepEqual(taps, taps.slice().reverse());
        }
      }
    }
  });

  it('agrees with a direct evaluation for random parameters', () => {
    const random = new Random(2, 99, 2);
    for (let n = 0; n < 140; n++) {
      const kernel = {
        type: n % 7,
        size: 3 + 2 * random.integer(10),
        sigmaX: random.between(0.2, 3),
        sigmaY: random.between(0.2, 3),
        theta: random.between(-Math.PI, Math.PI),
        beta: random.between(0.5, 4),
        omega: random.between(0.3, Math.PI),
      };
      const difference = largestDifference(kernelTaps(kernel), directTaps(kernel));
      assert.ok(difference < 1e-13, `${JSON.stringify(kernel)}: ${difference}`);
    }
  });

  it('refuses sizes and types that do not exist', () => {
    assert.throws(() => kernelTaps({ ...kernelParameters('iso', 7, {}), size: 4 }), {
      code: 'E_RECIPE',
    });
    assert.throws(() => kernelTaps({ ...kernelParameters('iso', 7, {}), size: 27 }), RangeError);
    assert.throws(() => kernelTaps({ ...kernelParameters('iso', 7, {}), type: 7 }), RangeError);
  });
});
