import assert from 'node:assert/strict';
import { test } from 'node:test';
import { native } from '../../src/native.ts';
import { philox4x32 } from '../../src/rng.ts';

const { _philox } = native as unknown as {
  _philox(k0: number, k1: number, c0: number, c1: number, c2: number, c3: number): Uint32Array;
};

const ones = 0xffffffff;

test('native Philox4x32-10 gives the known answers of Random123', () => {
  assert.deepEqual(
    [..._philox(0, 0, 0, 0, 0, 0)],
    [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  );
  assert.deepEqual(
    [..._philox(ones, ones, ones, ones, ones, ones)],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  );
  assert.deepEqual(
    [..._philox(0xa4093822, 0x299f31d0, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344)],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

test('native and TypeScript Philox agree', () => {
  let word = 12345;
  const next = () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return word;
  };
  for (let i = 0; i < 200; i++) {
    const key = [next(), next()] as const;
    const counter = [next(), next(), next(), next()] as const;
    assert.deepEqual([..._philox(...key, ...counter)], philox4x32(key, counter));
  }
});
