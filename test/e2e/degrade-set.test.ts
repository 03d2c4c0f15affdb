import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { DegradeBench } from './degrade-kit.ts';

const crop = ['--crop', '96'];

describe('evensr degrade, whole sets', () => {
  let bench: DegradeBench;
  before(async () => {
    bench = new DegradeBench();
    await bench.photo('wave.png', 200, 180);
    await bench.photo('a b.png', 180, 210);
  });
  after(() => bench.remove());

  const made = (status: number, ...args: string[]) => {
    const result = bench.run(...crop, ...args);
    assert.equal(result.status, status, result.stderr);
    return result;
  };
  const refused = (code: RegExp, ...args: string[]) => {
    const result = bench.run(...args);
    assert.equal(result.status, 2, result.stderr);
    assert.match(result.stderr, code);
  };

  it('is the same from any number of threads and shards, in one folder or several', async () => {
    const set = ['--total', '23', '--quotas', 'small-clean=1,full-noisy=3', '--seed', '3'];
    made(0, '-o', bench.path('one'), ...set, '--threads', '1');
    made(0, '-o', bench.path('many'), ...set, '--threads', '5');
    const wanted = bench.tree('one');
    assert.equal(Object.keys(wanted).length, 47);
    assert.deepEqual(bench.tree('many'), wanted);
    for (const index of [2, 3, 1]) {
      const result = made(0, '-o', bench.path('shards'), ...set, '--shard', `${index}/3`);
      assert.match(result.stdout, index === 1 ? /complete, with recipes/ : /shard . of 3 is done/);
    }
    assert.deepEqual(bench.tree('shards'), wanted);
    const together = [1, 2, 3, 4].map(
      (index) =>
        bench.start(...crop, '-o', bench.path('together'), ...set, '--shard', `${index}/4`)
          .finished,
    );
    for (const { code, stderr } of await Promise.all(together)) assert.equal(code, 0, stderr);
    assert.deepEqual(bench.tree('together'), wanted);
    for (const index of [1, 2])
      made(0, '-o', bench.path(`s${index}`), ...set, '--shard', `${index}/2`);
    cpSync(bench.path('s2'), bench.path('s1'), { recursive: true });
    assert.ok(!existsSync(bench.path('s1', 'recipes.jsonl')));
    made(0, '-o', bench.path('s1'), ...set, '--shard', '1/2');
    assert.deepEqual(bench.tree('s1'), wanted);
    const tasks = bench.records('one').map(({ task }) => task);
    assert.deepEqual(
      [tasks.filter((task) => task === 'small-clean').length, tasks.length],
      [6, 23],
    );
  });

  it('is written as archives that others read, and made again from its records', async (test) => {
    const set = ['--count', '4', '--shards-of', '3', '--format', 'jpeg', '--quality', '80'];
    made(0, '-o', bench.path('tars'), ...set, '--encode', 'webp:20-60,jpeg:10-20');
    const wanted = bench.tree('tars');
    assert.deepEqual(Object.keys(wanted), [
      '000000.tar',
      '000001.tar',
      '000002.tar',
      'recipes.jsonl',
    ]);
    made(
      0,
      '-o',
      bench.path('tars-shards'),
      ...set,
      '--encode',
      'webp:20-60,jpeg:10-20',
      '--shard',
      '2/2',
    );
    made(
      0,
      '-o',
      bench.path('tars-shards'),
      ...set,
      '--encode',
      'webp:20-60,jpeg:10-20',
      '--shard',
      '1/2',
    );
    assert.deepEqual(bench.tree('tars-shards'), wanted);
    const replay = ['--replay', bench.path('tars', 'recipes.jsonl')];
    const again = bench.run('-o', bench.path('tars-again'), ...replay);
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual(bench.tree('tars-again'), wanted);

    const [record] = bench.records('tars');
    assert.ok(record);
    assert.match(record.encoded.format, /^(webp|jpeg)$/);
    const tar = bench.path('tars', '000000.tar');
    const list = spawnSync('tar', ['tf', tar], { encoding: 'utf8' });
    assert.equal(list.status, 0, list.stderr);
    const names = list.stdout.trim().split('\n');
    assert.deepEqual(names.slice(0, 3), [
      `${record.key}.gt.png`,
      `${record.key}.json`,
      `${record.key}.lq.jpg`,
    ]);
    assert.equal(names.length, 9);
    mkdirSync(bench.path('unpacked'));
    assert.equal(spawnSync('tar', ['xf', tar, '-C', bench.path('unpacked')]).status, 0);
    const unpacked = (end: string) => bench.path('unpacked', `${record.key}.${end}`);
    assert.deepEqual(JSON.parse(readFileSync(unpacked('json'), 'utf8')), record);
    const lq = await sharp(unpacked('lq.jpg')).metadata();
    assert.deepEqual([lq.format, lq.width, lq.height], ['jpeg', 24, 24]);

    const script = `import sys, tarfile
t = tarfile.open(sys.argv[1])
for m in t: print(m.name, m.size, m.mtime, m.uid, oct(m.mode), len(t.extractfile(m).read()) == m.size)`;
    const python = spawnSync('python3', ['-c', script, tar], { encoding: 'utf8' });
    if (python.error) test.diagnostic('no python3: tarfile did not read the archive');
    else {
      assert.equal(python.status, 0, python.stderr);
      const lines = python.stdout.trim().split('\n');
      assert.equal(lines.length, 9);
      for (const line of lines) assert.match(line, / 0 0 0o644 True$/);
    }
  });

  it('takes lossy files and a real encoder, records them and makes the same again', async () => {
    const set = ['--format', 'webp', '--gt-format', 'jpeg', '--encode', 'jpeg:30-95'];
    made(0, '-o', bench.path('lossy'), ...set);
    const [record] = bench.records('lossy');
    assert.ok(record);
    assert.deepEqual(record.files, {
      gt: { format: 'jpeg', quality: 95 },
      lq: { format: 'webp', quality: 95 },
    });
    const { quality } = record.encoded;
    assert.ok(quality >= 30 && quality <= 95);
    const result = bench.run(
      '-o',
      bench.path('lossy2'),
      '--replay',
      bench.path('lossy', 'recipes.jsonl'),
    );
    assert.equal(result.status, 0, result.stderr);
    assert.deepEqual(bench.tree('lossy2'), bench.tree('lossy'));

    // Without the encoder the recipe is the same and lq another.
    made(0, '-o', bench.path('clean'));
    const [clean] = bench.records('clean');
    assert.deepEqual(clean?.recipe, record.recipe);
    assert.equal(clean?.pixels.gt, record.pixels.gt);
    assert.notEqual(clean?.pixels.lq, record.pixels.lq);
    const png = bench.path('clean', 'lq', `${clean?.key}.png`);
    const jpeg = await sharp(png).jpeg({ quality }).toBuffer();
    made(0, '-o', bench.path('encoded'), '--encode', 'jpeg:30-95');
    const file = bench.path('encoded', 'lq', `${record.key}.png`);
    assert.deepEqual(await sharp(file).raw().toBuffer(), await sharp(jpeg).raw().toBuffer());
  });

  it('makes again what is gone, and nothing else', () => {
    const set = ['--count', '3'];
    made(0, '-o', bench.path('gone'), ...set);
    const wanted = bench.tree('gone');
    const inode = () => statSync(bench.path('gone', 'lq', kept)).ino;
    const [lost = '', kept = ''] = readdirSync(bench.path('gone', 'lq'));
    const before = inode();
    rmSync(bench.path('gone', 'lq', lost));
    assert.match(made(0, '-o', bench.path('gone'), ...set).stdout, /^done 1 pairs \| skipped 5 /);
    assert.deepEqual(bench.tree('gone'), wanted);
    assert.equal(inode(), before);
    assert.match(made(0, '-o', bench.path('gone'), ...set).stdout, /^done 0 pairs \| skipped 6 /);

    const tars = ['--count', '3', '--shards-of', '2'];
    made(0, '-o', bench.path('gone-tar'), ...tars);
    const whole = bench.tree('gone-tar');
    rmSync(bench.path('gone-tar', '000001.tar'));
    const result = made(0, '-o', bench.path('gone-tar'), ...tars);
    assert.match(result.stdout, /^done 2 pairs \| skipped 4 /);
    assert.deepEqual(bench.tree('gone-tar'), whole);
  });

  it('goes on only with the same set', () => {
    const out = ['-o', bench.path('same')];
    made(0, ...out, '--seed', '4');
    refused(
      /E_CHANGED: .*same was begun otherwise: seed 4 -> 5 - give/,
      ...crop,
      ...out,
      '--seed',
      '5',
    );
    refused(
      /begun otherwise: .*lq png -> jpeg:95/,
      ...crop,
      ...out,
      '--seed',
      '4',
      '--format',
      'jpg',
    );
    refused(/begun otherwise: .*shards 1 -> 2/, ...crop, ...out, '--seed', '4', '--shard', '1/2');
    refused(/E_USAGE: --overwrite with --shard/, ...crop, ...out, '--overwrite', '--shard', '1/2');
    made(0, ...out, '--seed', '5', '--overwrite');
    assert.deepEqual(Object.keys(bench.tree('same')).length, 5);
  });

  it('puts up with torn and broken lines of a killed run', () => {
    const set = ['--count', '6', '--shard', '1/2'];
    made(0, '-o', bench.path('torn'), ...set);
    const wanted = bench.tree('torn');
    const state = bench.path('torn', '.evensr');
    const part = join(state, 'records-1-of-2.part.jsonl');
    const lines = readFileSync(join(state, 'records-1-of-2.jsonl'), 'utf8').split('\n');
    rmSync(join(state, 'records-1-of-2.jsonl'));
    writeFileSync(part, `${lines.slice(0, 3).join('\n')}\n${'\0'.repeat(700)}\n${lines[4]}\n`);
    appendFileSync(part, '{"version":1,"ke');
    assert.match(made(0, '-o', bench.path('torn'), ...set).stdout, /^done 3 pairs \| skipped 3 /);
    assert.equal(readFileSync(join(state, 'records-1-of-2.jsonl'), 'utf8'), lines.join('\n'));
    assert.deepEqual(bench.tree('torn'), wanted);
  });

  it('keeps the lines of whole archives only', () => {
    const set = ['--total', '18', '--shards-of', '3', '--shard', '1/2'];
    made(0, '-o', bench.path('torn-tars'), ...set);
    const wanted = bench.tree('torn-tars');
    const whole = bench.path('torn-tars', '.evensr', 'records-1-of-2.jsonl');
    const text = readFileSync(whole, 'utf8');
    const lines = text.split('\n');
    rmSync(whole);
    // Two lines of the second archive, and others behind a broken one.
    const torn = [...lines.slice(0, 5), 'torn', ...lines.slice(5, 8)];
    writeFileSync(whole.replace('.jsonl', '.part.jsonl'), `${torn.join('\n')}\n`);
    const result = made(0, '-o', bench.path('torn-tars'), ...set);
    assert.match(result.stdout, /^done 6 pairs \| skipped 3 /);
    assert.equal(readFileSync(whole, 'utf8'), text);
    assert.deepEqual(bench.tree('torn-tars'), wanted);
  });

  it('is not stopped by bad photographs, and says so', () => {
    const file = join(bench.photos, 'zz.png');
    writeFileSync(file, 'no picture');
    try {
      const result = made(4, '-o', bench.path('bad'));
      assert.match(result.stderr, /zz\.png/);
      assert.match(result.stdout, /^done 2 pairs \| .* failed 1 /);
      assert.equal(bench.run(...crop, '-o', bench.path('worse'), '--max-bad', '0.1').status, 3);
    } finally {
      rmSync(file);
    }
  });

  it('replays what it can when photographs are gone', () => {
    made(0, '-o', bench.path('all'), '--count', '2');
    const file = join(bench.photos, 'wave.png');
    const bytes = readFileSync(file);
    rmSync(file);
    try {
      const result = bench.run(
        '-o',
        bench.path('part'),
        '--replay',
        bench.path('all', 'recipes.jsonl'),
      );
      assert.equal(result.status, 4, result.stderr);
      assert.match(result.stderr, /E_CHANGED: 0001-wave-natural-0 - wave\.png is not among/);
      assert.match(result.stdout, /^done 2 pairs \| .* failed 2 /);
    } finally {
      writeFileSync(file, bytes);
    }
  });

  it('writes through no link but the one that it is given', () => {
    const outside = bench.path('outside');
    mkdirSync(outside);
    mkdirSync(bench.path('behind'));
    symlinkSync(bench.path('behind'), bench.path('given'));
    made(0, '-o', bench.path('given'));
    assert.match(made(0, '-o', bench.path('given')).stdout, /^done 0 pairs \| skipped 2 /);
    made(0, '-o', bench.path('linked'), '--count', '2');
    rmSync(bench.path('linked', 'lq'), { recursive: true });
    symlinkSync(outside, bench.path('linked', 'lq'));
    const result = made(5, '-o', bench.path('linked'), '--count', '2');
    assert.match(result.stderr, /E_PATH: lq in the output folder is a link/);
    assert.deepEqual(readdirSync(outside), []);
  });

  it('refuses options that say nothing or too much', () => {
    const none = ['-o', bench.path('none'), ...crop];
    refused(/E_USAGE: --quality is of JPEG and WebP/, ...none, '--quality', '50');
    refused(/E_USAGE: --encode jpeg:0-5/, ...none, '--encode', 'jpeg:0-5');
    refused(
      /E_USAGE: --tasks and --quotas/,
      ...none,
      '--tasks',
      'all',
      '--quotas',
      'small-clean=1',
    );
    refused(/E_USAGE: --count and --total/, ...none, '--count', '2', '--total', '2');
    refused(
      /E_USAGE: --quotas: names small-clean twice/,
      ...none,
      '--quotas',
      'small-clean=1,small-clean=2',
    );
    refused(/E_USAGE: --quotas: "full-noisy=0"/, ...none, '--quotas', 'small-clean=1,full-noisy=0');
    refused(/E_TASK: there is no task tiny/, ...none, '--quotas', 'tiny=1');
    refused(/E_USAGE: --quotas: .*ENOENT/, ...none, '--quotas', bench.path('absent'));
    refused(/E_USAGE: 5000000 pairs of 2 photograph.* too many/, ...none, '--total', '5e6');
    assert.ok(!existsSync(bench.path('none')));
  });

  it('replays recipes with estimated kernels from the configuration that has them', () => {
    const taps = Array.from({ length: 9 }, (_, at) => 1 + (at % 4));
    writeFileSync(bench.path('kernels.json'), JSON.stringify({ size: 3, kernels: [taps] }));
    const keys = 'degradation: {space: {name: realsr, noiseProbability: 0}, kernels: kernels.json}';
    writeFileSync(bench.path('realsr.yaml'), `images: {train: photos}\n${keys}\n`);
    const config = ['--config', bench.path('realsr.yaml')];
    made(0, '-o', bench.path('realsr'), ...config);
    const replay = ['--replay', bench.path('realsr', 'recipes.jsonl')];
    refused(/recipes\.jsonl:1: its recipe needs estimated kernels; --config/, ...replay, '-o', 'x');
    const again = bench.run('-o', bench.path('realsr2'), ...replay, ...config);
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual(bench.tree('realsr2'), bench.tree('realsr'));
  });

  it('takes the shares of a run', () => {
    const tasks = { 'small-clean': { share: 0.25 }, 'full-noisy': { share: 0.75 } };
    writeFileSync(bench.path('metrics.jsonl'), `${JSON.stringify({ step: 9, tasks })}\n`);
    made(0, '-o', bench.path('run'), '--total', '8', '--quotas', bench.path('metrics.jsonl'));
    const found = bench.records('run').map(({ task }) => task);
    assert.equal(found.filter((task) => task === 'small-clean').length, 2);
  });
});
