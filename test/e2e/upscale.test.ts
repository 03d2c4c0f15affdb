import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { bomb, makeFifo, picture, png } from '../data-corpus.ts';
import {
  cli,
  type Finished,
  identityOf,
  leftovers,
  sha256Of,
  treeOf,
  UpscaleBench,
  writeNetwork,
} from './upscale-kit.ts';

let bench: UpscaleBench;
before(() => {
  bench = new UpscaleBench();
});
after(() => bench.remove());
beforeEach(() => {
  for (const folder of ['in', 'out']) rmSync(bench.path(folder), { recursive: true, force: true });
});

/** status and code of every picture, by the end of its path below in/. */
function outcomes({ documents }: Finished): Record<string, string> {
  const items = documents.filter(({ status }) => status !== undefined);
  return Object.fromEntries(
    items.map(({ path, status, code }) => [
      String(path).slice(bench.path('in/').length),
      [status, code].filter(Boolean).join(' '),
    ]),
  );
}

const summary = ({ documents }: Finished) => documents.at(-1);
const tree = () => treeOf(bench.path('out'), sha256Of);
const identities = () => treeOf(bench.path('out'), identityOf);

describe('evensr upscale on a folder of odd pictures', () => {
  it('upscales what can be, names what cannot, and then has nothing to do', async () => {
    await bench.picture('in/a.png', 1);
    await bench.picture('in/with blank\nand line.png', 2);
    await bench.picture('in/deep/er/b.PNG', 3);
    const long = `${'n'.repeat(251)}.png`;
    await bench.picture(`in/${long}`, 4);
    const odd = Buffer.concat([
      Buffer.from(bench.path('in/')),
      Buffer.from('\xff\xfe.png', 'latin1'),
    ]);
    writeFileSync(odd, await png(5, 20, 20));
    bench.write('in/photo.jpg', await picture(6, 24, 20).jpeg().toBuffer());
    bench.write('in/still.gif', await picture(7, 24, 20).gif().toBuffer());
    bench.write('in/clear.webp', await picture(8, 24, 20).ensureAlpha(0.5).webp().toBuffer());
    bench.write('in/deep.png', await picture(9, 24, 20).toColourspace('rgb16').png().toBuffer());
    symlinkSync('a.png', bench.path('in/link.png'));
    bench.write('in/empty.png', '');
    bench.write('in/text.png', 'this is a text and no picture, whatever its name says');
    bench.write('in/cut.png', (await png(10)).subarray(0, 900));
    bench.write('in/bomb.png', bomb(60_000, 60_000));
    bench.write('in/notes.txt', 'no picture');
    symlinkSync('nowhere', bench.path('in/dangling.png'));
    symlinkSync('loop.png', bench.path('in/loop.png'));
    symlinkSync('/dev/zero', bench.path('in/device.png'));
    mkdirSync(bench.path('in/folder.png'));
    symlinkSync('..', bench.path('in/deep/up'));
    const hasFifo = makeFifo(bench.path('in/fifo.png'));

    const first = await bench.run('-i', 'in', '-o', 'out', '--json');
    assert.equal(first.code, 4, first.stderr);
    const done = {
      ...{ 'a.png': 'done', 'with blank\nand line.png': 'done', 'deep/er/b.PNG': 'done' },
      ...{ [long]: 'done', 'link.png': 'done', 'photo.jpg': 'done', 'still.gif': 'done' },
      ...{ 'clear.webp': 'done', 'deep.png': 'done' },
    };
    const failed = {
      ...{ 'empty.png': 'failed E_IMG_EMPTY', 'text.png': 'failed E_IMG_FORMAT' },
      ...{ 'cut.png': 'failed E_IMG_TRUNCATED', 'bomb.png': 'failed E_LIMIT' },
      ...{ 'dangling.png': 'failed E_NOT_A_FILE', 'loop.png': 'failed E_NOT_A_FILE' },
      ...{ 'device.png': 'failed E_NOT_A_FILE', 'folder.png': 'failed E_NOT_A_FILE' },
      ...(hasFifo ? { 'fifo.png': 'failed E_NOT_A_FILE' } : {}),
    };
    const { '\\xff\\xfe.png': raw, ...rest } = outcomes(first);
    // A path with other bytes in it is shown escaped as a whole.
    assert.equal(raw, 'done');
    assert.deepEqual(rest, { ...done, ...failed });
    const count = Object.keys(failed).length;
    assert.deepEqual(summary(first), {
      ...{ event: 'summary', done: 10, skipped: 0, failed: count, notReached: 0 },
      report: 'out/.evensr/report.jsonl',
    });
    assert.match(first.stderr, /E_LIMIT: .*bomb\.png .*--max-megapixels/);
    const report = readFileSync(bench.path('out/.evensr/report.jsonl'), 'utf8');
    assert.equal(report.split('\n').filter(Boolean).length, 10 + count);

    const names = Object.keys(tree());
    assert.ok(
      names.includes('\xff\xfe.png') && names.includes('still.png') && names.includes(long),
    );
    assert.equal(names.length, 10);
    const { width, height } = await sharp(bench.path('out/deep/er/b.PNG')).metadata();
    assert.deepEqual([width, height], [48, 40]);
    const webp = await sharp(bench.path('out/clear.webp')).metadata();
    assert.deepEqual([webp.format, webp.channels], ['webp', 4]);
    assert.equal((await sharp(bench.path('out/deep.png')).metadata()).depth, 'ushort');

    const before = identities();
    const second = await bench.run('-i', 'in', '-o', 'out');
    assert.equal(second.code, 4);
    assert.match(
      second.stdout,
      /^done 0 \| skipped 10 \(unchanged\) \| failed \d+ \(see out\/\.evensr\/report\.jsonl\) \| not reached 0\n$/,
    );
    assert.deepEqual(identities(), before);
    assert.deepEqual(leftovers(bench.path('out')), []);
  });

  it('goes on where a folder may not be read', async (t) => {
    await bench.picture('in/a.png', 1);
    await bench.picture('in/closed/b.png', 2);
    await bench.picture('in/unreadable.png', 3);
    await bench.picture('in/locked/c.png', 4);
    mkdirSync(bench.path('out/locked'), { recursive: true });
    for (const name of ['in/closed', 'in/unreadable.png', 'out/locked'])
      chmodSync(bench.path(name), 0);
    chmodSync(bench.root, 0o755);
    chmodSync(bench.path('out'), 0o777);
    const isRoot = process.getuid?.() === 0;
    const command = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const args = ['-i', 'in', '-o', 'out', '--json'];
    const result = await bench.start(args, { command }).finished.catch(() => undefined);
    for (const name of ['in/closed', 'out/locked']) chmodSync(bench.path(name), 0o755);
    if (isRoot && (!result || /MODULE_NOT_FOUND|EACCES.*node/.test(result.stderr)))
      return t.skip('no other user can run evensr here');
    assert.ok(result);
    assert.equal(result.code, 4, result.stderr);
    assert.deepEqual(outcomes(result), {
      ...{ 'a.png': 'done', closed: 'failed E_IMG_READ', 'unreadable.png': 'failed E_IMG_READ' },
      'locked/c.png': 'failed E_DISK',
    });
    mkdirSync(bench.path('out/readonly'), { mode: 0o555 });
    const readonly = ['-i', 'in/a.png', '-o', 'out/readonly', '--json'];
    const refused = await bench.start(readonly, { command }).finished;
    assert.equal(refused.code, 5, refused.stderr);
    assert.match(refused.stdout, /^\{"error":\{"code":"E_DISK"/);
  });

  it('has exit code 3 when nothing in the input is usable', async () => {
    bench.write('in/a.png', '');
    assert.equal((await bench.run('-i', 'in', '-o', 'out')).code, 3);
    rmSync(bench.path('in/a.png'));
    const none = await bench.run('-i', 'in', '-o', 'new', '--json');
    assert.equal(none.code, 3);
    assert.match(none.stdout, /^\{"error":\{"code":"E_DATA_EMPTY"/);
    assert.ok(!existsSync(bench.path('new')));
  });
});

describe('evensr upscale once more', () => {
  const names = ['a.png', 'b.png', 'c.jpg', 'd.webp'];
  beforeEach(async () => {
    await bench.picture('in/a.png', 1);
    await bench.picture('in/b.png', 2);
    bench.write('in/c.jpg', await picture(3, 24, 20).jpeg().toBuffer());
    bench.write('in/d.webp', await picture(4, 24, 20).ensureAlpha(0.4).webp().toBuffer());
  });
  const upscale = async (...more: string[]) => {
    const result = await bench.run('-i', 'in', '-o', 'out', '--json', ...more);
    return { ...result, outcomes: outcomes(result) };
  };
  const redone = async (...more: string[]) => {
    const result = await upscale(...more);
    assert.equal(result.code, 0, result.stderr);
    const items = result.documents.filter(({ status }) => status === 'done');
    return Object.fromEntries(items.map(({ output, reason }) => [output, reason]));
  };

  it('does exactly what inputs and options changed', async () => {
    const first = 'new';
    assert.deepEqual(await redone(), {
      'a.png': first,
      'b.png': first,
      'c.jpg': first,
      'd.webp': first,
    });
    const whole = tree();
    assert.deepEqual(await redone(), {});

    utimesSync(bench.path('in/a.png'), 5, 5);
    const touched = await upscale();
    const reason = touched.documents.find(({ output }) => output === 'a.png')?.reason;
    assert.deepEqual(
      [touched.outcomes['a.png'], reason],
      ['skipped', 'touched, but its bytes are the same'],
    );
    assert.equal(
      (await upscale()).documents.find(({ output }) => output === 'a.png')?.reason,
      'unchanged',
    );

    await bench.picture('in/b.png', 9);
    assert.deepEqual(await redone(), { 'b.png': 'the input changed' });
    assert.notEqual(tree()['b.png'], whole['b.png']);
    await bench.picture('in/b.png', 2);
    assert.deepEqual(await redone(), { 'b.png': 'the input changed' });
    assert.deepEqual(tree(), whole);

    rmSync(bench.path('out/c.jpg'));
    assert.deepEqual(await redone(), { 'c.jpg': 'the output is gone' });
    const quality = 'quality default -> 50';
    assert.deepEqual(await redone('--quality', '50'), { 'c.jpg': quality, 'd.webp': quality });
    const alpha = await redone('--quality', '50', '--alpha', 'bicubic');
    assert.deepEqual(alpha, { 'd.webp': 'alpha network -> bicubic' });
    assert.deepEqual(Object.keys(await redone('-s', '3')).sort(), names);
    copyFileSync(bench.model, bench.path('same.safetensors'));
    writeNetwork(bench.path('other.safetensors'), 2);
    assert.deepEqual(await redone('-s', '3', '-m', bench.path('same.safetensors')), {});
    const model = await redone('-s', '3', '-m', bench.path('other.safetensors'));
    assert.deepEqual(new Set(Object.values(model)), new Set(['the model changed']));
    assert.equal(Object.keys(model).length, 4);
    const { width, height } = await sharp(bench.path('out/a.png')).metadata();
    assert.deepEqual([width, height], [72, 60]);
    const leftAlone = Object.keys(await redone());
    assert.equal(leftAlone.length, 4);
    assert.deepEqual(tree(), whole);
  });

  it('leaves alone what is not its own, unless --overwrite is given', async () => {
    bench.write('out/a.png', 'foreign');
    const kept = await upscale();
    assert.equal(kept.code, 4);
    assert.equal(kept.outcomes['a.png'], 'failed E_EXISTS');
    assert.equal(readFileSync(bench.path('out/a.png'), 'utf8'), 'foreign');
    writeFileSync(bench.path('out/b.png'), 'changed by somebody');
    assert.equal((await upscale()).outcomes['b.png'], 'failed E_EXISTS');
    const { 'a.png': a, 'b.png': b, ...rest } = await redone('--overwrite');
    assert.deepEqual([a, b], ['replaces a file that was there', 'the output was changed']);
    assert.deepEqual(rest, {});
  });

  it('never replaces its input, whatever links lead there', async () => {
    mkdirSync(bench.path('out'));
    renameSync(bench.path('in/a.png'), bench.path('out/a.png'));
    symlinkSync(bench.path('out/a.png'), bench.path('in/a.png'));
    const before = sha256Of(Buffer.from(bench.path('out/a.png')));
    const result = await upscale('--overwrite');
    assert.equal(result.outcomes['a.png'], 'failed E_PATH');
    assert.equal(sha256Of(Buffer.from(bench.path('out/a.png'))), before);
  });

  it('plans without writing anything', async () => {
    const before = statSync(bench.root).mtimeMs;
    const plan = await bench.run('-i', 'in', '-o', 'out', '--dry-run');
    assert.equal(plan.code, 0, plan.stderr);
    assert.match(plan.stdout, /a\.png -> a\.png {2}24x20 -> 48x40 {2}\(new\)/);
    assert.match(plan.stdout, /to do 4 \| unchanged 0 \| failing 0/);
    assert.match(plan.stdout, /\ntime {4}about/);
    assert.equal(statSync(bench.root).mtimeMs, before);
    assert.ok(!existsSync(bench.path('out')));
    await redone();
    await bench.picture('in/b.png', 9);
    const folders = ['out', 'out/.evensr'].map((name) => bench.path(name));
    const files = ['journal.jsonl', 'report.jsonl'].map((name) => bench.path('out/.evensr', name));
    const identitiesOf = () => [...folders, ...files].map((path) => identityOf(Buffer.from(path)));
    const all = identitiesOf();
    const again = await bench.run('-i', 'in', '-o', 'out', '--dry-run', '--json');
    const { toDo, unchanged, inputPixels, outputPixels } = again.documents.at(-1) ?? {};
    assert.deepEqual([toDo, unchanged, inputPixels, outputPixels], [1, 3, 480, 1920]);
    assert.deepEqual(identitiesOf(), all);
  });

  it('finishes what is in work on SIGTERM, and goes on later', async () => {
    for (let i = 0; i < 60; i++) await bench.picture(`in/many/${i}.png`, i, 200, 160);
    const { child, finished } = bench.start(['-i', 'in', '-o', 'out']);
    const journal = bench.path('out/.evensr/journal.jsonl');
    const isWorking = () => existsSync(journal) && readFileSync(journal, 'utf8').includes('done');
    while (!isWorking() && child.exitCode === null) await sleep(5);
    child.kill('SIGTERM');
    const { code, stdout, stderr } = await finished;
    assert.equal(code, 143, stderr);
    const [, done, notReached] =
      /^done (\d+) \| skipped 0 \| failed 0 \| not reached (\d+)\n$/.exec(stdout) ?? [];
    assert.equal(Number(done) + Number(notReached), 64);
    assert.ok(Number(notReached) > 0);
    assert.match(stderr, /SIGTERM: finishing the pictures in work/);
    assert.match(stderr, /run the same command again/);
    assert.equal(Object.keys(tree()).length, Number(done));
    assert.deepEqual(leftovers(bench.path('out')), []);
    const rest = await bench.run('-i', 'in', '-o', 'out');
    assert.match(rest.stdout, new RegExp(`^done ${notReached} \\| skipped ${done} `));
  });

  it('stops at once at the second signal, and goes on later', async () => {
    await bench.picture('in/large.png', 5, 1600, 1200);
    const { child, finished } = bench.start(['-i', 'in', '-o', 'out', '--json']);
    const isBegun = () =>
      existsSync(bench.path('out/.evensr/tmp/1-of-1')) && leftovers(bench.path('out')).length > 1;
    while (!isBegun() && child.exitCode === null) await sleep(2);
    child.kill('SIGINT');
    await sleep(30);
    child.kill('SIGINT');
    const { code, documents } = await finished;
    assert.equal(code, 130);
    const { event, done, failed, notReached } = documents.at(-1) ?? {};
    assert.deepEqual([event, Number(done) + Number(failed) + Number(notReached)], ['summary', 5]);
    const rest = await bench.run('-i', 'in', '-o', 'out');
    assert.equal(rest.code, 0, rest.stderr);
    assert.equal(Object.keys(tree()).length, 5);
    assert.deepEqual(leftovers(bench.path('out')), []);
  });
});

describe('evensr upscale refuses before it starts', () => {
  const refused = async (code: string, ...args: string[]) => {
    const result = await bench.run(...args, '--json');
    assert.equal(result.code, 2, result.stderr);
    const error = result.documents.at(-1)?.error as {
      code: string;
      message: string;
      hint: string;
      details?: string[];
    };
    assert.equal(error.code, code, result.stdout);
    return error;
  };

  it('two inputs for one output, all pairs', async () => {
    for (const name of ['a.png', 'b/A.png', 'b/c.png']) await bench.picture(`in/${name}`, 1);
    bench.write('in/a.jpg', await picture(1).jpeg().toBuffer());
    bench.write('in/b/C.jpg', await picture(1).jpeg().toBuffer());
    const { message, details, hint } = await refused(
      'E_COLLISION',
      '-i',
      'in',
      '-o',
      'out',
      '-f',
      'png',
    );
    assert.match(message, /a\.jpg and a\.png -> a\.png \(and 1 more\)/);
    assert.equal(details?.length, 1);
    assert.match(hint, /\{name\}_\{ext\}/);
    assert.ok(!existsSync(bench.path('out')));
    const named = await bench.run(
      '-i',
      'in',
      '-o',
      'out',
      '-f',
      'png',
      '--name',
      '{name}_{ext}_x{scale}',
    );
    assert.equal(named.code, 0, named.stderr);
    const wanted = [
      'a_jpg_x2.png',
      'a_png_x2.png',
      'b/A_png_x2.png',
      'b/C_jpg_x2.png',
      'b/c_png_x2.png',
    ];
    assert.deepEqual(Object.keys(tree()), wanted);
  });

  it('an output in the input, and what else can be told at once', async () => {
    await bench.picture('in/a.png', 1);
    await refused('E_PATH', '-i', 'in', '-o', 'in/out');
    await refused('E_PATH', '-i', 'in/a.png', '-o', 'in');
    await refused('E_USAGE', '-i', 'in', '-o', 'big.png');
    assert.match(
      (await refused('E_USAGE', '-i', 'in', '-o', 'out', '--overwrit')).message,
      /--overwrite/,
    );
    await refused('E_USAGE', '-i', 'in', '-o', 'out', '-s', '17');
    await refused('E_USAGE', '-i', 'in', '-o', 'out', '-f', 'bmp');
    await refused('E_USAGE', '-i', 'in', '-o', 'out', '--name', '{nme}');
    await refused('E_SHARD', '-i', 'in', '-o', 'out', '--shard', '3/2');
    const model = await bench.run('-i', 'in', '-o', 'out', '-m', 'none', '--json');
    assert.equal(model.code, 9);
    assert.ok(!existsSync(bench.path('out')));
  });
});

describe('evensr upscale in parts', () => {
  it('does everything once, wherever the shards come from', async () => {
    for (let i = 0; i < 12; i++) await bench.picture(`in/${i % 3}/${i}.png`, i);
    const args = ['-i', 'in', '-o', 'out', '--json'];
    const slurm = (id: number) => ({
      ...{ SLURM_ARRAY_TASK_ID: `${id}`, SLURM_ARRAY_TASK_COUNT: '3' },
      ...{ SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_MAX: '2', SLURM_ARRAY_TASK_STEP: '1' },
    });
    const parts = await Promise.all([
      bench.start(args, { env: slurm(0) }).finished,
      bench.start(args, { env: { JOB_COMPLETION_INDEX: '1', JOB_COMPLETION_COUNT: '3' } }).finished,
      bench.start([...args, '--shard', '3/3'], { env: slurm(0) }).finished,
    ]);
    for (const { code, stderr } of parts) assert.equal(code, 0, stderr);
    assert.match(
      parts[0]?.stderr ?? '',
      /shard 1 of 3 \(SLURM_ARRAY_TASK_ID, .*\): \d+ of 12 pictures/,
    );
    const done = parts.flatMap((part) => Object.keys(outcomes(part)));
    assert.equal(done.length, 12);
    assert.equal(new Set(done).size, 12);
    assert.equal(Object.keys(tree()).length, 12);
    assert.ok(existsSync(bench.path('out/.evensr/journal-2-of-3.jsonl')));
    // Another number of parts finds what these did.
    const whole = await bench.run(...args);
    assert.equal(summary(whole)?.skipped, 12);
    assert.equal((await bench.run(...args, '--shard', '1/2')).code, 0);
  });
});

describe('evensr upscale and the streams', () => {
  it('goes on when nobody reads stdout', async () => {
    for (let i = 0; i < 3; i++) await bench.picture(`in/${i}.png`, i);
    const script = '"$@" | true; exit 0';
    const command = [process.execPath, cli, 'upscale', '-m', bench.model, '--json'];
    const args = ['-c', script, 'sh', ...command, '-i', 'in', '-o', 'out'];
    const { stderr } = spawnSync('sh', args, { cwd: bench.root, encoding: 'utf8' });
    assert.doesNotMatch(stderr, /EPIPE|E_BUG/);
    assert.equal(Object.keys(tree()).length, 3);
  });
});
