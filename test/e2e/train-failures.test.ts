/** What a run does when its surroundings fail: full disks, foreign checkpoints, too little memory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { rewritten, stateText } from '../checkpoint-file.ts';
import { cli, type Finished, Workbench } from './train-kit.ts';

const short = ['training.steps=24', 'balance.rule=natural'].flatMap((key) => ['--set', key]);
const last = 'checkpoints/step-00000024.safetensors';
const set = (...keys: string[]) => keys.flatMap((key) => ['--set', key]);

describe('a run in bad surroundings', () => {
  let place: Workbench;
  let whole: Finished;
  before(async () => {
    place = await Workbench.create();
    whole = await place.train('tiny.yaml', '-o', 'whole', ...short);
    assert.equal(whole.code, 0, whole.stderr);
  });
  after(() => place.remove());

  const sameAsWhole = (run: string) => {
    for (const file of ['metrics.jsonl', last])
      assert.equal(place.sha256(`${run}/${file}`), place.sha256(`whole/${file}`), file);
  };
  const copyOfWhole = (name: string) =>
    cpSync(place.path('whole'), place.path(name), { recursive: true });

  /** In a shell, for redirections; "$@" is evensr. */
  const shell = (script: string): Finished => {
    const { status, signal, stdout, stderr } = spawnSync(
      'sh',
      ['-c', script, 'sh', process.execPath, cli],
      { cwd: place.root, env: place.env, encoding: 'utf8' },
    );
    return { code: status, signal, stdout, stderr };
  };

  describe('on a small disk', () => {
    const disk = () => place.path('disk');
    const mount = (...options: string[]) =>
      spawnSync('mount', [...options, 'tmpfs', disk()], { encoding: 'utf8' });
    let reason: string | false = false;
    before(() => {
      mkdirSync(disk());
      const { status, stderr, error } = mount('-t', 'tmpfs', '-o', 'size=300k');
      if (status !== 0) reason = `no file system can be mounted: ${error ?? stderr}`;
    });
    after(() => {
      if (!reason) spawnSync('umount', [disk()]);
    });

    it('stops with exit code 5 and loses nothing that was saved', async (test) => {
      if (reason) return test.skip(reason);
      const args = ['tiny.yaml', '-o', 'disk/run', ...short, ...set('checkpoint.every=4')];
      const full = await place.train(...args);
      assert.equal(full.code, 5, full.stderr);
      assert.match(full.stderr, /W_SAVE: checkpoint 12 .*: \d+ bytes needed, \d+ free.* 8 is kept/);
      assert.match(full.stderr, /E_DISK: checkpoint 16 .* make room and resume with --resume/);
      assert.deepEqual(
        place.checkpoints('disk/run'),
        [0, 4, 8].map((step) => `step-0000000${step}.safetensors`),
      );
      for (const name of readdirSync(disk(), { recursive: true, encoding: 'utf8' }))
        assert.ok(!name.endsWith('.tmp'), name);
    });

    it('goes on without checkpoints, metrics and pictures when it is told to', async (test) => {
      if (reason) return test.skip(reason);
      rmSync(place.path('disk/run'), { recursive: true });
      writeFileSync(place.path('disk/ballast'), Buffer.alloc(80_000));
      const args = ['tiny.yaml', '-o', 'disk/run', ...short, '--on-save-fail', 'continue'];
      const quick = set('log.tensorboard=false', 'validation.every=5');
      const full = await place.train(...args, ...quick);
      assert.equal(full.code, 5, 'the last save must not fail');
      assert.match(full.stderr, /W_SAVE: checkpoint 21 .* - going on/);
      for (const file of ['metrics.jsonl', 'samples'])
        assert.equal(
          full.stderr.split('\n').filter((l) => l.includes('W_LOG') && l.includes(file)).length,
          1,
          `one warning of ${file}: ${full.stderr}`,
        );
      for (const line of readFileSync(place.path('disk/run/report.jsonl'), 'utf8').split('\n'))
        if (line !== '') JSON.parse(line);
      for (const picture of readdirSync(place.path('disk/run/samples')))
        assert.ok(statSync(place.path(`disk/run/samples/${picture}`)).size > 1000, picture);

      assert.equal(mount('-o', 'remount,size=4m').status, 0);
      const allow = ['--allow-change', 'checkpoint', '--allow-change', 'log'];
      const resumed = await place.train('-o', 'disk/run', '--resume', ...allow);
      assert.equal(resumed.code, 0, resumed.stderr);
      assert.equal(place.sha256(`disk/run/${last}`).length, 64);
      const steps = readFileSync(place.path('disk/run/metrics.jsonl'), 'utf8').trim().split('\n');
      assert.deepEqual(
        steps.map((line) => JSON.parse(line).step),
        Array.from({ length: 24 }, (_, i) => i + 1),
        'no line is missing or double',
      );
    });
  });

  it('goes on when what it prints cannot be written', () => {
    const train = (run: string) => `"$@" train tiny.yaml ${short.join(' ')} -o ${run}`;
    const full = shell(`${train('full')} --json > /dev/full`);
    assert.equal(full.code, 0, full.stderr);
    assert.equal(full.stderr.match(/W_LOG: stdout cannot be written \(ENOSPC\)/g)?.length, 1);
    sameAsWhole('full');
    const left = shell(`(${train('left')} --json 2> /dev/full; echo "exit $?" >&2) | head -n 1`);
    assert.equal(left.stderr, 'exit 0\n');
    sameAsWhole('left');
  });

  it('prints only JSON lines with --json, also at the end of a failure', async () => {
    const documents = (stdout: string): Record<string, unknown>[] =>
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const none = await place.train('tiny.yaml', '-o', 'failing', ...set('images.train=none'));
    assert.equal(none.code, 3);
    const [{ error } = {}, ...more] = documents(none.stdout) as { error?: { code: string } }[];
    assert.deepEqual([error?.code, more], ['E_DATA_MISSING', []]);
    const events = documents(whole.stdout).map(({ event }) => event);
    assert.deepEqual([...new Set(events)].sort(), ['finished', 'measured', 'progress', 'saved']);
    assert.equal(events.at(-1), 'finished');
  });

  it('refuses the checkpoint of another network with the difference, and one of other tasks', async () => {
    copyOfWhole('swapped');
    const file = place.path(`swapped/${last}`);
    const bytes = readFileSync(file);
    const state = stateText(bytes, { identity: 'of another run' });
    const network =
      '{"type":"srvgg","scale":4,"numFeat":4,"numConv":2,"activation":"prelu","init":"he"}';
    writeFileSync(file, rewritten(bytes, { metadata: { state, network } }));
    const other = await place.train('-o', 'swapped', '--resume');
    assert.equal(other.code, 9);
    assert.match(other.stderr, /E_CONFIG_CHANGED: .*run: network\.numFeat: 4 -> 8 - network/);
    writeFileSync(file, rewritten(bytes, { metadata: { state } }));
    const same = await place.train('-o', 'swapped', '--resume');
    assert.equal(same.code, 9);
    assert.match(same.stderr, /E_CONFIG_CHANGED: the checkpoint of step 24 is of a run with/);
  });

  it('goes on from the checkpoint of another version only when that is allowed', async () => {
    copyOfWhole('version');
    const file = place.path(`version/${last}`);
    const bytes = readFileSync(file);
    const metadata = { state: stateText(bytes, { evensr: '0.0.1' }) };
    writeFileSync(file, rewritten(bytes, { metadata }));
    const refused = await place.train('-o', 'version', '--resume');
    assert.equal(refused.code, 9);
    assert.match(refused.stderr, /evensr: "0\.0\.1" -> ".*allow it with --allow-change evensr/);
    const allowed = await place.train('-o', 'version', '--resume', '--allow-change', 'evensr');
    assert.equal(allowed.code, 0, allowed.stderr);
  });

  it('leaves what a checkpoint of a newer format is, and the files as they are', async () => {
    copyOfWhole('newer');
    const file = place.path(`newer/${last}`);
    const metadata = { format: 'evensr-checkpoint-9' };
    writeFileSync(file, rewritten(readFileSync(file), { metadata }));
    const before = place.checkpoints('newer');
    for (const args of [
      ['train', '-o', 'newer', '--resume'],
      ['evaluate', '-m', 'newer', '-i', 'photos', '--crop', '48'],
    ]) {
      const { code, stderr } = await place.run(...args);
      assert.equal(code, 9);
      assert.match(stderr, /E_CHECKPOINT_NEWER: .*step-00000024.*evensr-checkpoint-9/);
    }
    assert.deepEqual(place.checkpoints('newer'), before);
  });

  it('says which tasks have probes that are not finite, and writes a step that was not settled once', async () => {
    copyOfWhole('infinite');
    const file = place.path(`infinite/${last}`);
    const tensor = ({ name, data }: { name: string; data: Float32Array }) => {
      if (name === 'ema/body.0.weight') data.fill(3e38);
    };
    const metadata = { state: stateText(readFileSync(file), { settled: false }) };
    writeFileSync(file, rewritten(readFileSync(file), { tensor, metadata }));
    const { code, stderr } = await place.train('-o', 'infinite', '--resume');
    assert.equal(code, 0, stderr);
    assert.match(stderr, /W_NONFINITE: 2 probes of task full-clean are not finite/);
    const metrics = readFileSync(place.path('infinite/metrics.jsonl'), 'utf8').trim().split('\n');
    assert.equal(metrics.length, 24);
    assert.equal(JSON.parse(metrics.at(-1) as string).psnr, null);
    const measured = await place.run('tasks', 'measure', 'infinite', '--steps', '2');
    assert.equal(measured.code, 8);
    assert.match(
      measured.stderr,
      /W_NONFINITE: specialist of [a-z-]+: 2 of 2 steps were not finite/,
    );
    assert.match(measured.stderr, /E_REFERENCES: no PSNR of task [a-z-]+ is finite/);
  });

  it('removes what killed writers left in its folders', async () => {
    copyOfWhole('untidy');
    const left = ['.config.yaml.1.0.tmp', 'samples/.a.png.1.0.tmp', 'checkpoints/.b.1.0.tmp'];
    for (const name of left) writeFileSync(place.path(`untidy/${name}`), 'half');
    assert.equal((await place.train('-o', 'untidy', '--resume')).code, 0);
    for (const name of left) assert.ok(!existsSync(place.path(`untidy/${name}`)), name);
  });

  it('ends with exit code 6 when the memory does not suffice', () => {
    const large = set('network.numFeat=1024', 'network.numConv=256').join(' ');
    const { code, stderr } = shell(
      `ulimit -v 6000000; exec "$@" train tiny.yaml -o large ${large}`,
    );
    assert.equal(code, 6, stderr);
    assert.match(stderr, /^evensr: E_MEMORY: [^\n]*\n$/m);
  });

  it('says before the first step what its activations need when they do not fit', () => {
    const large = set('training.batchSize=65536', 'network.numFeat=256');
    const train = `exec "$@" train tiny.yaml -o activations ${large.join(' ')}`;
    const { code, stderr } = shell(`ulimit -v 16000000; ${train}`);
    assert.equal(code, 6, stderr);
    assert.match(
      stderr,
      /^evensr: E_MEMORY: a step of 65536 samples of 12x12 needs \d{5} MiB for its activations - raise training\.accumulate, or lower /m,
    );
    assert.ok(!existsSync(place.path('activations/metrics.jsonl')));
  });

  it('warns in its plan when the disk is too small', async () => {
    const large = set('network.numFeat=256', 'network.numConv=16', 'training.batchSize=1');
    const keep = set('checkpoint.keep=100000', 'training.lqSize=8', 'validation.border=0');
    const { code, stdout, stderr } = await place.train(
      ...['tiny.yaml', '-o', 'plan', '--dry-run', ...large, ...keep],
    );
    assert.equal(code, 0, stderr);
    assert.ok(JSON.parse(stdout).disk.checkpoints > 1e13);
    assert.match(stderr, /W_DISK: the run needs \d.* TB, .* are free/);
  });

  it('measures references that cannot be kept, and on other photographs, with warnings', async () => {
    copyOfWhole('measured');
    mkdirSync(place.path(`measured/${last.replace('.safetensors', '.references.json')}`));
    renameSync(place.path('photos/3.png'), place.path('photos/renamed.png'));
    const { code, stderr } = await place.run('tasks', 'measure', 'measured', '--steps', '1');
    renameSync(place.path('photos/renamed.png'), place.path('photos/3.png'));
    assert.equal(code, 0, stderr);
    assert.equal(stderr.match(/W_REFERENCES: .*not kept on disk/g)?.length, 1);
    assert.match(stderr, /W_PHOTOS: /);
  });

  it('shows a screen on a terminal, without colours when NO_COLOR is set', (test) => {
    const train = `${process.execPath} ${cli} train tiny.yaml ${short.join(' ')} -o screen`;
    const { error, status, stdout } = spawnSync(
      'script',
      ['-qec', `stty cols 100 rows 30; exec ${train}`, '/dev/null'],
      { cwd: place.root, env: { ...place.env, LC_ALL: 'C.UTF-8' }, encoding: 'utf8' },
    );
    if (error) return test.skip(`script cannot be run: ${error.message}`);
    assert.equal(status, 0, stdout);
    const text = stripVTControlCharacters(stdout);
    for (const part of [
      /step 24 \/ 24 +100 %/,
      /loss 0\.\d+ .* images\/s/,
      /data \d+ %, degrade \d+ %, network \d+ %/,
      /full-noisy +█+.* \d+\.\d %/,
      /mean PSNR \d+\.\d\d dB +saved at step 24/,
      /done, 24 steps \| skipped 0/,
    ])
      assert.match(text, part);
    assert.ok(!stdout.includes('\u001b[3'), 'NO_COLOR is set');
    sameAsWhole('screen');
  });
});
