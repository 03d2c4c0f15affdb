import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NativeTrainer, StateBlock } from '../../src/native.ts';
import { buildNetwork } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { replayedStep } from '../../src/train/replay.ts';
import { takeState } from '../../src/train/trainer-state.ts';
import { makeBatch, makeTrainer } from './networks.ts';

const spec = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 8, numConv: 1, init: 'he' });
const options = { learningRate: 1e-3 };
const batchOf = (seed: number) => makeBatch(2, { batch: 2, height: 8, width: 8 }, seed);
const newTrainer = () => makeTrainer(spec, { weights: initialWeights(spec, 3) });

/** A trainer of which the `wrong`-th step leaves one bit of a block flipped. */
function faulty(wrong: number, block: StateBlock, at: number): NativeTrainer {
  const trainer = newTrainer();
  let steps = 0;
  return new Proxy<NativeTrainer>(trainer, {
    get(target, name) {
      const value = target[name as keyof NativeTrainer];
      if (name !== 'step') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<NativeTrainer['step']>) => {
        const result = await target.step(...args);
        if (++steps !== wrong) return result;
        const values = target.getState(block);
        const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
        bits[at] = (bits[at] as number) ^ 1;
        target.setState(block, values);
        return result;
      };
    },
  });
}

describe('a step that is computed twice', () => {
  it('is one step', async () => {
    const [plain, replayed] = [newTrainer(), newTrainer()];
    for (const seed of [1, 2, 3]) {
      const expected = await plain.step(batchOf(seed), options);
      const found = await replayedStep(replayed, batchOf(seed), options, seed);
      assert.deepEqual(found.losses, expected.losses);
    }
    assert.deepEqual(takeState(replayed), takeState(plain));
  });

  it('changes nothing when it is not finite', async () => {
    const trainer = newTrainer();
    const values = trainer.getState('v').fill(Number.POSITIVE_INFINITY, 3, 4);
    trainer.setState('v', values);
    const before = takeState(trainer);
    assert.notEqual((await replayedStep(trainer, batchOf(1), options, 1)).nonFinite, null);
    assert.deepEqual(takeState(trainer), before);
  });

  it('shows a single bit that came out differently, and where', async () => {
    for (const [wrong, block, tensor] of [
      [1, 'params', 'body.2.weight'],
      [2, 'ema', 'body.0.weight'],
      [1, 'm', 'body.4.bias'],
      [2, 'v', 'body.1.weight'],
    ] as const) {
      const { offset } =
        newTrainer()
          .tensors()
          .find(({ name }) => name === tensor) ?? assert.fail();
      await assert.rejects(
        replayedStep(faulty(wrong, block, offset + 2), batchOf(1), options, 9000),
        {
          code: 'E_REPLAY',
          exitCode: 7,
          message: new RegExp(`^step 9000, computed twice, differs in ${block}/${tensor}:`),
        },
      );
    }
  });
});
