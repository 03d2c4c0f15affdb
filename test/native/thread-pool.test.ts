import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { buildProgram, findCompiler, productFlags, runProgram } from '../programs.ts';

const compiler = findCompiler('g++') ?? findCompiler('clang++');
const sources = ['test/native-matrix/pool.cc', 'native/parallel.cc'];

/** The flags with which the pool is watched, or why it cannot be. */
const builds: [name: string, flags: string[], missing: string | false][] = [
  ['as it is', ['-O2'], !compiler && 'no g++ and no clang++'],
  [
    'under the thread sanitizer',
    ['-O1', '-g', '-fsanitize=thread'],
    !hasTsan() && 'no g++ with libtsan',
  ],
];

function hasTsan(): boolean {
  const { stdout } = spawnSync('g++', ['-print-file-name=libtsan.so'], { encoding: 'utf8' });
  return stdout?.includes('/') ?? false;
}

describe('the thread pool keeps what parallel.h promises', () => {
  for (const [name, flags, skip] of builds) {
    it(name, { skip }, async () => {
      if (!compiler) return;
      const program = await buildProgram({
        compiler,
        flags: [...flags, ...productFlags()],
        sources,
      });
      assert.ok(Number(await runProgram(program)) > 10_000);
    });
  }
});
