/** Alignments of tasks' gradients against PyTorch in double precision. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Alignments } from '../../src/native.ts';
import { buildNetwork } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { elements } from '../../src/network/spec.ts';
import { makeTrainer, testNative, uniforms } from '../native/networks.ts';
import { pythonWith } from '../python.ts';

const python = pythonWith('torch');
const script = fileURLToPath(new URL('../../../test/parity/alignments_torch.py', import.meta.url));

const scale = 2;
const tasks = 3;
const size = { height: 9, width: 11 };
const optimizer = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 };

/** Noise as pairs of these tasks, natively and as plain numbers. */
function samples(ids: readonly number[], seed: number) {
  const shape = { batch: ids.length, ...size };
  const pixels = 3 * size.height * size.width;
  const lq = uniforms(ids.length * pixels, seed);
  const gt = uniforms(ids.length * pixels * scale ** 2, seed + 1);
  const image = (values: Float32Array, sample: number, factor: number) => {
    const length = pixels * factor ** 2;
    return {
      values: Array.from(values.subarray(sample * length, (sample + 1) * length)),
      shape: [3, factor * size.height, factor * size.width],
    };
  };
  const pairs = testNative._makeBatch(lq, gt, { ...shape, scale });
  const plain = ids.map((task, i) => ({ task, lq: image(lq, i, 1), gt: image(gt, i, scale) }));
  return { native: [{ pairs, tasks: Int32Array.from(ids) }], plain };
}

describe('alignments and PyTorch', { skip: python.skip }, () => {
  it('agree in every product and length', async () => {
    const spec = buildNetwork({ type: 'srvgg', scale, numFeat: 16, numConv: 2, init: 'he' });
    const trainer = makeTrainer(spec, { weights: initialWeights(spec, 5), optimizer });
    for (let step = 0; step < 3; step++) {
      const [batch] = samples([0, 0, 0, 0], 40 + 2 * step).native;
      assert.ok(batch);
      await trainer.step(batch.pairs, { learningRate: 1e-3 });
    }
    const training = samples([0, 1, 2, 2, 0, 1, 1], 1);
    const probes = samples([2, 2, 0, 1, 1], 3);
    const request = { training: training.native, probes: probes.native, tasks, atOnce: 2 };
    const found = await trainer.alignments(request);
    const params = trainer.getState('params');
    const weights = trainer.tensors().map(({ shape, offset }) => ({
      values: Array.from(params.subarray(offset, offset + elements(shape))),
      shape,
    }));
    const { beta2, epsilon } = optimizer;
    const input = JSON.stringify({
      ...{
        weights,
        v: Array.from(trainer.getState('v')),
        steps: trainer.stepCount,
        beta2,
        epsilon,
      },
      ...{ scale, tasks, training: training.plain, probes: probes.plain },
    });
    const { stdout, stderr, status } = spawnSync(python.path, [script], { input });
    assert.equal(status, 0, stderr.toString());
    const expected = JSON.parse(stdout.toString()) as Record<keyof Alignments, number[] & number>;
    const largest = Math.max(...expected.dots.map(Math.abs));
    for (const [i, dot] of expected.dots.entries())
      assert.ok(
        Math.abs((found.dots[i] as number) - dot) < 1e-3 * largest,
        `${i}: ${found.dots[i]}, ${dot}`,
      );
    for (const [i, length] of expected.stepNorms.entries())
      assert.ok(Math.abs((found.stepNorms[i] as number) / length - 1) < 1e-3, `${i}: ${length}`);
    assert.ok(Math.abs(found.gradientNorm / expected.gradientNorm - 1) < 1e-4);
  });
});
