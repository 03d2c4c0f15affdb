import assert from 'node:assert/strict';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { atStep, Workbench } from './train-kit.ts';

const last = 'checkpoints/step-00000060.safetensors';

describe('evensr report', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    const trained = await place.train('tiny.yaml', '-o', 'run', '--set', 'log.report=true');
    assert.equal(trained.code, 0, trained.stderr);
    const plain = await place.train('tiny.yaml', '-o', 'plain', '--set', 'balance.rule=natural');
    assert.equal(plain.code, 0, plain.stderr);
  });
  after(() => place.remove());

  const page = (name: string) => readFileSync(place.path(name), 'utf8');
  const pictures = (text: string) => text.match(/<img /g)?.length ?? 0;
  /** Makes a report of a copy of the run that `change` has damaged. */
  const reportOfDamaged = async (name: string, change: (run: string) => void) => {
    cpSync(place.path('run'), place.path(name), { recursive: true });
    change(place.path(name));
    const result = await place.run('report', name);
    assert.equal(result.code, 0, result.stderr);
    return { ...result, text: page(`${name}/report.html`) };
  };

  it('is written at the end of a training, and not where it is switched off', () => {
    const text = page('run/report.html');
    assert.match(text, /<title>evensr report: tiny<\/title>/);
    assert.match(text, /finished at step 60/);
    assert.match(text, /speed at last/);
    assert.match(text, /3 photographs? for the probes|one photograph for the probes/);
    assert.ok(pictures(text) > 50, `${pictures(text)} pictures`);
    assert.ok(!existsSync(place.path('plain/report.html')));
  });

  it('shows the same on demand, and nothing of the run changes', async () => {
    const before = readdirSync(place.path('run'), { recursive: true, encoding: 'utf8' }).sort();
    const sums = before.map((name) => (/\.\w+$/.test(name) ? place.sha256(`run/${name}`) : ''));
    const result = await place.run('report', 'run', '-o', 'again.html');
    assert.equal(result.code, 0, result.stderr);
    assert.equal(result.stderr, '');
    assert.match(result.stdout, /again\.html {2}\d/);
    const timeless = (text: string) => text.replace(/made [^<]*/, '').replace(/zr\d+-/g, '');
    assert.equal(timeless(page('again.html')), timeless(page('run/report.html')));
    const after = readdirSync(place.path('run'), { recursive: true, encoding: 'utf8' }).sort();
    assert.deepEqual(after, before);
    assert.deepEqual(
      after.map((name) => (/\.\w+$/.test(name) ? place.sha256(`run/${name}`) : '')),
      sums,
    );
  });

  it('shows several runs side by side, with a baseline', async () => {
    const args = ['run', 'plain', '--baseline', 'plain', '-o', 'both.html', '--json'];
    const result = await place.run('report', ...args);
    assert.equal(result.code, 0, result.stderr);
    const told = JSON.parse(result.stdout);
    assert.equal(told.output, 'both.html');
    assert.deepEqual(
      told.runs.map(({ path }: { path: string }) => path),
      ['run', 'plain'],
    );
    assert.deepEqual(told.missing, []);
    const text = page('both.html');
    assert.match(text, /Gain over B · tiny/);
    assert.doesNotMatch(text, /cannot be compared/);
    assert.match(text, /Nothing of this is measured in B · tiny/);
  });

  it('shows runs with other tasks apart', async () => {
    const short = ['training.steps=20', 'tasks.boundaries={noise: [10]}'];
    const sets = short.flatMap((set) => ['--set', set]);
    const trained = await place.train('tiny.yaml', '-o', 'other', ...sets);
    assert.equal(trained.code, 0, trained.stderr);
    const result = await place.run(
      'report',
      'run',
      'other',
      '--baseline',
      'run',
      '-o',
      'apart.html',
    );
    assert.equal(result.code, 0, result.stderr);
    assert.match(page('apart.html'), /A with 9 tasks; B with 2 tasks/);
  });

  it('looks at a run that is training, and does not disturb it', async () => {
    const running = place.start('tiny.yaml', '-o', 'live', '--set', 'training.steps=4000');
    await running.seen(atStep(30));
    const result = await place.run('report', 'live');
    const ended = running.child.exitCode;
    running.child.kill('SIGTERM');
    assert.equal(result.code, 0, result.stderr);
    assert.equal(ended, null, 'it was still training');
    assert.match(page('live/report.html'), /training, or killed/);
    assert.ok(pictures(page('live/report.html')) > 50);
    assert.equal((await running.finished).code, 143);
  });

  it('makes do with what is left of a run', async () => {
    const none = await reportOfDamaged('no-checkpoint', (run) =>
      rmSync(`${run}/checkpoints`, { recursive: true }),
    );
    assert.match(none.stderr, /W_REPORT: .*no usable checkpoint/);
    assert.match(none.text, /There are no pictures\..*no usable checkpoint/);
    assert.match(none.text, /finished at step 60/);

    const torn = await reportOfDamaged('torn', (run) => {
      truncateSync(`${run}/${last}`, 1000);
      const lines = readFileSync(`${run}/metrics.jsonl`, 'utf8').split('\n');
      lines[9] = `${lines[9]?.slice(0, 30)}`;
      writeFileSync(`${run}/metrics.jsonl`, lines.join('\n').slice(0, -40));
      rmSync(`${run}/report.jsonl`);
    });
    assert.match(torn.stderr, /W_CKPT: checkpoint 60 is bad/);
    assert.match(torn.text, /one damaged line of its logs/);
    assert.match(torn.text, /Checkpoint of step 56/);
    assert.match(torn.text, /report\.jsonl: cannot be opened \(ENOENT\)/);

    const bare = await reportOfDamaged('bare', (run) => {
      writeFileSync(`${run}/config.yaml`, 'training: {steps: <script>}\n');
      writeFileSync(`${run}/metrics.jsonl`, '');
    });
    assert.match(bare.text, /settings cannot be shown/);
    assert.equal(bare.text.match(/<script>/g)?.length, 1);
  });

  it('says when the photographs are others', async () => {
    cpSync(place.path('photos'), place.path('kept'), { recursive: true });
    try {
      const probe = /a crop of (\d\.png)/.exec(page('run/report.html'))?.[1];
      const other = probe === '0.png' ? '1.png' : '0.png';
      copyFileSync(place.path(`kept/${other}`), place.path(`photos/${probe}`));
      const result = await place.run('report', 'run', '-o', 'others.html');
      assert.equal(result.code, 0, result.stderr);
      assert.match(
        page('others.html'),
        /bicubic cannot be compared\. The photographs are not those/,
      );
    } finally {
      rmSync(place.path('photos'), { recursive: true });
      renameSync(place.path('kept'), place.path('photos'));
    }
  });

  it('says when the photographs are gone', async () => {
    renameSync(place.path('photos'), place.path('moved'));
    try {
      const result = await place.run('report', 'run', '-o', 'gone.html');
      assert.equal(result.code, 0, result.stderr);
      assert.match(result.stderr, /W_REPORT: run: pictures: .*photos/);
      assert.match(page('gone.html'), /There are no pictures\..*photos/);
      assert.match(page('gone.html'), /bicubic cannot be compared/);
    } finally {
      renameSync(place.path('moved'), place.path('photos'));
    }
  });

  it('takes hostile names for what they are', async () => {
    mkdirSync(place.path('hostile'));
    for (const name of readdirSync(place.path('photos')))
      copyFileSync(
        place.path(`photos/${name}`),
        place.path(`hostile/"><img src=x>\u001b[31m${name}`),
      );
    const sets = ['--set', 'training.steps=20', '--images', 'hostile'];
    const trained = await place.train('tiny.yaml', '-o', '<b>"run', ...sets);
    assert.equal(trained.code, 0, trained.stderr);
    assert.equal((await place.run('report', '<b>"run')).code, 0);
    const text = page('<b>"run/report.html');
    assert.ok(!text.includes('<img src=x') && !text.includes('\u001b'));
    assert.match(text, /&quot;&gt;&lt;img src=x&gt;\ufffd\[31m/);
  });

  it('refuses what is no run, and files that are no report', async () => {
    const refused = async (code: number, text: RegExp, ...args: string[]) => {
      const result = await place.run('report', ...args);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, text);
    };
    writeFileSync(place.path('mine.txt'), 'mine');
    await Promise.all([
      refused(2, /E_RUN: nowhere is no folder/, 'nowhere'),
      refused(2, /E_RUN: there is no run in photos/, 'photos'),
      refused(2, /E_EXISTS: mine\.txt is there and is no report/, 'run', '-o', 'mine.txt'),
      refused(2, /E_USAGE: photos is a folder/, 'run', '-o', 'photos'),
      refused(5, /E_DISK/, 'run', '-o', 'mine.txt/report.html'),
    ]);
    assert.equal(page('mine.txt'), 'mine');
    const forced = await place.run('report', 'run', '-o', 'mine.txt', '--overwrite');
    assert.equal(forced.code, 0, forced.stderr);
    assert.ok(page('mine.txt').startsWith('<!doctype html>'));
  });

  it('never fails a training that cannot write it', async () => {
    cpSync(place.path('run'), place.path('blocked'), { recursive: true });
    rmSync(place.path('blocked/report.html'));
    mkdirSync(place.path('blocked/report.html/folder'), { recursive: true });
    const result = await place.train('-o', 'blocked', '--resume');
    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stderr, /W_REPORT: .*report\.html is not written/);
  });
});
