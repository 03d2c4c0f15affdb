import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exp, log, sinCos } from '../../src/degradation/elementary.ts';
import { Random } from '../../src/rng.ts';

/** Distance relative to the expected number. */
function relative(found: number, expected: number): number {
  return expected === 0 ? Math.abs(found) : Math.abs(found / expected - 1);
}

test('exp and log are those of Math to 1e-15', () => {
  const random = new Random(3, 0, 0);
  for (let i = 0; i < 20_000; i++) {
    const x = random.between(-700, 700);
    assert.ok(relative(exp(x), Math.exp(x)) < 1e-15 + Math.abs(x) * 1e-18, `exp ${x}`);
    const y = exp(random.between(-20, 20));
    const error = Math.min(relative(log(y), Math.log(y)), Math.abs(log(y) - Math.log(y)));
    assert.ok(error < 1e-15, `log ${y}`);
  }
});

test('exp and log are exact where they can be', () => {
  assert.equal(exp(0), 1);
  assert.equal(log(1), 0);
  assert.equal(log(2), Math.LN2);
  assert.equal(exp(Math.LN2), 2);
  for (const x of [1e-300, 1e-6, 0.012, Math.SQRT1_2, Math.SQRT2, 100, 10_000, 1e300]) {
    assert.ok(relative(log(x), Math.log(x)) < 1e-15, `log ${x}`);
  }
});

test('sine and cosine are those of Math to 1e-13', () => {
  for (let x = -2 * Math.PI; x <= 2 * Math.PI; x += 0.001) {
    const { sin, cos } = sinCos(x);
    assert.ok(Math.abs(sin - Math.sin(x)) < 1e-13, `sin ${x}: ${sin}`);
    assert.ok(Math.abs(cos - Math.cos(x)) < 1e-13, `cos ${x}: ${cos}`);
  }
});
