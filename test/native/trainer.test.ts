/** The trainer: determinism, state, guards, errors. Whether it trains right is network.test.ts's matter. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { NativeBatch, NativeTrainer, TrainerOptions } from '../../src/native.ts';
import { buildNetwork } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { elements } from '../../src/network/spec.ts';
import { makeBatch, makeTrainer, type Size, testNative, uniforms } from './networks.ts';

const small = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 24, numConv: 2, init: 'he' });
const smallWeights = initialWeights(small, 7);
const size: Size = { batch: 4, height: 12, width: 10 };

function smallTrainer(options: Partial<TrainerOptions> = {}) {
  return makeTrainer(small, { weights: smallWeights, ...options });
}

/** Every bit that a checkpoint would keep. */
function stateOf(trainer: NativeTrainer) {
  const [params, ema, m, v] = (['params', 'ema', 'm', 'v'] as const).map((block) => {
    const values = trainer.getState(block);
    return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
  });
  return { params, ema, m, v, stepCount: trainer.stepCount };
}

describe('trainer', () => {
  it('repeats a run bit for bit, also with another trainer working in between', async () => {
    const runs = [];
    for (const disturbed of [false, true]) {
      const trainer = smallTrainer();
      const other = smallTrainer({ threads: 1 });
      const losses = [];
      for (let step = 0; step < 6; step++) {
        if (disturbed) await other.step(makeBatch(2, size, 99), { learningRate: 0.1 });
        const batch = makeBatch(2, size, step);
        losses.push((await trainer.step(batch, { learningRate: 1e-3 })).losses);
        if (disturbed) await trainer.measure(batch, { weights: 'ema', border: 1 });
      }
      runs.push({ losses, state: stateOf(trainer) });
    }
    assert.deepEqual(runs[0], runs[1]);
  });

  it('continues from its state bit for bit', async () => {
    const straight = smallTrainer();
    const first = smallTrainer();
    for (let step = 0; step < 3; step++) {
      const batch = makeBatch(2, size, step);
      await straight.step(batch, { learningRate: 1e-3 });
      await first.step(batch, { learningRate: 1e-3 });
    }
    const second = smallTrainer({ weights: new Float32Array(smallWeights.length) });
    for (const block of ['params', 'ema', 'm', 'v'] as const) {
      second.setState(block, first.getState(block));
    }
    second.setStepCount(first.stepCount);
    for (let step = 3; step < 6; step++) {
      const batch = makeBatch(2, size, step);
      await straight.step(batch, { learningRate: 1e-3 });
      await second.step(batch, { learningRate: 1e-3 });
    }
    assert.deepEqual(stateOf(second), stateOf(straight));
  });

  it('starts both weight sets from the given weights, and without EMA keeps them equal', async () => {
    const trainer = smallTrainer({ emaDecay: 0 });
    assert.deepEqual(trainer.getState('params'), smallWeights);
    assert.deepEqual(trainer.getState('ema'), smallWeights);
    await trainer.step(makeBatch(2, size, 1), { learningRate: 1e-3 });
    assert.notDeepEqual(trainer.getState('params'), smallWeights);
    assert.deepEqual(trainer.getState('ema'), trainer.getState('params'));
  });

  it('does not let a sample of weight 0 change the step', async () => {
    const states = [];
    for (const seed of [1, 2]) {
      const count = 3 * size.height * size.width;
      const lq = uniforms(count * size.batch, 5);
      const gt = uniforms(count * size.batch * 4, 6);
      lq.set(uniforms(count, seed)); // only sample 0 differs
      const trainer = smallTrainer();
      const batch = testNative._makeBatch(lq, gt, { ...size, scale: 2 });
      await trainer.step(batch, {
        learningRate: 1e-3,
        sampleWeights: Float32Array.of(0, 1, 1, 1),
      });
      states.push(stateOf(trainer));
    }
    assert.deepEqual(states[0], states[1]);
  });

  it('keeps forward, measure and steps of other shapes apart', async () => {
    const trainer = smallTrainer();
    const lq = uniforms(2 * 3 * 9 * 8, 3);
    const shape = { batch: 2, height: 9, width: 8 };
    const before = await trainer.forward(lq, shape, 'params');
    for (const height of [5, 6, 7, 8, 11, 13]) {
      await trainer.forward(uniforms(3 * height * 4, 1), { batch: 1, height, width: 4 }, 'params');
      await trainer.measure(makeBatch(2, { ...size, height }, 1), { weights: 'ema', border: 0 });
    }
    assert.deepEqual(await trainer.forward(lq, shape, 'params'), before);
    await trainer.step(makeBatch(2, size, 1), { learningRate: 1e-2 });
    assert.notDeepEqual(await trainer.forward(lq, shape, 'params'), before);
    // The average moved by a thousandth of that.
    const ema = await trainer.forward(lq, shape, 'ema');
    assert.ok(ema.every((value, i) => Math.abs(value - (before[i] as number)) < 1e-3));
    const one = await trainer.forward(lq.subarray(0, lq.length / 2), { ...shape, batch: 1 }, 'ema');
    for (const [i, value] of one.entries()) {
      assert.ok(
        Math.abs(value - (ema[i] as number)) < 1e-5,
        'an image does not depend on its batch',
      );
    }
  });

  it('measures the loss that a step sees', async () => {
    const trainer = smallTrainer({ loss: { type: 'charbonnier', epsilon: 0.01 } });
    const batch = makeBatch(2, size, 4);
    const { losses } = await trainer.measure(batch, { weights: 'params', border: 0 });
    assert.deepEqual((await trainer.step(batch, { learningRate: 1e-3 })).losses, losses);
  });
});

describe('a step with a value that is not finite is skipped as a whole', () => {
  const pixels = 3 * size.batch * size.height * size.width;
  const poisoned = (where: 'lq' | 'gt', value: number) => {
    const lq = uniforms(pixels, 1);
    const gt = uniforms(pixels * 4, 2);
    (where === 'lq' ? lq : gt)[pixels / 2] = value;
    return testNative._makeBatch(lq, gt, { ...size, scale: 2 });
  };
  async function expectSkip(trainer: NativeTrainer, batch: NativeBatch, name: RegExp) {
    const before = stateOf(trainer);
    const result = await trainer.step(batch, { learningRate: 1e-3 });
    assert.match(result.nonFinite ?? 'nothing', name);
    assert.deepEqual(stateOf(trainer), before);
  }

  it('in lq', async () => {
    await expectSkip(smallTrainer(), poisoned('lq', Number.NaN), /^lq$/);
    await expectSkip(smallTrainer(), poisoned('lq', Number.POSITIVE_INFINITY), /^lq$/);
  });

  it('in the loss', async () => {
    await expectSkip(smallTrainer(), poisoned('gt', Number.NaN), /^loss of sample 0$/);
    const l2 = smallTrainer({ loss: { type: 'l2', epsilon: 0 } });
    await expectSkip(l2, poisoned('gt', 3e38), /^loss of sample 0$/);
  });

  it('in the weights', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 700, smallWeights.length - 1]) {
        const trainer = smallTrainer();
        const values = trainer.getState('params');
        values[at] = value;
        trainer.setState('params', values);
        await expectSkip(trainer, makeBatch(2, size, 1), /^(loss of sample 0|update of body)/);
      }
    }
  });

  it('in a gradient', async () => {
    const trainer = smallTrainer();
    const weights = smallWeights.slice();
    const tensor = (name: string) => {
      const { offset, shape } = trainer.tensors().find((t) => t.name === name) ?? assert.fail();
      return weights.subarray(offset, offset + elements(shape));
    };
    // The last layer sees zeros, so that sr is finite, and its weights make the gradient overflow.
    tensor('body.4.weight').fill(0);
    tensor('body.4.bias').fill(0);
    tensor('body.6.weight').fill(1e5);
    trainer.setState('params', weights);
    const sampleWeights = new Float32Array(size.batch).fill(3e38);
    const before = stateOf(trainer);
    const result = await trainer.step(makeBatch(2, size, 1), { learningRate: 1e-3, sampleWeights });
    assert.ok(result.losses.every(Number.isFinite));
    assert.match(result.nonFinite ?? 'nothing', /^gradient of body\.\d\.\w+$/);
    assert.deepEqual(stateOf(trainer), before);
  });

  it('in the updated weights, moments or average', async () => {
    for (const block of ['ema', 'm', 'v'] as const) {
      const trainer = smallTrainer();
      const values = trainer.getState(block);
      values[700] = Number.POSITIVE_INFINITY;
      trainer.setState(block, values);
      await expectSkip(trainer, makeBatch(2, size, 1), /^update of body\.2\.weight$/);
    }
  });

  it('and the next good step is taken', async () => {
    const trainer = smallTrainer();
    const undisturbed = smallTrainer();
    await trainer.step(poisoned('gt', Number.NaN), { learningRate: 1e-3 });
    await trainer.step(makeBatch(2, size, 1), { learningRate: 1e-3 });
    await undisturbed.step(makeBatch(2, size, 1), { learningRate: 1e-3 });
    assert.deepEqual(stateOf(trainer), stateOf(undisturbed));
    assert.equal(trainer.stepCount, 1);
  });
});

/** The small network with one more operator behind it. */
function onTop(op: string, attributes: object, inputs = ['output']) {
  const node = { name: 'top', op, inputs, parameters: [], attributes };
  return { ...small, nodes: [...small.nodes, node], output: 'top' };
}

describe('a trainer with a profile', () => {
  it('times its operators, computes the same bits, and forgets what was taken', async () => {
    const [plain, timed] = [smallTrainer(), smallTrainer({ profile: true })];
    const batch = makeBatch(2, size, 1);
    for (const trainer of [plain, timed]) await trainer.step(batch, { learningRate: 1e-3 });
    assert.deepEqual(stateOf(timed), stateOf(plain));
    const { whole = 0, winograd = 0, products = 0, ...named } = timed.takeProfile();
    for (const name of ['conv2d', 'pixelShuffle', 'upsampleNearest', 'loss', 'optimizer'])
      assert.ok((named[name] ?? 0) > 0, name);
    const sum = Object.values(named).reduce((a, b) => a + b, 0);
    assert.ok(sum <= whole, `${sum} of ${whole}`);
    assert.ok(products <= winograd && winograd <= 2 * (named.conv2d ?? 0));
    assert.deepEqual(timed.takeProfile(), { winograd: 0, products: 0 });
    assert.equal(plain.takeProfile().conv2d, undefined);
  });
});

describe('what the trainer refuses', () => {
  it('to train what was made for inference, which restores pictures all the same', async () => {
    const trainer = smallTrainer({ inference: true });
    const batch = makeBatch(2, { batch: 1, height: 4, width: 4 }, 3);
    const refused = { code: 'E_NETWORK', message: /made for inference/ };
    await assert.rejects(trainer.step(batch, { learningRate: 1e-3 }), refused);
    for (const block of ['ema', 'm', 'v'] as const) {
      assert.throws(() => trainer.getState(block), refused);
    }
    const training = smallTrainer();
    const shape = { batch: 1, height: 4, width: 4 };
    const lq = uniforms(48, 4);
    const restored = await trainer.forward(lq, shape, 'params');
    assert.deepEqual(restored, await training.forward(lq, shape, 'params'));
    trainer.dispose();
    training.dispose();
  });

  it('networks that are none', () => {
    const node = small.nodes[0];
    const broken: [string, unknown, RegExp][] = [
      ['no JSON', '{', /not JSON/],
      ['unknown operator', { ...small, nodes: [{ ...node, op: 'fft' }] }, /unknown operator fft/],
      ['missing input', { ...small, nodes: small.nodes.slice(1) }, /no earlier node/],
      ['missing output', { ...small, output: 'nothing' }, /no node makes the output/],
      ['another scale', { ...small, scale: 3 }, /not 3 times as large/],
      [
        'a parameter of another shape',
        {
          ...small,
          parameters: small.parameters.map((p, i) => (i === 2 ? { ...p, shape: [23] } : p)),
        },
        /one slope a channel/,
      ],
      [
        'a parameter nobody uses',
        { ...small, parameters: [...small.parameters, { name: 'extra', shape: [1] }] },
        /no node uses parameter extra/,
      ],
      [
        'a node nobody uses',
        { ...small, nodes: [...small.nodes, { ...small.nodes.at(-1), name: 'extra' }] },
        /node extra: nothing uses its result/,
      ],
      [
        'channels that do not match',
        { ...small, inputChannels: 4 },
        /weight is for 3 channels, the input has 4/,
      ],
      [
        'an attribute out of range',
        {
          ...small,
          nodes: small.nodes.map((n) =>
            n.op === 'pixelShuffle' ? { ...n, attributes: { factor: 0 } } : n,
          ),
        },
        /attribute factor/,
      ],
      ['no constant a channel', onTop('affine', { scale: [1], shift: [0] }), /scale .* 3 numbers/],
      ['a list for a number', onTop('leakyRelu', { slope: [0.1, 0.2] }), /attribute slope/],
      ['inputs of two sizes', onTop('concat', {}, ['output', 'input']), /differ in size/],
      ['nothing to join', onTop('concat', {}, []), /wrong number of inputs/],
      [
        'half a pixel',
        onTop('pixelUnshuffle', { factor: 3 }),
        /must be multiples of 3, not 128 and 128/,
      ],
      [
        'an unknown feature',
        { ...small, features: ['nothing'] },
        /no node makes the output nothing/,
      ],
      [
        'features in no order',
        { ...small, features: ['output', 'upsampler'] },
        /not in the order of their nodes/,
      ],
    ];
    for (const [what, spec, message] of broken) {
      const json = typeof spec === 'string' ? spec : JSON.stringify(spec);
      assert.throws(() => smallTrainer({ spec: json }), { code: 'E_NETWORK', message }, what);
    }
  });

  it('weights, shapes and devices that do not fit', async () => {
    assert.throws(() => smallTrainer({ weights: new Float32Array(3) }), { code: 'E_SHAPE' });
    assert.throws(() => smallTrainer({ device: 'cuda' }), { code: 'E_DEVICE' });
    const trainer = smallTrainer();
    const lq = uniforms(3 * 4 * 4, 1);
    assert.throws(() => trainer.forward(lq, { batch: 1, height: 4, width: 5 }, 'params'), {
      code: 'E_SHAPE',
    });
    await assert.rejects(trainer.step(makeBatch(3, size, 1), { learningRate: 1 }), {
      code: 'E_SHAPE',
      message: /the network makes 3 channels of 24x20, but gt has 3 of 36x30/,
    });
    await assert.rejects(trainer.measure(makeBatch(2, size, 1), { weights: 'ema', border: 10 }), {
      code: 'E_SHAPE',
      message: /border of 10 leaves nothing/,
    });
    const several = smallTrainer({
      spec: JSON.stringify({ ...small, features: ['upsampler', 'output'] }),
    });
    await assert.rejects(several.step(makeBatch(2, size, 1), { learningRate: 1 }), {
      code: 'E_SHAPE',
      message: /several results/,
    });
    const sampleWeights = new Float32Array(3);
    await assert.rejects(trainer.step(makeBatch(2, size, 1), { learningRate: 1, sampleWeights }), {
      code: 'E_SHAPE',
      message: /3 sample weights for a batch of 4/,
    });
    assert.throws(() => trainer.setState('m', new Float32Array(1)), { code: 'E_SHAPE' });
  });

  it('activations that do not fit into the memory', () => {
    const weight = { name: 'weight', shape: [2 ** 16, 3, 1, 1], init: small.parameters[0]?.init };
    const wide = { name: 'wide', op: 'conv2d', inputs: ['input'], parameters: ['weight'] };
    const large = { name: 'large', op: 'upsampleNearest', inputs: ['wide'], parameters: [] };
    const nodes = [
      { ...wide, attributes: { padding: 0, stride: 1 } },
      { ...large, attributes: { factor: 16 } },
    ];
    const spec = { ...small, scale: 16, parameters: [weight], nodes, output: 'large' };
    const helpers = new URL('./networks.js', import.meta.url).href;
    const script = `import { makeTrainer } from ${JSON.stringify(helpers)};
      const weights = new Float32Array(3 * 2 ** 16);
      const trainer = makeTrainer(${JSON.stringify(spec)}, { weights });
      const shape = { batch: 1, height: 64, width: 64 };
      await trainer.forward(new Float32Array(3 * 64 * 64), shape, 'params')
        .catch((error) => console.log(error.code, error.message));`;
    // The limit makes it fail also where memory is promised that is not there.
    const command = 'ulimit -v 16000000; exec "$0" --input-type=module -e "$1"';
    const child = spawnSync('sh', ['-c', command, process.execPath, script], { encoding: 'utf8' });
    assert.match(
      child.stdout,
      /^E_MEMORY a batch of 1 images of 64x64 needs \d{6} MiB for its activations$/m,
      child.stderr,
    );
  });

  it('arguments of the wrong type', () => {
    const trainer = smallTrainer();
    const batch = makeBatch(2, size, 1);
    const wrong = trainer as unknown as Record<string, (...values: unknown[]) => unknown>;
    assert.throws(
      () => wrong.step?.({}, { learningRate: 1 }),
      /expected batch to be a NativeBatch/,
    );
    assert.throws(() => wrong.step?.(batch, { learningRate: Number.NaN }), /learningRate/);
    assert.throws(() => wrong.step?.(batch), /options/);
    assert.throws(
      () => wrong.forward?.([1], { batch: 1, height: 1, width: 1 }, 'ema'),
      /Float32Array/,
    );
    assert.throws(() => wrong.getState?.('w'), /one of ema, m, params, v/);
    assert.throws(() => wrong.setStepCount?.(-1), RangeError);
  });

  it('state while a step runs, and everything after dispose', async () => {
    const trainer = smallTrainer();
    const batch = makeBatch(2, size, 1);
    const running = trainer.step(batch, { learningRate: 1e-3 });
    assert.throws(() => trainer.getState('params'), { code: 'E_BUSY' });
    batch.dispose();
    trainer.dispose();
    assert.equal((await running).nonFinite, null);
    assert.throws(() => trainer.getState('params'), { code: 'E_DISPOSED' });
    assert.throws(() => trainer.stepCount, { code: 'E_DISPOSED' });
    assert.throws(() => trainer.step(batch, { learningRate: 1 }), { code: 'E_DISPOSED' });
  });
});
