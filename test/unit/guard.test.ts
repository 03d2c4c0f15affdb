import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { afterRollBack, DivergenceAlarm, judge, newGuard } from '../../src/train/guard.ts';
import type { GuardState } from '../../src/train/state.ts';

/** Verdicts of a sequence of steps: a dot is a finite one, x is not. */
function verdicts(steps: string, state: GuardState = newGuard, limit = 3): string[] {
  return [...steps].map((step) => {
    const result = judge(state, step === '.', limit);
    state = result.state;
    return result.verdict;
  });
}

describe('steps that are not finite', () => {
  it('are skipped, and the count in a row starts anew after a good one', () => {
    assert.deepEqual(verdicts('.xx.xx.'), [
      ...['good', 'skipped', 'skipped', 'good', 'skipped', 'skipped', 'good'],
    ]);
  });

  it('send the run back once, with half the learning rate, and stop it the next time', () => {
    assert.deepEqual(verdicts('xxx'), ['skipped', 'skipped', 'roll-back']);
    const back = afterRollBack({ ...newGuard, inRow: 2, skipped: 5 });
    assert.deepEqual(back, { inRow: 0, skipped: 5, rolledBack: true, learningRateScale: 0.5 });
    assert.deepEqual(verdicts('xxx', back), ['skipped', 'skipped', 'diverged']);
  });

  it('are counted over the whole run', () => {
    let state: GuardState = newGuard;
    for (const finite of [false, true, false, false, true]) state = judge(state, finite, 10).state;
    assert.deepEqual([state.skipped, state.inRow], [3, 0]);
  });
});

describe('divergence alarm', () => {
  it('is raised once when the loss leaves 100 times its median', () => {
    const alarm = new DivergenceAlarm();
    for (let i = 0; i < 30; i++) assert.equal(alarm.watch(0.1), undefined);
    assert.equal(alarm.watch(9), undefined);
    assert.equal(alarm.watch(11), 0.1);
    assert.equal(alarm.watch(12), undefined, 'it stays on');
    assert.equal(alarm.watch(0.1), undefined);
    assert.equal(alarm.watch(11), 0.1, 'and can be raised again');
  });

  it('waits until there is a median worth the name', () => {
    const alarm = new DivergenceAlarm();
    for (let i = 0; i < 19; i++) alarm.watch(0.1);
    assert.equal(alarm.watch(1000), undefined);
  });

  it('follows a loss that falls', () => {
    const alarm = new DivergenceAlarm();
    for (let i = 0; i < 300; i++) alarm.watch(i < 100 ? 1 : 0.001);
    assert.equal(alarm.watch(0.5), 0.001);
  });
});
