import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { estimate, isWithinNoise } from '../../src/evaluate/statistics.ts';

describe('estimate', () => {
  it('takes photographs as the unit of the standard error', () => {
    const found = estimate([
      { photo: 0, value: 1 },
      { photo: 0, value: 3 },
      { photo: 1, value: 4 },
      { photo: 2, value: 6 },
    ]);
    assert.equal(found.mean, 3.5);
    // Means 2, 4, 6: variance 4, so sqrt(4 / 3).
    assert.equal(found.standardError, Math.sqrt(4 / 3));
    assert.equal(found.count, 4);
  });

  it('keeps infinite PSNR out of the mean and counts it', () => {
    const found = estimate([
      { photo: 0, value: Number.POSITIVE_INFINITY },
      { photo: 1, value: 30 },
    ]);
    assert.deepEqual(found, { mean: 30, standardError: null, count: 1, infinite: 1 });
    assert.equal(estimate([{ photo: 0, value: Number.POSITIVE_INFINITY }]).mean, null);
  });

  it('weighs values', () => {
    const found = estimate([
      { photo: 0, value: 10, weight: 0.75 },
      { photo: 0, value: 20, weight: 0.25 },
    ]);
    assert.equal(found.mean, 12.5);
  });
});

describe('noise', () => {
  const difference = (mean: number | null, standardError: number | null) =>
    isWithinNoise({ mean, standardError, count: 2, infinite: 0 });

  it('is everything below two standard errors, and everything unknown', () => {
    assert.equal(difference(0.19, 0.1), true);
    assert.equal(difference(-0.21, 0.1), false);
    assert.equal(difference(5, null), true);
    assert.equal(difference(null, null), true);
  });
});
