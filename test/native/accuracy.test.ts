/** The error bounds in the docstrings of native/math, measured against long double. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildProgram, findCompiler, productFlags, runProgram } from '../programs.ts';

interface Measured {
  name: string;
  kind: 'relative' | 'absolute';
  error: number;
  at: string;
}

const files = ['polynomials', 'special', 'noise', 'power', 'camera', 'poisson_large'];
const headers = files.map((name) =>
  readFileSync(new URL(`../../../native/math/${name}.h`, import.meta.url), 'utf8'),
);

/** What the comment above a function says: `relative error below 2e-7`. */
function boundOf(name: string, kind: string): number {
  for (const text of headers) {
    const comment = text.match(new RegExp(`((?://.*\n)+)[\\w ]+ ${name}\\(`))?.[1];
    const bound = comment?.match(new RegExp(`${kind} error below ([\\d.]+e-\\d+)`, 'i'))?.[1];
    if (bound) return Number(bound);
  }
  throw new Error(`native/math: no bound of the ${kind} error of ${name}`);
}

const compiler = findCompiler('g++') ?? findCompiler('clang++');
const skip = compiler ? false : 'no g++ and no clang++';

test('the functions of native/math are as accurate as they say', { skip }, async () => {
  if (!compiler) return;
  const program = await buildProgram({
    compiler,
    flags: ['-O2', ...productFlags()],
    sources: ['test/native-matrix/accuracy.cc'],
  });
  const lines = (await runProgram(program)).trim().split('\n');
  assert.equal(lines.length, 16);
  for (const line of lines) {
    const { name, kind, error, at } = JSON.parse(line) as Measured;
    const bound = boundOf(name, kind);
    assert.ok(error < bound, `${name}: ${kind} error ${error} at ${at}, documented ${bound}`);
    assert.ok(error > bound / 3, `${name}: documented ${bound}, but it is only ${error}`);
  }
});
