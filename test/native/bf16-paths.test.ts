/** Convolutions in bfloat16 give the same bits with and without instructions for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram, findCompiler, productFlags, runProgram } from '../programs.ts';

interface Path {
  path: string;
  operands: string;
  results: string;
  distance: number;
}

const compiler = findCompiler('g++');
const skip = compiler ? false : 'no g++';

test('SIMD paths with fused multiply-adds agree bit for bit, the others to rounding', {
  skip,
}, async (t) => {
  if (!compiler) return;
  const program = await buildProgram({
    compiler,
    flags: ['-O3', ...productFlags()],
    sources: ['test/native-matrix/bf16_paths.cc'],
  });
  const lines = (await runProgram(program)).trim().split('\n');
  const [baseline, ...fused] = lines.map((line) => JSON.parse(line) as Path);
  t.diagnostic(`paths of this CPU: ${['baseline', ...fused.map(({ path }) => path)].join(', ')}`);
  assert.equal(baseline?.distance, 0);
  for (const { path, operands, results, distance } of fused) {
    assert.ok(distance < 1e-4, `${path} lies ${distance} from baseline`);
    assert.equal(operands, fused[0]?.operands, `operands of ${path}`);
    assert.equal(results, fused[0]?.results, `results of ${path}`);
  }
});
