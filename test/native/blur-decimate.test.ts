import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  blur,
  floats,
  kernelParameters,
  kernelTaps,
  largestDifference,
  readFixture,
} from './degrade.ts';
import { testImage } from './images.ts';
import { resizeAs } from './space-ops.ts';

interface Case {
  in: [number, number];
  out: [number, number];
  seed: number;
  factor: number;
  kernel: { size: number; sigma: number; shift: number };
  values: string;
}

const shifted = ({ size, sigma, shift }: Case['kernel']) =>
  kernelParameters('iso', size, { sigmaX: sigma, sigmaY: sigma, shift });

describe('a shifted kernel', () => {
  it('blurs and decimates as BSRGAN does, dense and separable', () => {
    const { cases } = readFixture<{ cases: Case[] }>('blur-decimate.json');
    assert.ok(cases.length > 4);
    for (const { in: from, out, seed, factor, kernel, values } of cases) {
      const image = testImage(...from, seed).slice(0, from[0] * from[1]);
      for (const separable of [false, true]) {
        const blurred = blur(image, from, shifted(kernel), separable);
        const small = resizeAs(blurred, from, out, 'decimate', 1 / factor);
        const difference = largestDifference(small, floats(values));
        assert.ok(difference < 2e-6, `factor ${factor}, seed ${seed}: differs by ${difference}`);
      }
    }
  });

  it('has the sum 1 and its centre where it was moved to', () => {
    for (const size of [7, 13, 25]) {
      for (const sigma of [0.01, 0.6, 2, 8]) {
        for (const shift of [0, 0.5, 1, 1.5, 3]) {
          const taps = kernelTaps(shifted({ size, sigma, shift }));
          let sum = 0;
          let centre = 0;
          for (const [i, tap] of taps.entries()) {
            sum += tap;
            centre += tap * ((i % size) - (size - 1) / 2);
          }
          const what = `size ${size}, sigma ${sigma}, shift ${shift}`;
          assert.ok(Math.abs(sum - 1) < 1e-12, what);
          // A wide one is cut off at the right and goes on at the left.
          if (sigma * 4 < size / 2 - shift) assert.ok(Math.abs(centre - shift) < 1e-3, what);
        }
      }
    }
  });
});
