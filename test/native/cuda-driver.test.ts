/**
 * The kernels, run on every commit: `scripts/gpu`, the command of a machine with a GPU, on an emulated device,
 * plain, under ASan and UBSan, and under TSan, which reports a missing barrier as a race. Lanes run in shuffled
 * order; copies that a kernel does not wait for come late or at once.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'evensr-driver-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const largestOutput = 2 ** 26;

function gpu(args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    [join(root, 'scripts/gpu'), ...args, '--build', join(root, 'build/emulated'), '--out', folder],
    { encoding: 'utf8', env: { ...process.env, ...env }, maxBuffer: largestOutput },
  );
  return { status, output: stdout + stderr };
}

interface CheckResult {
  name: string;
  status: string;
  error: string;
}

/** Runs checks whose names contain one of `only`, all without, and returns them by group. */
function runChecks(variant: string, only: string[], env: Record<string, string>): Set<string> {
  const words = only.flatMap((text) => ['--only', text]);
  const { status, output } = gpu(['test', '--emulated', variant, ...words], env);
  assert.equal(status, 0, output);
  const { checks } = JSON.parse(readFileSync(join(folder, 'checks.json'), 'utf8')) as {
    checks: CheckResult[];
  };
  for (const { name, status: of } of checks) assert.equal(of, 'ok', name);
  return new Set(checks.map(({ name }) => name.slice(0, name.indexOf('/'))));
}

/** Whole networks run the same kernels again: under TSan operators are enough. */
const operators = ['convolution/', 'degrade/', 'noise/', 'jpeg/', 'camera/', 'runtime/'];

describe('checks of the kernels, emulated', () => {
  it('pass in shuffled order, with copies that come late', () => {
    const groups = runChecks('plain', [], { EMU_SEED: '1', EMU_CPASYNC: 'lazy' });
    for (const group of ['convolution', 'degrade', 'network', 'training', 'runtime']) {
      assert.ok(groups.has(group), `no check of ${group}`);
    }
  });

  it('pass under ASan and UBSan', () => {
    const groups = runChecks('asan', [...operators, 'network/'], { EMU_SEED: '2' });
    assert.ok(groups.has('convolution') && groups.has('degrade') && groups.has('network'));
  });

  for (const mode of ['lazy', 'eager']) {
    it(`pass under TSan with ${mode} copies`, () => {
      const only = mode === 'lazy' ? [...operators, 'network/'] : ['convolution/'];
      const groups = runChecks('tsan', only, { EMU_SEED: '3', EMU_CPASYNC: mode });
      assert.ok(groups.has('convolution'));
    });
  }
});

describe('scripts/gpu', () => {
  it('runs all benchmarks on an emulated device, each with its result checked', () => {
    const { status, output } = gpu(['bench', '--emulated', '--no-peer']);
    assert.equal(status, 0, output);
    const { meaningless, cases } = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8')) as {
      meaningless: boolean;
      cases: { name: string; perSecond: number; leftOut: string }[];
    };
    assert.ok(meaningless);
    for (const { name, perSecond, leftOut } of cases) {
      if (name !== 'operators') assert.ok(perSecond > 0 && leftOut === '', `${name}: ${leftOut}`);
    }
    for (const kind of ['degrade/', 'train/', 'gan/', 'infer/']) {
      assert.ok(
        cases.some(({ name }) => name.startsWith(kind)),
        `no case of ${kind}`,
      );
    }
    assert.match(output, /operators\/usm +[\d.]+ ms/);
  });

  it('ends with status 1 and says so when nothing was checked', () => {
    const { status, output } = gpu(['test', '--emulated', '--only', 'no check is called this']);
    assert.equal(status, 1);
    assert.match(output, /^FAILED +checks, emulated plain, exit status 1/m);
  });

  it('names what there was no time for', () => {
    const { output } = gpu(['bench', '--emulated', '--no-peer', '--budget', '1']);
    assert.match(output, /^left out, no time: benchmarks$/m);
  });

  it('refuses what it does not know', () => {
    for (const args of [[], ['train'], ['test', '--fast'], ['test', '--budget']]) {
      const { status, stdout } = spawnSync('sh', [join(root, 'scripts/gpu'), ...args], {
        encoding: 'utf8',
      });
      assert.equal(status, 2);
      assert.match(stdout, /^usage: sh scripts\/gpu/);
    }
  });
});
