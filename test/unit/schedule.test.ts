import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { learningRateAt, type Schedule } from '../../src/train/schedule.ts';

const at = (schedule: Schedule, steps: number, warmup = 0) => {
  const options = { learningRate: 2e-4, schedule, steps, warmup };
  return (step: number) => learningRateAt(step, options);
};

const close = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) <= 1e-15, `${actual} is not ${expected}`);

describe('learning rate', () => {
  it('is constant', () => {
    const rate = at({ type: 'constant' }, 1000);
    assert.deepEqual([1, 2, 999, 1000].map(rate), [2e-4, 2e-4, 2e-4, 2e-4]);
  });

  it('falls one step after each milestone', () => {
    const rate = at({ type: 'multistep', milestones: [100, 200], factor: 0.5 }, 1000);
    assert.deepEqual([1, 100, 101, 200, 201, 1000].map(rate), [2e-4, 2e-4, 1e-4, 1e-4, 5e-5, 5e-5]);
  });

  it('follows half a cosine that would reach its minimum one step after the last', () => {
    const rate = at({ type: 'cosine', minimum: 1e-7, periods: 1 }, 100);
    close(rate(1), 2e-4);
    close(rate(51), (2e-4 + 1e-7) / 2);
    close(rate(26), 1e-7 + 0.5 * (2e-4 - 1e-7) * (1 + Math.SQRT1_2));
    close(rate(101), 1e-7);
  });

  it('restarts with periods closed on the right', () => {
    // Values of BasicSR's CosineAnnealingRestartLR with periods [100, 100], counter n - 1.
    const rate = at({ type: 'cosine', minimum: 1e-7, periods: 2 }, 200);
    const second = 1e-7 + 0.5 * (2e-4 - 1e-7) * (1 + Math.cos(Math.PI / 100));
    close(rate(1), 2e-4);
    close(rate(2), second);
    close(rate(101), 1e-7);
    close(rate(102), second);
    close(rate(151), (2e-4 + 1e-7) / 2);
    close(rate(201), 1e-7);
  });

  it('rises linearly during the warm-up and then joins the schedule', () => {
    const rate = at({ type: 'multistep', milestones: [10], factor: 0.1 }, 100, 5);
    close(rate(1), 4e-5);
    close(rate(4), 1.6e-4);
    close(rate(5), 2e-4);
    close(rate(11), 2e-5);
  });
});
