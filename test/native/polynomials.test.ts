import assert from 'node:assert/strict';
import { test } from 'node:test';
import { native } from '../../src/native.ts';

const { _elementary } = native as unknown as {
  _elementary(name: 'log', x: Float32Array): Float32Array;
  _elementary(name: 'exp', x: Float64Array): Float64Array;
  _elementary(name: 'sin' | 'cos', turns: Int32Array): Float32Array;
};

const count = 400_001;

/** Largest |actual - expected| / scale over an array. */
function largest(
  actual: ArrayLike<number>,
  expected: (index: number) => number,
  relative: boolean,
): number {
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const want = expected(i);
    const error = Math.abs((actual[i] as number) - want) / (relative ? Math.abs(want) || 1 : 1);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

test('log is accurate over all of float and exact at 1', () => {
  const everywhere = Float32Array.from(
    { length: count },
    (_, i) => 2 ** (-126 + (i / count) * 253),
  );
  const log = _elementary('log', everywhere);
  assert.ok(largest(log, (i) => Math.log(everywhere[i] as number), true) < 2e-7);

  const nearOne = Float32Array.from({ length: count }, (_, i) => 0.5 + i / count);
  const logNearOne = _elementary('log', nearOne);
  assert.ok(largest(logNearOne, (i) => Math.log(nearOne[i] as number), true) < 2e-7);
  assert.equal(_elementary('log', Float32Array.of(1))[0], 0);
});

test('sine and cosine of a turn are accurate', () => {
  const turns = Int32Array.from({ length: count }, (_, i) => Math.floor((i / count) * 2 ** 32) | 0);
  const angle = (i: number) => (turns[i] as number) * (Math.PI / 2 ** 31);
  assert.ok(largest(_elementary('sin', turns), (i) => Math.sin(angle(i)), false) < 2e-7);
  assert.ok(largest(_elementary('cos', turns), (i) => Math.cos(angle(i)), false) < 2e-7);
});

test('sine and cosine are exact at quarter turns', () => {
  const quarters = Int32Array.of(0, 2 ** 30, 2 ** 31, 3 * 2 ** 30);
  const value = (x: number) => x + 0;
  assert.deepEqual(Array.from(_elementary('sin', quarters), value), [0, 1, 0, -1]);
  assert.deepEqual(Array.from(_elementary('cos', quarters), value), [1, 0, -1, 0]);
});

test('exp is accurate', () => {
  const x = Float64Array.from({ length: count }, (_, i) => -700 + (i / count) * 1400);
  assert.ok(largest(_elementary('exp', x), (i) => Math.exp(x[i] as number), true) < 1e-15);
  assert.equal(_elementary('exp', Float64Array.of(0))[0], 1);
});
