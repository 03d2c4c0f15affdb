/** The loop of ARCHITECTURE.md, written by a user of the library: nothing but the package's exports. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import * as evensr from '../../src/index.ts';
import { testImage } from './images.ts';

const side = 48;
const batchSize = 4;

it('the public API trains a network balanced, and writes it as ONNX', async () => {
  const { Balancer, buildNetwork, initialWeights, native } = evensr;
  const space = evensr.defineSpace({ final: { sincProbability: 0.5 } });
  const tasks = evensr.defineTasks(space, { noise: [8] }, { samples: 2000 });
  const references = Object.fromEntries(tasks.map(({ id }, i) => [id, 20 + 5 * i]));
  const config = { rule: 'quota', references, warmup: 2, every: 1 };
  const balancer = new Balancer(tasks, { config, seed: 1, batchSize });
  const network = { type: 'srvgg', scale: 4, numFeat: 8, numConv: 1, init: 'he' } as const;
  const spec = buildNetwork(network);
  const trainer = native.createTrainer({
    spec: JSON.stringify(spec),
    device: 'cpu',
    threads: 1,
    loss: { type: 'l1', epsilon: 1e-3 },
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
    emaDecay: 0.999,
    weights: initialWeights(spec, 1),
  });
  const gt = new Float32Array(3 * side * side * batchSize);
  for (let i = 0; i < batchSize; i++) gt.set(testImage(side, side, i), 3 * side * side * i);
  for (let step = 1; step <= 4; step++) {
    const taskIds = balancer.next(step - 1);
    const recipes = taskIds.map((id, i) => {
      const task = tasks.find((one) => one.id === id) as evensr.Task;
      return evensr.sampleRecipe(space, { seed: 1, index: step * batchSize + i, scale: 4, task });
    });
    for (const [i, recipe] of recipes.entries())
      assert.equal(evensr.taskOf(recipe, tasks).id, taskIds[i]);
    const shape = { batch: batchSize, height: side, width: side };
    const packed = evensr.packRecipes(recipes);
    const batch = await native.synthesizeFrom(gt, shape, packed, { usm: false, threads: 1 });
    const { losses, nonFinite } = await trainer.step(batch, { learningRate: 1e-3 });
    assert.equal(nonFinite, null);
    balancer.record(taskIds, losses);
    const probes = Object.fromEntries(tasks.map(({ id }) => [id, 19.9]));
    if (balancer.isDue(step)) balancer.update(step, probes);
  }
  const moved = balancer.status().filter(({ share, anchor }) => Math.abs(share - anchor) > 0.01);
  assert.equal(moved.length, tasks.length, 'quotas followed the gaps to the references');
  assert.equal(trainer.stepCount, 4);
  const onnx = evensr.networkToOnnx(spec, trainer.getState('ema'));
  assert.ok(onnx.length > 4 * evensr.parameterCount(spec));
});

it('the package name leads to the same exports', async () => {
  const root = new URL('../../../package.json', import.meta.url);
  const { name } = JSON.parse(readFileSync(root, 'utf8')) as { name: string };
  assert.deepEqual(Object.keys(await import(name)), Object.keys(evensr));
});
