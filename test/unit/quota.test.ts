import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { apportion } from '../../src/balance/quota.ts';

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

function normalised(weights: readonly number[]): number[] {
  const sum = total(weights);
  return weights.map((weight) => weight / sum);
}

const weights = fc.array(fc.double({ min: 1e-4, max: 1, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});
const batchSize = fc.integer({ min: 1, max: 48 });

test('shares that give whole numbers get exactly these', () => {
  const { counts, credits } = apportion([0.125, 0.375, 0.5], [0, 0, 0], 16);
  assert.deepEqual(counts, [2, 6, 8]);
  assert.deepEqual(credits, [0, 0, 0]);
});

test('remainders are carried to the next batches', () => {
  let credits = [0, 0];
  const seen: number[][] = [];
  for (let batch = 0; batch < 4; batch++) {
    const next = apportion([0.25, 0.75], credits, 2);
    credits = next.credits;
    seen.push(next.counts);
  }
  assert.deepEqual(seen.map(total), [2, 2, 2, 2]);
  assert.deepEqual([total(seen.map((c) => c[0] as number)), credits], [2, [0, 0]]);
});

test('every batch is full and counts never leave the requested share by more than one sample', () => {
  fc.assert(
    fc.property(weights, batchSize, (drawn, size) => {
      const shares = normalised(drawn);
      let credits = shares.map(() => 0);
      const realised = shares.map(() => 0);
      for (let batch = 1; batch <= 100; batch++) {
        const next = apportion(shares, credits, size);
        credits = next.credits;
        assert.equal(total(next.counts), size);
        for (const [task, count] of next.counts.entries()) {
          assert.ok(count >= 0);
          realised[task] = (realised[task] as number) + count;
          const requested = batch * size * (shares[task] as number);
          assert.ok(Math.abs(requested - (realised[task] as number)) <= 1);
        }
      }
    }),
    { seed: 3, numRuns: 150 },
  );
});

test('a case in which largest remainders would fall behind by more than a sample', () => {
  // Seven tasks share 0.3; handing out by largest remainder lets some of them wait too long.
  const shares = normalised([...new Array<number>(7).fill(3 / 70), 0.35, 0.35]);
  let credits = shares.map(() => 0);
  for (let batch = 0; batch < 2000; batch++) {
    credits = apportion(shares, credits, 1).credits;
    assert.ok(Math.max(...credits.map(Math.abs)) <= 1 - 1 / 16 + 1e-6);
  }
});

test('credits sum to nothing and stay within a sample when shares change by the step limit', () => {
  const change = fc.array(fc.double({ min: 1 / 1.5, max: 1.5, noNaN: true }), {
    minLength: 9,
    maxLength: 9,
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 2, maxLength: 10 }), batchSize, (changes, size) => {
      let shares = new Array<number>(9).fill(1 / 9);
      let credits = shares.map(() => 0);
      for (const factors of changes) {
        shares = normalised(shares.map((share, task) => share * (factors[task] as number)));
        for (let batch = 0; batch < 20; batch++) {
          credits = apportion(shares, credits, size).credits;
          assert.ok(Math.abs(total(credits)) < 1e-9);
          assert.ok(credits.every((credit) => Math.abs(credit) <= 1));
        }
      }
    }),
    { seed: 4, numRuns: 100 },
  );
});
