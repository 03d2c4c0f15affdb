/** Alignments of tasks' gradients, against differences of losses along them, and what they leave alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NativeBatch, NativeTrainer, TrainerOptions } from '../../src/native.ts';
import { buildNetwork } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { stateOf } from './gan.ts';
import { makeBatch, makeTrainer } from './networks.ts';

// Wide enough for Winograd's convolutions, and for bfloat16 to round something.
const spec = buildNetwork({ type: 'srvgg', scale: 2, numFeat: 32, numConv: 2, init: 'he' });
const size = { height: 10, width: 12 };
const tasks = 3;
const atOnce = 2;

/** Samples by task: task 0 has its samples in two batches, none is as many as run at once. */
const samples = (seed: number) => [
  { pairs: makeBatch(2, { batch: 5, ...size }, seed), tasks: Int32Array.of(0, 1, 1, 2, 1) },
  { pairs: makeBatch(2, { batch: 2, ...size }, seed + 10), tasks: Int32Array.of(2, 0) },
];
const training = samples(1);
const probes = samples(50);
const request = { training, probes, tasks, atOnce };

/** A trainer some steps on, so that the second moments say something. */
async function trained(options: Partial<TrainerOptions> = {}): Promise<NativeTrainer> {
  const trainer = makeTrainer(spec, { weights: initialWeights(spec, 7), ...options });
  for (let step = 0; step < 4; step++) {
    const batch = makeBatch(2, { batch: 4, ...size }, 100 + step);
    await trainer.step(batch, { learningRate: 1e-3 });
  }
  return trainer;
}

/** MSE of every sample, all channels, at some weights. */
async function errorsAt(weights: Float32Array, pairs: NativeBatch): Promise<Float64Array> {
  const trainer = makeTrainer(spec, { weights, loss: { type: 'l2', epsilon: 1e-3 } });
  return (await trainer.measure(pairs, { weights: 'params', border: 2 })).losses;
}

/** Mean log-MSE of the probes of a task. */
async function logMse(weights: Float32Array, task: number): Promise<number> {
  const logs: number[] = [];
  for (const { pairs, tasks: ids } of probes) {
    const errors = await errorsAt(weights, pairs);
    for (const [i, error] of errors.entries()) if (ids[i] === task) logs.push(Math.log(error));
  }
  return logs.reduce((sum, value) => sum + value, 0) / logs.length;
}

/** Gradient of the mean loss of a task's training samples, from Adam's first moment after one step. */
async function gradientOf(weights: Float32Array, task: number): Promise<Float64Array> {
  const sum = new Float64Array(weights.length);
  let count = 0;
  for (const { pairs, tasks: ids } of training) {
    const chosen = Float32Array.from(ids, (id) => (id === task ? 1 : 0));
    const trainer = makeTrainer(spec, { weights });
    await trainer.step(pairs, { learningRate: 0, sampleWeights: chosen });
    const moment = trainer.getState('m');
    for (const [i, value] of moment.entries()) sum[i] = (sum[i] ?? 0) + 10 * value * ids.length;
    count += chosen.reduce((all, one) => all + one, 0);
  }
  return sum.map((value) => value / count);
}

/** The gradient divided by Adam's root: as torch.optim.Adam does it, in double. */
async function directionOf(trainer: NativeTrainer, task: number): Promise<Float64Array> {
  const v = trainer.getState('v');
  const gradient = await gradientOf(trainer.getState('params'), task);
  const correction = 1 - 0.99 ** trainer.stepCount;
  return gradient.map((g, i) => g / (Math.sqrt((v[i] as number) / correction) + 1e-8));
}

const norm = (values: Float64Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0));

describe('alignments', () => {
  it('are what a small step on a task changes of the log-MSE of each', async () => {
    const trainer = await trained();
    const { dots, stepNorms } = await trainer.alignments(request);
    const weights = trainer.getState('params');
    for (let t = 0; t < tasks; t++) {
      const direction = await directionOf(trainer, t);
      const length = norm(direction);
      assert.ok(
        Math.abs((stepNorms[t] as number) / length - 1) < 1e-4,
        `${stepNorms[t]}, ${length}`,
      );
      const step = 2e-3 / length;
      const moved = (sign: number) =>
        weights.map((weight, i) => weight + sign * step * (direction[i] as number));
      for (let u = 0; u < tasks; u++) {
        const change = (await logMse(moved(1), u)) - (await logMse(moved(-1), u));
        const difference = change / (2 * step);
        const dot = dots[t * tasks + u] as number;
        // Of a direction as long as the task's own, most has no bearing on the loss.
        const scale = Math.max(...dots.subarray(t * tasks, (t + 1) * tasks).map(Math.abs));
        assert.ok(Math.abs(dot - difference) < 0.02 * scale, `${t}, ${u}: ${dot}, ${difference}`);
      }
    }
  });

  it('have the length of the gradient of the mean over tasks', async () => {
    // With one sample a task and no second moment yet, g_u is d_u divided by the MSE of u.
    const optimizer = { beta1: 0.9, beta2: 0.99, epsilon: 1, weightDecay: 0 };
    const weights = initialWeights(spec, 7);
    const trainer = makeTrainer(spec, { weights, optimizer, loss: { type: 'l2', epsilon: 1e-3 } });
    const pairs = makeBatch(2, { batch: 2, ...size }, 20);
    const both = [{ pairs, tasks: Int32Array.of(0, 1) }];
    const found = await trainer.alignments({ training: both, probes: both, tasks: 2, atOnce });
    const errors = await errorsAt(weights, pairs);
    const gram = (t: number, u: number) =>
      (found.dots[2 * t + u] as number) / (errors[t] as number);
    const squared = (gram(0, 0) + gram(0, 1) + gram(1, 0) + gram(1, 1)) / 4;
    assert.ok(Math.abs(found.gradientNorm / Math.sqrt(squared) - 1) < 1e-5, `${squared}`);
    assert.ok(Math.abs(gram(0, 1) / gram(1, 0) - 1) < 1e-4);
    for (const t of [0, 1]) {
      const own = (found.stepNorms[t] as number) / (errors[t] as number);
      assert.ok(Math.abs(Math.sqrt(gram(t, t)) / own - 1) < 1e-5, `${own}`);
    }
  });

  it('leave the trainer as it was, to the bit, and its next step too', async () => {
    const [measured, control] = [await trained(), await trained()];
    const before = stateOf(measured);
    await measured.alignments(request);
    assert.deepEqual(stateOf(measured), before);
    const batch = makeBatch(2, { batch: 4, ...size }, 200);
    const options = { learningRate: 1e-3, accumulate: 2 };
    const [one, other] = [await measured.step(batch, options), await control.step(batch, options)];
    assert.deepEqual(one.losses, other.losses);
    assert.deepEqual(stateOf(measured), stateOf(control));
  });

  for (const precision of ['float32', 'bfloat16'] as const) {
    it(`are the same bits with any number of threads in ${precision}`, async () => {
      const [one, ...others] = await Promise.all(
        [1, 2, 3].map(async (threads) =>
          (await trained({ threads, precision })).alignments(request),
        ),
      );
      for (const other of others) assert.deepEqual(other, one);
    });
  }

  it('hardly differ when more or fewer samples run at once', async () => {
    const trainer = await trained();
    const { dots } = await trainer.alignments(request);
    const scale = Math.max(...dots.map(Math.abs));
    for (const other of [1, 3, 7]) {
      const found = await trainer.alignments({ ...request, atOnce: other });
      for (const [i, dot] of found.dots.entries())
        assert.ok(
          Math.abs(dot - (dots[i] as number)) < 1e-4 * scale,
          `${other}: ${dot}, ${dots[i]}`,
        );
    }
  });

  it('take the plain gradient before the first step', async () => {
    const options = {
      weights: initialWeights(spec, 7),
      optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1, weightDecay: 0 },
    };
    const trainer = makeTrainer(spec, options);
    const { stepNorms } = await trainer.alignments(request);
    const length = norm(await gradientOf(trainer.getState('params'), 1));
    assert.ok(Math.abs((stepNorms[1] as number) / length - 1) < 1e-4);
  });

  it('take no memory that was not reserved', async () => {
    const trainer = await trained();
    const shape = { batch: 4, ...size };
    const without = await trainer.reserve(shape, { accumulate: 2 });
    const with3 = await trainer.reserve(shape, { accumulate: 2, alignedTasks: tasks });
    const blocks = (tasks + 1) * trainer.getState('params').length * 4;
    assert.equal(with3 - without, blocks);
  });

  it('refuse samples that do not fit', async () => {
    const trainer = await trained();
    const refused = (options: Partial<typeof request>, message: RegExp) =>
      assert.rejects(trainer.alignments({ ...request, ...options }), { code: 'E_SHAPE', message });
    const [first] = training as [(typeof training)[0]];
    await refused({ training: [] }, /there are no samples to align/);
    await refused({ tasks: 4 }, /task 3 has no training samples/);
    await refused(
      { training: [{ ...first, tasks: Int32Array.of(0, 1) }] },
      /2 tasks for a batch of 5/,
    );
    const small = makeBatch(2, { batch: 2, height: 8, width: 8 }, 1);
    const other = { pairs: small, tasks: Int32Array.of(0, 1) };
    await refused({ probes: [...probes, other] }, /not all of one size/);
    assert.throws(() => trainer.alignments({ ...request, tasks: 2 }), /expected tasks below 2/);
  });

  it('are not finite where a sample is not', async () => {
    const trainer = await trained({ weights: initialWeights(spec, 7).fill(Number.NaN, 0, 1) });
    const { dots } = await trainer.alignments(request);
    assert.ok(!dots.every(Number.isFinite));
  });
});

describe('the losses after a step', () => {
  it('are those of the same batch at the new weights, in any number of parts', async () => {
    const batch = makeBatch(2, { batch: 4, ...size }, 300);
    for (const accumulate of [1, 2]) {
      const [trainer, control] = [await trained(), await trained()];
      const options = { learningRate: 1e-3, accumulate };
      const { losses, lossesAfter } = await trainer.step(batch, { ...options, lossesAfter: true });
      const plain = await control.step(batch, options);
      assert.equal(plain.lossesAfter, undefined);
      assert.deepEqual(losses, plain.losses);
      assert.deepEqual(stateOf(trainer), stateOf(control));
      const measured = await control.measure(batch, { weights: 'params', border: 0 });
      assert.deepEqual(lossesAfter, measured.losses);
      assert.notDeepEqual(lossesAfter, losses);
    }
  });

  it('are not there when the step was skipped', async () => {
    const trainer = makeTrainer(spec, { weights: initialWeights(spec, 7).fill(Number.NaN) });
    const batch = makeBatch(2, { batch: 4, ...size }, 300);
    const result = await trainer.step(batch, { learningRate: 1e-3, lossesAfter: true });
    assert.notEqual(result.nonFinite, null);
    assert.equal(result.lossesAfter, undefined);
  });
});
