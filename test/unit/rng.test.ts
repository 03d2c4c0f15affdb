import assert from 'node:assert/strict';
import { test } from 'node:test';
import { philox4x32, Random, type Words2, type Words4 } from '../../src/rng.ts';

// Known answers of the Random123 distribution (kat_vectors, lines "philox4x32 10").
const knownAnswers: { counter: Words4; key: Words2; block: Words4 }[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    block: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    block: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    block: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

test('philox4x32 gives the published known answers', () => {
  for (const { counter, key, block } of knownAnswers) {
    assert.deepEqual(philox4x32(key, counter), [...block]);
  }
});

test('Random maps seed, stream, index and attempt to key and counter as documented', () => {
  const random = new Random(5 * 2 ** 32 + 7, 3, 9 * 2 ** 32 + 11, 13);
  const words = Array.from({ length: 8 }, () => random.word());
  const key: Words2 = [7, 5 + 3 * 2 ** 21];
  assert.deepEqual(words.slice(0, 4), philox4x32(key, [0, 13, 11, 9]));
  assert.deepEqual(words.slice(4), philox4x32(key, [1, 13, 11, 9]));
});

test('every argument of Random changes its sequence and equal ones repeat it', () => {
  const first = (...args: ConstructorParameters<typeof Random>) => new Random(...args).uniform();
  const values = [
    first(1, 1, 1),
    first(2, 1, 1),
    first(1, 2, 1),
    first(1, 1, 2),
    first(1, 1, 1, 1),
  ];
  assert.equal(new Set(values).size, values.length);
  assert.equal(first(1, 1, 1), first(1, 1, 1, 0));
});

test('uniform has the moments of U[0, 1) and stays inside', () => {
  const random = new Random(42, 0, 0);
  const count = 100_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = random.uniform();
    assert.ok(value >= 0 && value < 1);
    sum += value;
    squares += value * value;
  }
  // Five standard errors: sqrt(1/12/n) for the mean, sqrt(4/45/n) for the second moment.
  assert.ok(Math.abs(sum / count - 1 / 2) < 5 * Math.sqrt(1 / 12 / count));
  assert.ok(Math.abs(squares / count - 1 / 3) < 5 * Math.sqrt(4 / 45 / count));
});

test('choice follows its weights, never picks a zero weight, and a single weight always', () => {
  const random = new Random(1, 0, 0);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 40_000; i++) {
    const index = random.choice([1, 0, 3, 0]);
    counts[index] = (counts[index] as number) + 1;
  }
  assert.equal(counts[1], 0);
  assert.equal(counts[3], 0);
  assert.ok(Math.abs((counts[0] as number) - 10_000) < 5 * Math.sqrt(40_000 * 0.25 * 0.75));
  assert.equal(random.choice([5]), 0);
});

test('integer covers its range and shuffle keeps every item', () => {
  const random = new Random(3, 0, 0);
  const seen = new Set(Array.from({ length: 400 }, () => random.integer(7)));
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6],
  );
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = random.shuffle([...items]);
  assert.notDeepEqual(shuffled, items);
  assert.deepEqual(
    shuffled.sort((a, b) => a - b),
    items,
  );
});

test('a seed that is no integer in range is refused with E_RANDOM', () => {
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new Random(seed, 0, 0), { code: 'E_RANDOM' });
  }
  assert.throws(() => new Random(0, 2048, 0), { code: 'E_RANDOM' });
});
