/**
 * The kernels, run on every commit: `scripts/gpu`, the command of a machine with a GPU, on an emulated device,
 * plain, under ASan and UBSan, and under TSan, which reports a missing barrier as a race. Lanes run in shuffled
 * order; copies that a kernel does not wait for come late or at once.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '../python.ts';

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

/** The groups of the checks that were run; all of them must have passed. */
function runChecks(variant: string, which: string[], env: Record<string, string>): Set<string> {
  const { status, output } = gpu(['test', '--emulated', variant, ...which], env);
  assert.equal(status, 0, output);
  const { checks } = JSON.parse(readFileSync(join(folder, 'checks.json'), 'utf8')) as {
    checks: CheckResult[];
  };
  for (const check of checks) assert.equal(check.status, 'ok', check.name);
  return new Set(checks.map(({ name }) => name.slice(0, name.indexOf('/'))));
}

/** Whole recipes and networks run the kernels that their operators' checks run. */
const whole = ['training', 'resumed', 'differences', 'recipes-', 'convolution/bfloat16'].flatMap(
  (text) => ['--except', text],
);

describe('checks of the kernels, emulated', () => {
  const runs: { variant: string; which: string[]; env: Record<string, string> }[] = [
    { variant: 'plain', which: [], env: { EMU_SEED: '1', EMU_CPASYNC: 'lazy', EMU_PROTECT: '1' } },
    { variant: 'asan', which: [], env: { EMU_SEED: '2', EMU_CPASYNC: 'eager' } },
    { variant: 'tsan', which: whole, env: { EMU_SEED: '3', EMU_CPASYNC: 'lazy' } },
    {
      variant: 'tsan',
      which: ['--only', 'convolution/bfloat16'],
      env: { EMU_SEED: '4', EMU_CPASYNC: 'eager' },
    },
  ];
  for (const { variant, which, env } of runs) {
    it(`pass: ${variant} ${which.join(' ')}, ${Object.values(env).join(' ')}`, () => {
      const groups = runChecks(variant, which, env);
      const expected = which.includes('--only')
        ? ['convolution']
        : ['convolution', 'degrade', 'network', 'runtime'];
      for (const group of expected) assert.ok(groups.has(group), `no check of ${group}`);
    });
  }
});

/** Knows what it was prepared for, dies at one variant and cannot do another. */
const dyingPeer = `
import json, sys
print("a peer for a test", flush=True)
prepared = False
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] != "once":
        prepared = True
        answer = "ok good dying bad"
    elif request["variant"] == "dying":
        sys.exit(3)
    else:
        answer = "ok 5" if prepared and request["variant"] == "good" else "RuntimeError: no"
    print(answer, flush=True)
`;

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

  const python = pythonWith('json');
  it('goes on without a variant at which the peer dies', { skip: python.skip }, () => {
    const script = join(folder, 'dying.py');
    writeFileSync(script, dyingPeer);
    const result = join(folder, 'dying.json');
    const program = join(root, 'build/emulated/evensr-gpu');
    const peer = ['--peer', python.path, '--peer-script', script];
    const args = ['bench', '--tiny', '--only', 'degrade/', '--json', result, ...peer];
    const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
    const { peers } = JSON.parse(readFileSync(result, 'utf8')).cases[0] as {
      peers: { variant: string; milliseconds: { median: number }; error: string }[];
    };
    const errors = ['', 'the peer ended', 'RuntimeError: no'];
    assert.deepEqual(
      peers.map(({ error }) => error),
      errors,
    );
    assert.equal(peers[0]?.milliseconds.median, 5);
  });

  it('ends with status 1 and says so when nothing was checked', () => {
    const { status, output } = gpu(['test', '--emulated', '--only', 'no-such-check']);
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
