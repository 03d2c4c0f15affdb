import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sealScores } from '../../src/evaluate/seal.ts';

const close = (value: number | null | undefined, wanted: number) =>
  assert.ok(Math.abs((value ?? Number.NaN) - wanted) < 1e-12, `${value} instead of ${wanted}`);

describe('AR and RPR', () => {
  it('are those of the formula', () => {
    // The logistic function at 1/2, -1 and 0.
    const { acceptanceRate, relative, tasks } = sealScores([
      { id: 'between', psnr: 25, acceptance: 24.5, excellence: 25.5 },
      { id: 'below', psnr: 22, acceptance: 22.5, excellence: 23 },
      { id: 'on', psnr: 27, acceptance: 27, excellence: 29 },
    ]);
    close(acceptanceRate, 2 / 3);
    close(tasks.between, 0.6224593312018546);
    close(tasks.below, 0.2689414213699951);
    close(tasks.on, 0.5);
    close(relative, (0.6224593312018546 + 0.2689414213699951 + 0.5) / 3);
  });

  it('are 1 and sigmoid(1) for the specialist itself', () => {
    const { acceptanceRate, tasks } = sealScores([
      { id: 'a', psnr: 30, acceptance: 28, excellence: 30 },
    ]);
    assert.equal(acceptanceRate, 1);
    close(tasks.a, 0.7310585786300049);
  });

  it('leave out what says nothing', () => {
    const { acceptanceRate, relative, tasks } = sealScores([
      { id: 'close', psnr: 25, acceptance: 24.95, excellence: 25.04 },
      { id: 'turned', psnr: 25, acceptance: 26, excellence: 25.5 },
      { id: 'unknown', psnr: null, acceptance: 24, excellence: 25 },
      { id: 'unmarked', psnr: 25, acceptance: null, excellence: 25 },
    ]);
    assert.equal(acceptanceRate, 0.5);
    assert.equal(relative, null);
    assert.deepEqual(tasks, { close: null, turned: null, unknown: null, unmarked: null });
    assert.deepEqual(sealScores([]), { acceptanceRate: null, relative: null, tasks: {} });
  });
});
