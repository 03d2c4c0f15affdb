import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BalancerState } from '../../src/balance/balancer.ts';
import type { NativeTrainer, StateBlock } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import { decodeCheckpoint, encodeCheckpoint, restoreTrainer } from '../../src/train/checkpoint.ts';
import type { RunState } from '../../src/train/state.ts';

const network = { type: 'srvgg', scale: 4, numFeat: 2, numConv: 1, init: 'he' } as const;

const state: RunState = {
  step: 812,
  optimizerSteps: 810,
  identity: 'a1',
  photos: 'b2',
  settled: true,
  balancer: { decision: { shares: [0.1 + 0.2, 1 / 3] } } as unknown as BalancerState,
  references: { clean: 27.123456789012344 },
  guard: { inRow: 0, skipped: 2, rolledBack: false, learningRateScale: 0.5 },
  window: { loss: 0.1, gradientNorm: 1e-300, count: 7 },
  best: { step: 800, psnr: 25.5 },
};

/** Only what a checkpoint needs of a trainer: two tensors, and blocks with a gap between them. */
class FakeTrainer {
  stepCount = 0;
  readonly blocks: Record<StateBlock, Float32Array>;

  constructor(seed: number) {
    const random = new Random(seed, 0, 0);
    const block = () => Float32Array.from({ length: 12 }, () => random.uniform() - 0.5);
    this.blocks = { params: block(), ema: block(), m: block(), v: block() };
  }
  tensors = () => [
    { name: 'body.0.weight', shape: [2, 3], offset: 0 },
    { name: 'body.0.bias', shape: [2], offset: 8 },
  ];
  getState = (block: StateBlock) => this.blocks[block].slice();
  setState = (block: StateBlock, values: Float32Array) => this.blocks[block].set(values);
  setStepCount = (count: number) => {
    this.stepCount = count;
  };
}

const trainerOf = (fake: FakeTrainer) => fake as unknown as NativeTrainer;

async function encoded(fake = new FakeTrainer(1), saved = state): Promise<Uint8Array> {
  return Buffer.concat(await encodeCheckpoint(trainerOf(fake), network, saved));
}

const bad = { code: 'E_CHECKPOINT', exitCode: 9 };

describe('checkpoint', () => {
  it('brings back every bit of the tensors and of the state', async () => {
    const original = new FakeTrainer(1);
    original.blocks.params[0] = -0;
    original.blocks.m[1] = 1e-45; // the least float32
    const checkpoint = await decodeCheckpoint(await encoded(original));
    assert.deepEqual(checkpoint.state, state);
    assert.deepEqual(checkpoint.network, network);
    const other = new FakeTrainer(2);
    const gap = other.blocks.params.slice(6, 8);
    restoreTrainer(trainerOf(other), checkpoint);
    assert.equal(other.stepCount, state.optimizerSteps);
    for (const block of ['params', 'ema', 'm', 'v'] as const) {
      for (const at of [0, 1, 2, 3, 4, 5, 8, 9])
        assert.ok(Object.is(other.blocks[block][at], original.blocks[block][at]), `${block} ${at}`);
    }
    assert.deepEqual(other.blocks.params.slice(6, 8), gap, 'memory between tensors is left alone');
  });

  it('is the same bytes for the same contents', async () => {
    assert.deepEqual(await encoded(), await encoded());
  });

  it('is found damaged whichever bit is flipped', async () => {
    const bytes = await encoded();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
      await assert.rejects(decodeCheckpoint(bytes), bad, `bit ${bit}`);
      bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    await decodeCheckpoint(bytes);
  });

  it('is found truncated or extended at every byte', async () => {
    const bytes = await encoded();
    for (let length = 0; length < bytes.length; length++)
      await assert.rejects(decodeCheckpoint(bytes.subarray(0, length)), bad, `${length} bytes`);
    await assert.rejects(decodeCheckpoint(Buffer.concat([bytes, Buffer.alloc(4)])), bad);
  });

  it('is refused when it is no checkpoint, of a newer format, or of another network', async () => {
    await assert.rejects(decodeCheckpoint(Buffer.from('PK\x03\x04 a pickle in a zip')), bad);
    const text = Buffer.from(await encoded()).toString('latin1');
    const newer = Buffer.from(text.replace('evensr-checkpoint-1', 'evensr-checkpoint-2'), 'latin1');
    await assert.rejects(decodeCheckpoint(newer), { ...bad, message: /format.*checkpoint-2/ });
    const checkpoint = await decodeCheckpoint(await encoded());
    const wider = new FakeTrainer(1);
    wider.tensors = () => [{ name: 'body.0.weight', shape: [3, 2], offset: 0 }];
    assert.throws(() => restoreTrainer(trainerOf(wider), checkpoint), bad);
    wider.tensors = () => [
      { name: 'body.0.weight', shape: [3, 2], offset: 0 },
      { name: 'body.0.bias', shape: [2], offset: 8 },
    ];
    assert.throws(() => restoreTrainer(trainerOf(wider), checkpoint), {
      ...bad,
      message: /shape/,
    });
  });

  it('is never made of values that are not finite', async () => {
    for (const block of ['params', 'ema', 'm', 'v'] as const) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const fake = new FakeTrainer(1);
        fake.blocks[block][9] = value;
        await assert.rejects(encoded(fake), {
          code: 'E_NONFINITE',
          message: new RegExp(`${block}/body.0.bias`),
        });
      }
    }
  });
});
