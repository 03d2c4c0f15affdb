import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type BenchArguments, benchDegrade } from '../../src/commands/bench.ts';
import { benchNetworks, type NetworkBenchArguments } from '../../src/commands/bench-networks.ts';
import { Output } from '../../src/commands/output.ts';

const cli = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'evensr-bench-test-'));
after(() => rmSync(root, { recursive: true, force: true }));

function bench(...args: string[]) {
  return benchOf('degrade', ...args);
}

function benchOf(command: 'degrade' | 'train' | 'upscale', ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [cli, 'bench', command, '--quick', ...args],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const positive = z.number().positive();
const memoryPeak = z.strictObject({ before: positive, peak: positive });
const recordedCase = z.strictObject({
  ...{ name: z.string(), unit: z.enum(['ms/image', 'us/image', 'ms/step', 'ms/picture']) },
  ...{ median: positive, p10: positive, p90: positive, n: z.int().positive() },
  floorShare: positive,
  gflops: positive.optional(),
  memory: memoryPeak.optional(),
  shares: z.record(z.string(), z.number().min(0).max(1)).optional(),
  peers: z.array(
    z.strictObject({
      ...{ name: z.string(), version: z.string(), median: positive, ratio: positive },
      ...{ variant: z.string().optional(), memory: memoryPeak.optional() },
      leftOut: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
const record = z.strictObject({
  ...{ machine: z.string(), cpu: z.string(), threads: z.int().positive(), commit: z.string() },
  date: z.iso.date(),
  cases: z.array(recordedCase),
});

/** Keeps what is printed; the pressure is the test's. */
class Kept extends Output {
  readonly lines: string[] = [];
  override line(text = ''): void {
    this.lines.push(text);
  }
  override note(text: string): void {
    this.lines.push(text);
  }
}

const pressure = (percent: number) => () =>
  `some avg10=${percent} avg60=0.00 avg300=0.00 total=1\n`;
const operatorsOnly: BenchArguments = {
  ...{ seconds: 1, cases: ['op'], device: 'cpu', threads: 0, peers: [], python: 'python3' },
  quick: true,
};

describe('evensr bench degrade', () => {
  it('prints JSON of every part, without peers', () => {
    const { status, stdout, stderr } = bench('--peers', 'none', '--json');
    assert.equal(status, 0, stderr);
    const { memory, ...rest } = JSON.parse(stdout);
    const { cases } = record.parse(rest);
    const names = cases.map(({ name }) => name);
    const pipelines = names.filter((name) => !/^(op|scaling)\//.test(name));
    assert.deepEqual(pipelines, [
      ...['degrade/256', 'degrade/256+usm', 'degrade/400', 'degrade/400+usm', 'bsrgan/400'],
    ]);
    const operators = cases.filter(({ name }) => name.startsWith('op/'));
    for (const name of ['op/usm', 'op/jpeg/diffjpeg', 'op/noise/poisson', 'op/jpeg/libjpeg'])
      assert.ok(
        operators.some((found) => found.name === name),
        name,
      );
    for (const batch of [1, 4, 16])
      assert.ok(names.includes(`scaling/batch-${batch}/threads-1`), `batch ${batch}`);
    assert.ok(memory.most >= memory.end);
  });

  it('keeps figures and drawing when the machine is at rest', async () => {
    const [file, svg] = [join(root, 'new', 'bench.json'), join(root, 'bench.svg')];
    const output = new Kept({ json: false, verbose: false });
    const code = await benchDegrade({ ...operatorsOnly, output: file, svg }, output, pressure(0.5));
    assert.equal(code, undefined);
    const { cases } = record.parse(JSON.parse(readFileSync(file, 'utf8')));
    assert.ok(cases.length > 5 && cases.every(({ unit }) => unit === 'us/image'));
    assert.match(readFileSync(svg, 'utf8'), /^<svg .*<\/svg>\s*$/s);
    assert.ok(output.lines.includes(file) && output.lines.includes(svg));
  });

  it('keeps nothing when it is busy, says so, and shows the figures all the same', async () => {
    const [file, svg] = [join(root, 'busy.json'), join(root, 'busy.svg')];
    const output = new Kept({ json: false, verbose: false });
    const code = await benchDegrade({ ...operatorsOnly, output: file, svg }, output, pressure(5.1));
    assert.equal(code, 4);
    assert.ok(!existsSync(file) && !existsSync(svg));
    const text = output.lines.join('\n');
    assert.match(text, /W_BUSY: something else is running \(CPU pressure 5.1 %/);
    assert.match(text, /busy\.json and .*busy\.svg are not written/);
    assert.match(text, /^blur\/dense +\d/m);
  });

  it('says in one line that a peer is missing, and goes on', () => {
    const { status, stdout, stderr } = bench('--cases', 'degrade/256', '--python', '/no/python');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^without the peer torch: there is no \/no\/python$/m);
    assert.match(stdout, /^degrade\/256 +\d/m);
    const noTorch = bench('--cases', 'bsrgan/400', '--python', 'false');
    assert.equal(noTorch.status, 0, noTorch.stderr);
    assert.match(noTorch.stderr, /^without the peer opencv: it ended with exit code 1$/m);
  });

  it('refuses a device that is not there, and unknown words, before any work', () => {
    const cuda = bench('--device', 'cuda');
    assert.equal(cuda.status, 2);
    assert.match(cuda.stderr, /E_DEVICE: no CUDA device: /);
    const strange = bench('--cases', 'degrade/255');
    assert.equal(strange.status, 2);
    assert.match(strange.stderr, /E_USAGE.*There is no degrade\/255; known: op, scaling/);
    const peer = bench('--peers', 'tensorflow');
    assert.equal(peer.status, 2);
    assert.match(peer.stderr, /There is no tensorflow; known: torch, opencv, scipy/);
  });
});

describe('evensr bench train and upscale', () => {
  const small = 'train/srvgg-small/fp32';

  it('time a network without peers, as JSON', () => {
    const { status, stdout, stderr } = benchOf(
      'train',
      '--cases',
      small,
      '--peers',
      'none',
      '--json',
    );
    assert.equal(status, 0, stderr);
    const [found] = record.parse(JSON.parse(stdout)).cases;
    assert.equal(found?.name, small);
    assert.equal(found?.unit, 'ms/step');
    assert.ok((found?.memory?.peak ?? 0) > (found?.memory?.before ?? Number.NaN));
  });

  it('say in one line that a peer is missing, and go on', () => {
    const cases = ['--cases', 'infer/srvgg-16/fp32'];
    const { status, stdout, stderr } = benchOf('upscale', ...cases, '--python', '/no/python');
    assert.equal(status, 0, stderr);
    for (const name of ['torch-fp32', 'torch-bf16', 'onnxruntime'])
      assert.match(stderr, new RegExp(`^without the peer ${name}: there is no /no/python$`, 'm'));
    assert.match(stdout, /^infer\/srvgg-16\/fp32 +\d/m);
    assert.match(stdout, /may exceed 100 % of it/);
  });

  it('keep figures and drawing when the machine is at rest, and nothing when it is busy', async () => {
    const [file, svg] = [join(root, 'train.json'), join(root, 'train.svg')];
    const options = {
      ...{ seconds: 1, device: 'cpu', threads: 0, peers: [], python: 'python3', quick: true },
      ...{ cases: [small], output: file, svg },
    } satisfies NetworkBenchArguments;
    const output = new Kept({ json: false, verbose: false });
    assert.equal(await benchNetworks('train', options, output, pressure(5.1)), 4);
    assert.ok(!existsSync(file) && !existsSync(svg));
    assert.equal(await benchNetworks('train', options, output, pressure(0.5)), undefined);
    assert.equal(record.parse(JSON.parse(readFileSync(file, 'utf8'))).cases.length, 1);
    assert.match(readFileSync(svg, 'utf8'), /^<svg .*evensr bench train.*<\/svg>\s*$/s);
  });

  it('refuse cases and peers of the other command', () => {
    const strange = benchOf('train', '--cases', 'infer/rrdbnet/fp32');
    assert.equal(strange.status, 2);
    assert.match(strange.stderr, /There is no infer\/rrdbnet\/fp32; known: train\/srvgg-16\/fp32/);
    const peer = benchOf('train', '--peers', 'onnxruntime');
    assert.equal(peer.status, 2);
    assert.match(peer.stderr, /There is no onnxruntime; known: torch-fp32, torch-bf16/);
  });
});
