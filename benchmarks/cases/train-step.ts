import assert from 'node:assert/strict';
import { packRecipes } from '../../src/degradation/pack.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { native } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import type { BenchmarkCase, PreparedCase } from '../case.ts';
import { macsPerPixel } from '../macs.ts';

interface StepShape {
  batch: number;
  lqSize: number;
}

const scale = 4;

function stepCase(name: string, config: NetworkConfig, shape: StepShape): BenchmarkCase {
  const { batch, lqSize } = shape;
  const work = `forward, loss, backward, Adam, EMA on ${batch} x ${lqSize} x ${lqSize} lq`;
  return { name, work, prepare: () => prepare(config, shape) };
}

async function prepare(config: NetworkConfig, { batch, lqSize }: StepShape): Promise<PreparedCase> {
  const { threads } = native.info();
  const spec = buildNetwork(config);
  const trainer = native.createTrainer({
    spec: JSON.stringify(spec),
    device: 'cpu',
    threads,
    loss: { type: 'l1', epsilon: 1e-3 },
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
    emaDecay: 0.999,
    weights: initialWeights(spec, 1),
  });
  const side = lqSize * scale;
  const gt = Float32Array.from(
    { length: batch * 3 * side * side },
    (_, i) => 0.5 + 0.4 * Math.sin((i % side) / 5) * Math.cos(Math.floor(i / side) / 7),
  );
  const recipes = Array.from({ length: batch }, (_, index) =>
    sampleRecipe(realEsrganSpace, { seed: 1, index, scale }),
  );
  const pairs = await native.synthesizeFrom(
    gt,
    { batch, height: side, width: side },
    packRecipes(recipes),
    { usm: false, threads },
  );
  const step = () => trainer.step(pairs, { learningRate: 1e-4 });

  return {
    unit: 'ms/step',
    images: batch,
    gflop: 3 * 2 * macsPerPixel(config) * batch * lqSize * lqSize * 1e-9,
    async check() {
      const mean = (losses: Float64Array) => losses.reduce((a, b) => a + b, 0) / losses.length;
      const first = mean((await step()).losses);
      let last = first;
      for (let i = 0; i < 20; i++) last = mean((await step()).losses);
      assert.ok(last < first, `20 steps on one batch lower its loss: ${first} to ${last}`);
    },
    async once() {
      const start = performance.now();
      await step();
      return performance.now() - start;
    },
  };
}

const srvgg = (numFeat: number, numConv: number): NetworkConfig => ({
  type: 'srvgg',
  scale,
  numFeat,
  numConv,
  activation: 'prelu',
  init: 'he',
});

export const trainStepCases: BenchmarkCase[] = [
  stepCase('train-step/srvgg-24x8', srvgg(24, 8), { batch: 16, lqSize: 32 }),
  stepCase('train-step/srvgg-64x16', srvgg(64, 16), { batch: 4, lqSize: 48 }),
  stepCase(
    'train-step/msrresnet',
    { type: 'msrresnet', scale, numFeat: 64, numBlock: 16, init: 'reference' },
    { batch: 2, lqSize: 48 },
  ),
];
