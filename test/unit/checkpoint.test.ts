import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Balancer } from '../../src/balance/balancer.ts';
import type { NativeTrainer, StateBlock, TensorInfo } from '../../src/native.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/network/safetensors.ts';
import { Random } from '../../src/rng.ts';
import { decodeCheckpoint, encodeCheckpoint, restoreTrainer } from '../../src/train/checkpoint.ts';
import { CheckpointFolder } from '../../src/train/checkpoint-folder.ts';
import type { RunState } from '../../src/train/state.ts';
import { rewritten } from '../checkpoint-file.ts';

const network = { type: 'srvgg', scale: 4, numFeat: 2, numConv: 1, init: 'he' } as const;

const state: RunState = {
  step: 812,
  optimizerSteps: 810,
  evensr: '1.2.3',
  identity: 'a1',
  photos: 'b2',
  settled: true,
  balancer: new Balancer(
    [
      { id: 'clean', mass: 0.1 + 0.2 },
      { id: 'noisy', mass: 1 / 3 },
    ],
    { seed: 1, batchSize: 4 },
  ).stateAfter(0),
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
  buffers = (): TensorInfo[] => [];
  getBuffers = (): Float32Array => new Float32Array();
  setBuffers = (_values: Float32Array) => {};
  setStepCount = (count: number) => {
    this.stepCount = count;
  };
}

const trainerOf = (fake: FakeTrainer) => fake as unknown as NativeTrainer;

/** With u and v. */
class FakeDiscriminator extends FakeTrainer {
  u: Float32Array = Float32Array.of(0.6, 0.8);
  override buffers = () => [{ name: 'conv1.weight_u', shape: [2], offset: 0 }];
  override getBuffers = () => this.u.slice();
  override setBuffers = (values: Float32Array) => {
    this.u = values;
  };
}

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

  it('brings back the discriminator too, with u and v, or neither network', async () => {
    const [own, other] = [new FakeTrainer(1), new FakeDiscriminator(2)];
    const parts = await encodeCheckpoint(trainerOf(own), network, state, trainerOf(other));
    const checkpoint = await decodeCheckpoint(Buffer.concat(parts));
    const [first, second] = [new FakeTrainer(3), new FakeDiscriminator(4)];
    second.u = new Float32Array(2);
    restoreTrainer(trainerOf(first), checkpoint, trainerOf(second));
    assert.deepEqual([second.u, second.stepCount], [other.u, state.optimizerSteps]);
    assert.deepEqual(second.blocks.v.slice(8, 10), other.blocks.v.slice(8, 10));
    assert.deepEqual(first.blocks.m.slice(0, 6), own.blocks.m.slice(0, 6));
    const untouched = new FakeTrainer(5);
    const before = structuredClone(untouched.blocks);
    const without = await decodeCheckpoint(await encoded());
    for (const one of [without, { ...checkpoint, discriminator: without }]) {
      const restore = () => restoreTrainer(trainerOf(untouched), one, trainerOf(second));
      assert.throws(restore, bad);
      assert.deepEqual(untouched.blocks, before);
    }
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
    const { tensors } = decodeSafetensors(await encoded());
    const bare = Buffer.concat(encodeSafetensors(tensors));
    await assert.rejects(decodeCheckpoint(bare), { ...bad, message: /its format is none/ });
    const newer = rewritten(await encoded(), { metadata: { format: 'evensr-checkpoint-2' } });
    await assert.rejects(decodeCheckpoint(newer), {
      code: 'E_CHECKPOINT_NEWER',
      exitCode: 9,
      message: /format is evensr-checkpoint-2, this version of evensr reads evensr-checkpoint-1/,
    });
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

  it('is refused when the state of its balancer is none', async () => {
    const { metadata } = decodeSafetensors(await encoded());
    const { state: text } = metadata as { state: string };
    const { balancer, ...rest } = JSON.parse(text);
    for (const wrong of [{}, { ...balancer, sampler: [] }, { ...balancer, tracker: { a: 1 } }]) {
      const hostile = JSON.stringify({ ...rest, balancer: wrong });
      const bytes = rewritten(await encoded(), { metadata: { state: hostile } });
      await assert.rejects(decodeCheckpoint(bytes), { ...bad, message: /its state does not have/ });
    }
  });

  it('is refused when its network is none, or larger than any that can be configured', async () => {
    for (const text of [
      'null',
      '7',
      '{"type":"srvgg","scale":4,"numFeat":8,"numConv":1000000000}',
      '{"type":"srvgg","scale":400,"numFeat":8,"numConv":1}',
      '{"type":"unet","scale":4}',
      '{"type":"srvgg","scale":4,"numFeat":8,"numConv":1,"__proto__":{}}',
    ]) {
      const hostile = rewritten(await encoded(), { metadata: { network: text } });
      await assert.rejects(decodeCheckpoint(hostile), { ...bad, message: /network/ }, text);
    }
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

describe('checkpoints of a run', () => {
  let folder: CheckpointFolder;
  beforeEach(() => {
    folder = new CheckpointFolder(mkdtempSync(join(tmpdir(), 'evensr-checkpoints-')));
  });
  afterEach(() => rmSync(folder.path, { recursive: true }));

  const put = async (step: number, change = (bytes: Uint8Array) => bytes) =>
    writeFileSync(folder.file(step), change(await encoded(new FakeTrainer(1), { ...state, step })));
  const warnings: string[] = [];
  const warn = (code: string, text: string) => warnings.push(`${code} ${text}`);

  it('are gone back behind when they are damaged, and the damaged ones are put aside', async () => {
    await put(7);
    await put(8, (bytes) => bytes.fill(1, bytes.length - 8));
    spawnSync('mkfifo', [folder.file(9)]);
    const found = await folder.newest(warn, { moveAside: true });
    assert.equal(found?.state.step, 7);
    assert.match(warnings[0] ?? '', /W_CKPT checkpoint 9 is bad .*not a regular file.* - using 8/);
    assert.match(warnings[1] ?? '', /W_CKPT checkpoint 8 is bad .*crc.* - using 7/);
    assert.deepEqual(await folder.steps(), [7]);
    assert.ok(existsSync(`${folder.file(8)}.bad`));
  });

  it('are not gone back behind, nor touched, when a newer version of evensr wrote them', async () => {
    await put(7);
    const metadata = { format: 'evensr-checkpoint-12' };
    await put(8, (bytes) => rewritten(bytes, { metadata }));
    await assert.rejects(folder.newest(warn, { moveAside: true }), {
      code: 'E_CHECKPOINT_NEWER',
      message: /step-00000008.safetensors: its format is evensr-checkpoint-12/,
      hint: /the version of evensr that wrote it/,
    });
    assert.deepEqual(await folder.steps(), [7, 8]);
  });

  it('are pruned down to the newest and the best', async () => {
    for (const step of [1, 2, 3, 4, 5]) await put(step);
    await folder.prune(2, 2);
    assert.deepEqual(await folder.steps(), [2, 4, 5]);
  });
});
