import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EvensrError } from '../../src/errors.ts';
import type { TrainObserver } from '../../src/train/observer.ts';
import type { RunFolder } from '../../src/train/run-folder.ts';
import { Saver } from '../../src/train/saver.ts';

const full = Object.assign(new Error('no room'), { code: 'E_DISK' });

/** Saves one checkpoint after the other; each result is what the disk says to it. */
function play(onFail: 'stop' | 'continue') {
  const told: string[] = [];
  let result: Error | undefined;
  let prune: Error | undefined;
  const folder = {
    resumed: undefined,
    report: (event: string) => told.push(event),
    checkpoints: {
      file: (step: number) => `step-${step}`,
      save: async () => {
        if (result) throw result;
      },
      prune: async () => {
        told.push('pruned');
        if (prune) throw prune;
      },
    },
  } as unknown as RunFolder;
  const observer = {
    warn: (code: string, text: string) => told.push(`${code} ${text}`),
    saved: () => {},
  } as unknown as TrainObserver;
  const saver = new Saver({ folder, observer, keep: 2, onFail });
  return {
    saver,
    told,
    save: (step: number, says?: Error, options: { last?: boolean; prune?: Error } = {}) => {
      result = says;
      prune = options.prune;
      return saver.save(step, [], undefined, options.last === true);
    },
  };
}

describe('saving', () => {
  it('removes old checkpoints only after the new one is there', async () => {
    const { told, save, saver } = play('stop');
    await save(1);
    await save(2, full);
    assert.deepEqual(told.slice(0, 3), ['saved', 'pruned', 'save failed']);
    assert.equal(told.length, 4);
    assert.match(told[3] ?? '', /^W_SAVE checkpoint 2 could not be saved: no room - 1 is kept/);
    assert.equal(saver.savedStep, 1);
  });

  it('stops after two failures in a row, not after two in all', async () => {
    const { save, saver } = play('stop');
    await save(1, full);
    await save(2);
    await save(3, full);
    await assert.rejects(save(4, full), { code: 'E_DISK', exitCode: 5, message: /2 is kept/ });
    assert.equal(saver.savedStep, 2);
  });

  it('goes on for ever when told to, but the last save must not fail', async () => {
    const { told, save } = play('continue');
    for (const step of [1, 2, 3]) await save(step, full);
    assert.equal(told.filter((text) => text.endsWith('none before it - going on')).length, 3);
    await assert.rejects(save(4, full, { last: true }), { code: 'E_DISK' });
  });

  it('only warns when an old checkpoint cannot be removed', async () => {
    const { told, save, saver } = play('stop');
    await save(1, undefined, { prune: new Error('EACCES') });
    assert.equal(told.at(-1), 'W_CKPT an old checkpoint could not be removed: EACCES');
    assert.equal(saver.savedStep, 1);
  });

  it('passes on every other error at once', async () => {
    const { save } = play('continue');
    const bug = new EvensrError('E_NONFINITE', 8, 'not finite');
    await assert.rejects(save(1, bug), bug);
  });
});
