import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { atStep, Workbench } from './train-kit.ts';

const last = 'checkpoints/step-00000060.safetensors';

describe('evensr train', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    const whole = await place.train('tiny.yaml', '-o', 'whole');
    assert.equal(whole.code, 0, whole.stderr);
  });
  after(() => place.remove());

  const lines = (name: string) => readFileSync(place.path(name), 'utf8').trim().split('\n');
  const sameAsWhole = (run: string) => {
    for (const file of ['metrics.jsonl', last])
      assert.equal(place.sha256(`${run}/${file}`), place.sha256(`whole/${file}`), file);
  };

  it('leaves the configuration, metrics, events, pictures and the newest and best checkpoints', () => {
    for (const name of ['config.yaml', 'metrics.jsonl', 'references.json', 'report.jsonl'])
      assert.ok(existsSync(place.path(`whole/${name}`)), name);
    assert.ok(existsSync(place.path('whole/samples/step-00000060.png')));
    const steps = lines('whole/metrics.jsonl').map((line) => JSON.parse(line).step);
    assert.deepEqual(
      steps,
      Array.from({ length: 60 }, (_, i) => i + 1),
    );
    const found = place.checkpoints('whole');
    assert.ok(found.length <= 4, found.join(' '));
    assert.deepEqual(
      found.slice(-3),
      [49, 56, 60].map((s) => `step-000000${s}.safetensors`),
    );
  });

  it('logs the PSNR that was measured, of every task', () => {
    for (const metrics of lines('whole/metrics.jsonl').map((line) => JSON.parse(line))) {
      if (metrics.psnr === undefined) continue;
      const all = Object.values(metrics.tasks as Record<string, { psnr: number }>);
      const mean = all.reduce((sum, { psnr }) => sum + psnr, 0) / all.length;
      assert.ok(Math.abs(mean - metrics.psnr) < 1e-9, `step ${metrics.step}`);
    }
  });

  it('moves the quotas after the warm-up, and never the sum', () => {
    const metrics = lines('whole/metrics.jsonl').map((line) => JSON.parse(line));
    const shares = (step: number) =>
      Object.values(metrics[step - 1].tasks as Record<string, { share: number }>).map(
        (t) => t.share,
      );
    assert.deepEqual(shares(19), shares(1));
    assert.notDeepEqual(shares(20), shares(1));
    for (const step of [1, 20, 60])
      assert.ok(Math.abs(shares(step).reduce((a, b) => a + b) - 1) < 1e-12);
  });

  it('finishes the step and saves at SIGINT, and resumes to the same bytes', async () => {
    const running = place.start('tiny.yaml', '-o', 'stopped');
    await running.seen(atStep(9));
    running.child.kill('SIGINT');
    const result = await running.finished;
    assert.equal(result.code, 130, result.stderr);
    const stopped = running.lines.at(-1) as { event: string; step: number };
    assert.equal(stopped.event, 'stopped');
    assert.ok(stopped.step >= 9 && stopped.step < 60, `step ${stopped.step}`);
    assert.equal(lines('stopped/metrics.jsonl').length, stopped.step);
    const saved = `step-${String(stopped.step).padStart(8, '0')}.safetensors`;
    assert.equal(place.checkpoints('stopped').at(-1), saved);
    const resumed = await place.train('-o', 'stopped', '--resume');
    assert.equal(resumed.code, 0, resumed.stderr);
    sameAsWhole('stopped');
  });

  it('keeps what was measured when it is stopped among the specialists', async () => {
    // Other runs of these tests have trained the same ones.
    rmSync(place.path('cache/evensr/specialists'), { recursive: true, force: true });
    const running = place.start('tiny.yaml', '-o', 'specialists');
    await running.seen((line) => line.event === 'specialist');
    running.child.kill('SIGTERM');
    assert.equal((await running.finished).code, 143);
    const stopped = running.lines.at(-1) as { step: number };
    assert.equal(stopped.step, 20, 'the step whose update is due');
    assert.equal(lines('specialists/metrics.jsonl').length, 19);
    const resumed = place.start('-o', 'specialists', '--resume');
    assert.equal((await resumed.finished).code, 0);
    const measured = (of: typeof running) =>
      of.lines.filter((line) => line.event === 'specialist').map((line) => line.taskId as string);
    const both = [...measured(running), ...measured(resumed)];
    assert.equal(both.length, 9);
    assert.equal(new Set(both).size, 9, 'no specialist was trained twice');
    sameAsWhole('specialists');
  });

  it('stops at once at the second signal', async () => {
    const slow = ['network.numFeat=64', 'network.numConv=16', 'training.batchSize=256'];
    const set = slow.flatMap((key) => ['--set', key]);
    const running = place.start('tiny.yaml', '-o', 'twice', ...set);
    await running.seen(atStep(1));
    running.child.stderr.once('data', () => running.child.kill('SIGINT')); // the note about the first
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 130);
    assert.equal(running.lines.at(-1)?.event, 'progress', 'it neither finished the step nor saved');
    assert.deepEqual(place.checkpoints('twice'), ['step-00000000.safetensors']);
  });

  it('saves and goes on at SIGUSR1', async () => {
    const running = place.start('tiny.yaml', '-o', 'usr1', '--set', 'checkpoint.every=1000');
    await running.seen(atStep(3));
    running.child.kill('SIGUSR1');
    const saved = (await running.seen(
      (line) => line.event === 'saved' && (line.step as number) >= 3,
    )) as { step: number };
    assert.ok(saved.step < 60, `saved at step ${saved.step}`);
    assert.ok(await running.seen(atStep(saved.step + 2)), 'it goes on');
    running.child.kill('SIGKILL');
    await running.finished;
    assert.ok(place.checkpoints('usr1').length >= 2);
  });

  it('refuses a folder that another run holds', async () => {
    const running = place.start('tiny.yaml', '-o', 'held', '--set', 'training.steps=100000');
    await running.seen(atStep(1));
    const second = await place.train('-o', 'held', '--resume');
    assert.equal(second.code, 11, second.stderr);
    assert.match(second.stderr, new RegExp(`E_LOCKED: .*process ${running.child.pid} `));
    running.child.kill('SIGKILL');
    await running.finished;
    const third = place.start('-o', 'held', '--resume');
    assert.ok(await third.seen(atStep(1)), 'the lock of a dead run is taken over');
    third.child.kill('SIGKILL');
  });

  it('says what to do when the folder does not fit what is asked for', async () => {
    const again = await place.train('tiny.yaml', '-o', 'whole');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /E_RUN: .*--resume/);
    const nothing = await place.train('tiny.yaml', '-o', 'nothing', '--resume');
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /E_RUN: there is no run/);
    const finished = await place.train('tiny.yaml', '-o', 'whole', '--auto-resume');
    assert.equal(finished.code, 0, finished.stderr);
    sameAsWhole('whole');
  });

  it('refuses to resume with another configuration unless the change is allowed', async () => {
    const change = ['--set', 'training.steps=62', '--set', 'checkpoint.keep=5'];
    const refused = await place.train('tiny.yaml', '-o', 'whole', '--resume', ...change);
    assert.equal(refused.code, 9);
    assert.match(
      refused.stderr,
      /E_CONFIG_CHANGED: .*checkpoint.keep: 3 -> 5; training.steps: 60 -> 62/,
    );
    assert.match(refused.stderr, /--allow-change training.steps/);
    const fixed = ['--set', 'balance.gamma=1', '--allow-change', 'balance.gamma'];
    const never = await place.train('tiny.yaml', '-o', 'whole', '--resume', ...fixed);
    assert.equal(never.code, 9);
    assert.match(never.stderr, /balance.gamma cannot change within a run/);
    const allow = ['--allow-change', 'training.steps', '--allow-change', 'checkpoint'];
    cpSync(place.path('whole'), place.path('longer'), { recursive: true });
    const longer = await place.train('tiny.yaml', '-o', 'longer', ...change, '--resume', ...allow);
    assert.equal(longer.code, 0, longer.stderr);
    assert.equal(lines('longer/metrics.jsonl').length, 62);
    assert.match(readFileSync(place.path('longer/config.yaml'), 'utf8'), /steps: 62/);
  });

  it('falls back to the checkpoint before a damaged one, and says so', async () => {
    cpSync(place.path('whole'), place.path('damaged'), { recursive: true });
    const newest = place.path(`damaged/${last}`);
    const bytes = readFileSync(newest);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1;
    writeFileSync(newest, bytes);
    const result = await place.train('-o', 'damaged', '--resume');
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /W_CKPT: checkpoint 60 is bad .*crc.* - using 56/);
    assert.match(result.stderr, /^going on from step 56: .*step-00000056\.safetensors$/m);
    sameAsWhole('damaged');
  });

  it('refuses to go on when every checkpoint is damaged or renamed', async () => {
    cpSync(place.path('whole'), place.path('renamed'), { recursive: true });
    const folder = place.path('renamed/checkpoints');
    for (const name of place.checkpoints('renamed')) {
      const other = `step-${String(Number(name.slice(5, 13)) + 100).padStart(8, '0')}.safetensors`;
      renameSync(`${folder}/${name}`, `${folder}/${other}`);
    }
    const result = await place.train('-o', 'renamed', '--resume');
    assert.equal(result.code, 9);
    assert.match(result.stderr, /W_CKPT: .*was renamed/);
    assert.match(result.stderr, /E_CHECKPOINT: none of the/);
  });

  it('stops with exit code 5 after two saves that failed, or goes on', async () => {
    const loseFolder = async (run: string, ...args: string[]) => {
      const short = ['training.steps=22', 'balance.rule=natural'].flatMap((key) => ['--set', key]);
      const running = place.start('tiny.yaml', '-o', run, ...short, ...args);
      await running.seen(atStep(1));
      rmSync(place.path(`${run}/checkpoints`), { recursive: true });
      return running.finished;
    };
    const stopped = await loseFolder('lost');
    assert.equal(stopped.code, 5, stopped.stderr);
    assert.match(stopped.stderr, /W_SAVE: checkpoint 7 could not be saved: .*\(1 of 2\)/);
    assert.match(stopped.stderr, /E_DISK: checkpoint 14 could not be saved: /);
    const going = await loseFolder('going', '--on-save-fail', 'continue');
    assert.equal(going.code, 5, 'the last save must not fail');
    assert.match(going.stderr, /W_SAVE: checkpoint 21 .*going on/);
  });

  it('skips steps that are not finite, goes back once, and stops with exit code 8', async () => {
    const result = await place.train(
      ...['tiny.yaml', '-o', 'diverged', '--set', 'training.learningRate=1'],
      ...['--set', 'network.numConv=24', '--set', 'training.loss.type=l2'],
      ...['--set', 'balance.rule=natural', '--set', 'training.maxSkips=4'],
    );
    assert.equal(result.code, 8, result.stderr);
    assert.match(result.stderr, /W_NONFINITE: step \d+ .*step skipped \(1 of 4\)/);
    assert.equal(result.stderr.match(/W_ROLLBACK/g)?.length, 1);
    assert.match(result.stderr, /E_DIVERGED: .*checkpoint \d+ is good/);
    const saved = result.stdout.split('\n').filter((line) => line.includes('"saved"')).length;
    assert.ok(saved >= 1);
  });

  it('refuses a device that is missing, and data that cannot be used', async () => {
    const cuda = await place.train('tiny.yaml', '-o', 'cuda', '--device', 'cuda');
    assert.equal(cuda.code, 2);
    assert.match(
      cuda.stderr,
      /E_DEVICE: device cuda is not there: (no NVIDIA driver|the NVIDIA driver|there is no|evensr was built)/,
    );
    const auto = await place.train(
      'tiny.yaml',
      '-o',
      'auto',
      '--device',
      'auto',
      '--set',
      'training.steps=2',
    );
    assert.equal(auto.code, 0, auto.stderr);
    assert.match(auto.stderr, /no CUDA/);
    const missing = await place.train(
      'tiny.yaml',
      '-o',
      'none',
      '--set',
      'images.train=no-such-folder',
    );
    assert.equal(missing.code, 3);
    assert.match(missing.stderr, /E_DATA_MISSING/);
  });

  it('plans without leaving anything behind', async () => {
    const result = await place.train('tiny.yaml', '-o', 'planned', '--dry-run');
    assert.equal(result.code, 0, result.stderr);
    const plan = JSON.parse(result.stdout);
    assert.equal(plan.parameters, 8 * 27 + 8 + 2 * (8 * 72 + 8) + 48 * 72 + 48 + 3 * 8);
    assert.equal(plan.tasks, 9);
    assert.equal(plan.time.specialistSteps, 90);
    assert.ok(plan.time.step > 0 && plan.time.total > 60 * plan.time.step);
    assert.ok(!existsSync(place.path('planned')));
  });

  it('prints the complete configuration, which is that of the run', async () => {
    const result = await place.train('tiny.yaml', '--print-config');
    const config = JSON.parse(result.stdout);
    assert.equal(config.images.train, place.path('photos'));
    assert.equal(config.training.steps, 60);
  });
});

describe('evensr tasks measure', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
  });
  after(() => place.remove());

  it('measures references that another run takes from the file', async () => {
    const set = ['training.steps=10', 'balance.rule=natural'].flatMap((key) => ['--set', key]);
    assert.equal((await place.train('tiny.yaml', '-o', 'base', ...set)).code, 0);
    const measured = await place.run('tasks', 'measure', 'base', '--steps', '10', '--json');
    assert.equal(measured.code, 0, measured.stderr);
    const { tasks, file } = JSON.parse(measured.stdout.trim().split('\n').at(-1) as string);
    assert.equal(tasks.length, 9);
    for (const { psnr, reference } of tasks)
      assert.ok(reference > psnr, `a specialist is better: ${reference} > ${psnr}`);
    const kept = JSON.parse(readFileSync(place.path(file), 'utf8'));
    assert.ok(kept.complete);

    const again = await place.run('tasks', 'measure', 'base', '--steps', '10', '--json');
    assert.equal(again.stdout.trim().split('\n').length, 1, 'nothing is measured twice');
    const use = ['--set', `balance.references=${file}`, '--set', 'training.steps=30'];
    const other = await place.train('tiny.yaml', '-o', 'other', ...use);
    assert.equal(other.code, 0, other.stderr);
    const metrics = readFileSync(place.path('other/metrics.jsonl'), 'utf8').trim().split('\n');
    const last = JSON.parse(metrics.at(-1) as string);
    assert.equal(last.tasks['full-clean'].reference, kept.references['full-clean']);
    assert.ok(last.tasks['full-clean'].kpi < 1);
  });

  it('says what it cannot use', async () => {
    const nothing = await place.run('tasks', 'measure', 'no-such-run');
    assert.equal(nothing.code, 2);
    assert.match(nothing.stderr, /E_RUN/);
    writeFileSync(place.path('odd.json'), '{}');
    const odd = await place.train('tiny.yaml', '-o', 'odd', '--set', 'balance.references=odd.json');
    assert.equal(odd.code, 2);
    assert.match(odd.stderr, /E_REFERENCES/);
  });
});
