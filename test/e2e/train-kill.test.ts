import assert from 'node:assert/strict';
import { watch } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/rng.ts';
import { type Running, Workbench } from './train-kit.ts';

const kills = 20;
const seed = Number(process.env.EVENSR_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** When a process is killed: at any moment of training, while it saves, or before its first step. */
const moments = ['train', 'save', 'start'] as const;
type Moment = (typeof moments)[number];

describe('a run that is killed again and again', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
  });
  after(() => place.remove());

  /** Waits for the moment; the process may end before. */
  async function wait(running: Running, moment: Moment, random: Random): Promise<void> {
    if (moment === 'start') await sleep(random.between(0, 1500));
    else {
      const steps = random.integer(10);
      let seen = 0;
      await running.seen((line) => line.event === 'progress' && seen++ >= steps);
      if (moment === 'train') await sleep(random.between(0, 15));
      else await temporaryFile(running);
    }
  }

  /** Resolves when a checkpoint is being written. */
  async function temporaryFile({ finished }: Running): Promise<void> {
    const watcher = watch(place.path('killed/checkpoints'));
    const appears = new Promise<void>((resolve) => {
      watcher.on('change', (_event, name) => String(name).endsWith('.tmp') && resolve());
    });
    await Promise.race([appears, finished]);
    watcher.close();
  }

  it('ends with the same bytes as one that was not', { timeout: 600_000 }, async (test) => {
    test.diagnostic(`EVENSR_SEED=${seed}`);
    const random = new Random(seed, 0, 0);
    const args = ['tiny.yaml', '--set', 'training.steps=200'];
    const whole = await place.train(...args, '-o', 'whole');
    assert.equal(whole.code, 0, whole.stderr);

    const hit: Record<string, number> = {};
    for (let kill = 0; kill < kills; ) {
      const running = place.start(...args, '-o', 'killed', '--auto-resume');
      const moment = kill < 2 ? 'start' : (moments[random.choice([6, 3, 1])] as Moment);
      await wait(running, moment, random);
      running.child.kill('SIGKILL');
      const { signal, stderr } = await running.finished;
      if (signal !== 'SIGKILL') break; // it had finished
      kill++;
      hit[moment] = (hit[moment] ?? 0) + 1;
      assert.doesNotMatch(stderr, /W_CKPT/, 'a kill damaged a checkpoint');
    }
    test.diagnostic(`kills: ${JSON.stringify(hit)}`);
    assert.ok(
      Object.values(hit).reduce((a, b) => a + b) >= kills,
      'it finished before the last kill',
    );

    const last = await place.train(...args, '-o', 'killed', '--auto-resume');
    assert.equal(last.code, 0, last.stderr);
    for (const file of ['metrics.jsonl', 'checkpoints/step-00000200.safetensors'])
      assert.equal(place.sha256(`killed/${file}`), place.sha256(`whole/${file}`), file);
    assert.deepEqual(
      place.checkpoints('killed').filter((name) => !name.endsWith('.safetensors')),
      [],
      'a killed process left something behind',
    );
  });
});
