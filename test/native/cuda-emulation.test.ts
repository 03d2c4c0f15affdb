/** The emulation of CUDA: right kernels are right in every order, and wrong ones are caught. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const place = (path: string) => join(root, path);
const folder = mkdtempSync(join(tmpdir(), 'evensr-emulation-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const sources = ['kernels.cu', 'wrong.cu', 'corners.cu', 'main.cu'];
const common = ['-std=c++17', '-g1', '-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas'];
const variants = {
  plain: ['-O2'],
  asan: ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  tsan: ['-O1', '-fsanitize=thread'],
};
type Variant = keyof typeof variants;

function programOf(variant: Variant): string {
  const program = join(folder, variant);
  if (existsSync(program)) return program;
  const folders = ['test/cuda-emulation', 'cuda', 'test/cuda-emulation/tests'];
  const { status, stderr } = spawnSync(
    'g++',
    [
      ...common,
      ...variants[variant],
      ...folders.map((path) => `-I${place(path)}`),
      ...['-pthread', '-x', 'c++'],
      ...sources.map((name) => place(`test/cuda-emulation/tests/${name}`)),
      ...['-o', program],
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return program;
}

function run(variant: Variant, args: string[], env: Record<string, string>) {
  const { status, stdout, stderr } = spawnSync(programOf(variant), args, {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, output: stdout + stderr };
}

describe('right kernels', () => {
  for (const variant of ['plain', 'asan', 'tsan'] as const) {
    it(`pass ${variant}, in order and shuffled, with copies late and early`, () => {
      const orders = variant === 'plain' ? ['0', '7', '8'] : ['7'];
      for (const EMU_SEED of orders) {
        for (const EMU_CPASYNC of ['lazy', 'eager']) {
          const { status, output } = run(variant, [], { EMU_SEED, EMU_CPASYNC });
          assert.equal(status, 0, output);
        }
      }
    });
  }

  it('pass while nobody else can touch device memory', () => {
    const { status, output } = run('plain', [], { EMU_PROTECT: '1' });
    assert.equal(status, 0, output);
  });

  it('pass with their blocks shared by two OS threads', () => {
    const { status, output } = run('plain', [], { EMU_THREADS: '2' });
    assert.equal(status, 0, output);
  });
});

describe('wrong kernels are caught', () => {
  const deadlock = /deadlock.*16 wait at a block barrier.*16 at a warp operation/;
  const cases: [Variant, 'lazy' | 'eager', string, RegExp][] = [
    ['plain', 'lazy', 'wrong divergent', deadlock],
    ['asan', 'lazy', 'wrong divergent', deadlock],
    ['tsan', 'lazy', 'wrong divergent', deadlock],
    ['asan', 'lazy', 'wrong static-oob', /runtime error: index 64 out of bounds/],
    ['asan', 'lazy', 'wrong global-oob', /use-after-poison/],
    ['asan', 'lazy', 'wrong dynamic-oob', /use-after-poison/],
    ['asan', 'lazy', 'wrong leak', /detected memory leaks/],
    ['tsan', 'lazy', 'wrong race', /data race .*wrong\.cu/],
    ['plain', 'lazy', 'fault no-wait', /WRONG/],
    ['plain', 'lazy', 'fault short-wait', /WRONG/],
    ['plain', 'lazy', 'fault no-barrier', /WRONG/],
    ['plain', 'eager', 'fault no-barrier', /WRONG/],
    ['tsan', 'lazy', 'fault no-barrier', /data race/],
    ['tsan', 'eager', 'fault no-trailing-barrier', /data race/],
  ];
  it('host code that reads device memory', () => {
    const env = { ...process.env, EMU_PROTECT: '1' };
    const { signal } = spawnSync(programOf('plain'), ['wrong', 'host-read'], { env });
    assert.equal(signal, 'SIGSEGV');
    assert.equal(run('plain', ['wrong', 'host-read'], {}).status, 0);
  });

  for (const [variant, copies, what, sign] of cases) {
    it(`${what} by ${variant}, ${copies} copies`, () => {
      const { status, output } = run(variant, what.split(' '), { EMU_CPASYNC: copies });
      assert.notEqual(status, 0, output);
      assert.match(output, sign);
    });
  }
});
