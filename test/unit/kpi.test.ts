import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { kpi, smooth } from '../../src/balance/kpi.ts';

test('the KPI is the ratio of mean squared errors, clipped', () => {
  assert.equal(kpi(30, 30, 1e-3), 1 - 1e-3);
  assert.equal(kpi(31, 30, 1e-3), 1 - 1e-3);
  assert.equal(kpi(20, 30, 1e-3), 0.1);
  assert.equal(kpi(-40, 30, 1e-3), 1e-3);
  // Twice the error of the specialist: 10 log10 2 dB below it.
  assert.ok(Math.abs((kpi(30 - 10 * Math.log10(2), 30, 1e-3) as number) - 0.5) < 1e-12);
});

test('without a PSNR or a reference there is no KPI', () => {
  assert.equal(kpi(null, 30, 1e-3), null);
  assert.equal(kpi(30, null, 1e-3), null);
});

test('the moving average starts at the first value and skips what is not finite', () => {
  assert.equal(smooth(null, 25, 0.3), 25);
  assert.equal(smooth(20, 30, 0.25), 22.5);
  assert.equal(smooth(20, 30, 1), 30);
  for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.equal(smooth(20, value, 0.3), 20);
    assert.equal(smooth(null, value, 0.3), null);
  }
});

test('the average stays finite for any finite history', () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), (history) => {
      let average: number | null = null;
      for (const value of history) average = smooth(average, value, 0.3);
      return Number.isFinite(average);
    }),
    { seed: 1 },
  );
});
