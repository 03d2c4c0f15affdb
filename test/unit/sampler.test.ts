import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { QuotaSampler } from '../../src/balance/sampler.ts';
import { LossTracker } from '../../src/balance/tracker.ts';

const shares = { a: 0.5, b: 0.3, c: 0.2 };
const options = { seed: 7, batchSize: 10 };

function counted(ids: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}

test('a batch holds the quotas in an order that its number decides', () => {
  const sampler = new QuotaSampler(shares, options);
  const first = sampler.next(0);
  const second = sampler.next(1);
  assert.deepEqual(counted(first), { a: 5, b: 3, c: 2 });
  assert.deepEqual(counted(second), { a: 5, b: 3, c: 2 });
  assert.notDeepEqual(first, second);
  assert.notDeepEqual(first, first.toSorted());
  assert.deepEqual(new QuotaSampler(shares, options).next(0), first);
  assert.notDeepEqual(new QuotaSampler(shares, { ...options, seed: 8 }).next(0), first);
});

test('the order of the tasks does not matter, to the last sample', () => {
  const entry = fc.tuple(
    fc.string({ minLength: 1 }),
    fc.double({ min: 0.01, max: 1, noNaN: true }),
  );
  const entries = fc.uniqueArray(entry, { selector: ([id]) => id, minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(entries, (drawn) => {
      const sum = drawn.reduce((total, [, weight]) => total + weight, 0);
      const scaled = drawn.map(([id, weight]) => [id, weight / sum] as const);
      const one = new QuotaSampler(Object.fromEntries(scaled), options);
      const other = new QuotaSampler(Object.fromEntries(scaled.toReversed()), options);
      for (let batch = 0; batch < 10; batch++) assert.deepEqual(one.next(batch), other.next(batch));
    }),
    { seed: 5 },
  );
});

test('new shares hold from their batch on and nothing owed is lost', () => {
  const sampler = new QuotaSampler({ a: 0.5, b: 0.5 }, { seed: 1, batchSize: 4 });
  sampler.next(0);
  sampler.setShares({ a: 0.75, b: 0.25 }, 2);
  assert.deepEqual(counted(sampler.next(1)), { a: 2, b: 2 });
  assert.deepEqual(counted(sampler.next(2)), { a: 3, b: 1 });
  assert.deepEqual(sampler.stateAt(3).pending, []);
  assert.deepEqual(sampler.counts(), {
    a: { requested: 7, realised: 7 },
    b: { requested: 5, realised: 5 },
  });
});

test('a state goes on identically, also when a batch was drawn ahead and shares changed since', () => {
  const uneven = { a: 0.41, b: 0.33, c: 0.26 };
  const changed = { a: 0.3, b: 0.4, c: 0.3 };
  const straight = new QuotaSampler(uneven, options);
  const saved: string[] = [];
  const batches: string[][] = [];
  for (let batch = 0; batch < 30; batch++) {
    batches.push(straight.next(batch));
    if (batch % 3 === 2) straight.setShares(batch % 2 ? uneven : changed, batch + 1);
    saved.push(JSON.stringify(straight.stateAt(batch)));
  }
  for (const [batch, state] of saved.entries()) {
    const resumed = new QuotaSampler(uneven, options);
    resumed.restore(JSON.parse(state));
    for (let later = batch; later < Math.min(batch + 4, 30); later++) {
      // Shares set after the state was saved are not in it: the loop sets them again.
      if (later > batch && (later - 1) % 3 === 2) {
        resumed.setShares((later - 1) % 2 ? uneven : changed, later);
      }
      assert.deepEqual(resumed.next(later), batches[later], `from ${batch}, batch ${later}`);
    }
  }
});

test('batches out of order, unknown states and other tasks are refused with E_BALANCE', () => {
  const sampler = new QuotaSampler(shares, options);
  assert.throws(() => sampler.next(1), { code: 'E_BALANCE' });
  sampler.next(0);
  sampler.next(1);
  assert.throws(() => sampler.next(1), { code: 'E_BALANCE' });
  assert.throws(() => sampler.stateAt(0), { code: 'E_BALANCE' });
  const other = new QuotaSampler({ a: 0.5, d: 0.5 }, options);
  assert.throws(() => other.restore(sampler.stateAt(2)), { code: 'E_BALANCE' });
});

test('the tracker keeps means since the last update and skips losses that are not finite', () => {
  const tracker = new LossTracker(['a', 'b']);
  tracker.record(['a', 'b', 'a'], [1, Number.NaN, 3]);
  assert.equal(tracker.mean('a'), 2);
  assert.equal(tracker.mean('b'), null);
  assert.equal(tracker.notFinite('b'), 1);
  const copy = new LossTracker(['a', 'b']);
  copy.restore(JSON.parse(JSON.stringify(tracker)));
  for (const each of [tracker, copy]) each.restart();
  for (const each of [tracker, copy]) each.record(['a'], Float64Array.of(5));
  assert.equal(tracker.mean('a'), 5);
  assert.ok(Math.abs((tracker.average('a') as number) - (0.98 * (0.98 + 0.06) + 0.1)) < 1e-12);
  assert.deepEqual(copy.toJSON(), tracker.toJSON());
});
