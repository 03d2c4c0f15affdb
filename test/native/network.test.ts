/** Whole networks: ten steps against PyTorch, forward and gradients against plain loops. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { NativeBatch, NativeTrainer, TrainerOptions } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { elements, type NetworkSpec } from '../../src/network/spec.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { checkNetwork, makeTrainer, randomPoint, type Size, testNative } from './networks.ts';
import { formula, referenceWeights } from './reference-values.ts';

/** One case of test/fixtures/network_reference.py. */
interface ReferenceCase {
  network: NetworkConfig;
  size: Size;
  loss: TrainerOptions['loss'];
  optimizer: TrainerOptions['optimizer'];
  sampleWeights: number[];
  /** Of a network that estimates them. */
  severities?: number[];
  estimateWeight?: number;
  learningRate: number;
  emaDecay: number;
  border: number;
  tensors: { name: string; shape: number[] }[];
  firstGradientNorms: number[];
  steps: { losses: number[]; gradientNorm: number }[];
  weightNorms: number[];
  emaNorms: number[];
  psnrY: number[];
}

const reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/network-reference.json', import.meta.url), 'utf8'),
) as { cases: ReferenceCase[] };

function referenceBatch(size: Size, scale: number): NativeBatch {
  const { batch, height, width } = size;
  const lq = Float32Array.from({ length: batch * 3 * height * width }, (_, i) =>
    formula(1_000_000 + i),
  );
  const gt = Float32Array.from({ length: lq.length * scale ** 2 }, (_, i) => {
    const x = Math.floor((i % (width * scale)) / scale);
    const y = Math.floor((Math.floor(i / (width * scale)) % (height * scale)) / scale);
    const plane = Math.floor(i / (width * height * scale ** 2));
    return 0.5 * (lq[(plane * height + y) * width + x] as number) + 0.5 * formula(2_000_000 + i);
  });
  return testNative._makeBatch(lq, gt, { ...size, scale });
}

function assertClose(actual: number, expected: number, relative: number, what: string): void {
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-6);
  assert.ok(error <= relative, `${what}: ${actual}, expected ${expected}, off by ${error}`);
}

/** Euclidean norm of every tensor of a block. */
function norms(trainer: NativeTrainer, block: Float32Array): number[] {
  return trainer.tensors().map(({ shape, offset }) => {
    const tensor = block.subarray(offset, offset + elements(shape));
    return Math.sqrt(tensor.reduce((sum, value) => sum + value * value, 0));
  });
}

describe('ten training steps equal PyTorch in float64', () => {
  for (const test of reference.cases) {
    const { type, scale } = test.network;
    const { conditioning } = test.network as { conditioning?: object };
    const what = `${type} x${scale}, ${test.loss.type}${conditioning ? ', conditioned' : ''}`;
    it(what, async () => {
      const spec = buildNetwork(test.network);
      assert.deepEqual(
        spec.parameters.map(({ name, shape }) => ({ name, shape })),
        test.tensors,
      );
      const trainer = makeTrainer(spec, {
        loss: test.loss,
        optimizer: test.optimizer,
        emaDecay: test.emaDecay,
        ...estimateOf(test),
        weights: referenceWeights(spec),
      });
      const batch = referenceBatch(test.size, scale);
      const sampleWeights = Float32Array.from(test.sampleWeights);
      for (const [index, expected] of test.steps.entries()) {
        const options = { learningRate: test.learningRate, sampleWeights, ...truthOf(test) };
        const result = await trainer.step(batch, options);
        assert.equal(result.nonFinite, null);
        for (const [sample, loss] of result.losses.entries()) {
          assertClose(
            loss,
            expected.losses[sample] as number,
            1e-6,
            `step ${index} sample ${sample}`,
          );
        }
        assertClose(result.gradientNorm, expected.gradientNorm, 1e-5, `gradient of step ${index}`);
      }
      const m = await firstMoments(test, spec, batch);
      for (const [i, norm] of norms(trainer, m).entries()) {
        const expected = (test.firstGradientNorms[i] as number) * (1 - test.optimizer.beta1);
        assertClose(norm, expected, 1e-5, `first gradient of ${spec.parameters[i]?.name}`);
      }
      for (const [block, expected] of [
        ['params', test.weightNorms],
        ['ema', test.emaNorms],
      ] as const) {
        for (const [i, norm] of norms(trainer, trainer.getState(block)).entries()) {
          assertClose(norm, expected[i] as number, 1e-5, `${block} ${spec.parameters[i]?.name}`);
        }
      }
      const scores = await trainer.measure(batch, { weights: 'params', border: test.border });
      for (const [sample, psnr] of scores.psnrY.entries()) {
        assert.ok(Math.abs(psnr - (test.psnrY[sample] as number)) < 2e-3, `${psnr}`);
      }
    });
  }
});

const estimateOf = ({ estimateWeight }: ReferenceCase) =>
  estimateWeight === undefined ? {} : { estimateWeight };

const truthOf = ({ severities }: ReferenceCase) =>
  severities ? { severities: Float32Array.from(severities) } : {};

async function firstMoments(
  test: ReferenceCase,
  spec: NetworkSpec,
  batch: NativeBatch,
): Promise<Float32Array> {
  const { loss, optimizer, learningRate } = test;
  const weights = referenceWeights(spec);
  const trainer = makeTrainer(spec, { loss, optimizer, weights, ...estimateOf(test) });
  const sampleWeights = Float32Array.from(test.sampleWeights);
  await trainer.step(batch, { learningRate, sampleWeights, ...truthOf(test) });
  return trainer.getState('m');
}

describe('a discriminator equals plain loops, and its gradients finite differences', () => {
  it('U-Net with spectral norm', async () => {
    const spec = unetDiscriminator({ numFeat: 3 });
    const point = randomPoint(spec, { batch: 2, height: 8, width: 16 }, 3);
    await checkNetwork(spec, { ...point, parameters: referenceWeights(spec) });
  });
});

const conditioning = { filters: 4, hidden: 5 };
const estimating = { ...conditioning, severities: ['bottleneck', 'noise'] };

describe('whole networks equal plain loops, and their gradients finite differences', () => {
  const networks: NetworkConfig[] = [
    { type: 'srvgg', scale: 2, numFeat: 12, numConv: 2, activation: 'prelu' },
    { type: 'srvgg', scale: 3, numFeat: 6, numConv: 1, activation: 'relu' },
    { type: 'srvgg', scale: 1, numFeat: 6, numConv: 1, activation: 'leakyrelu' },
    { type: 'msrresnet', scale: 4, numFeat: 8, numBlock: 2 },
    { type: 'msrresnet', scale: 2, numFeat: 8, numBlock: 1 },
    { type: 'srvgg', scale: 2, numFeat: 6, numConv: 2, conditioning },
    {
      type: 'srvgg',
      scale: 2,
      numFeat: 6,
      numConv: 1,
      activation: 'relu',
      conditioning: estimating,
    },
    { type: 'msrresnet', scale: 2, numFeat: 6, numBlock: 2, conditioning: estimating },
    { type: 'rrdbnet', scale: 4, numFeat: 6, numBlock: 1, numGrowCh: 3 },
    { type: 'rrdbnet', scale: 2, numFeat: 5, numBlock: 1, numGrowCh: 4 },
    { type: 'rrdbnet', scale: 1, numFeat: 4, numBlock: 1, numGrowCh: 2 },
    { type: 'edsr', scale: 4, numFeat: 6, numBlock: 1, resScale: 0.1 },
    { type: 'edsr', scale: 3, numFeat: 4, numBlock: 2, imgRange: 1 },
  ];
  for (const network of networks) {
    it(`${network.type} x${network.scale}`, async () => {
      const spec = buildNetwork(network);
      const unit = network.type === 'rrdbnet' ? 4 / network.scale : 1;
      const size = {
        batch: 2,
        height: (unit > 1 ? 3 : 6) * unit,
        width: (unit > 1 ? 2 : 5) * unit,
      };
      const point = randomPoint(spec, size, 3);
      await checkNetwork(spec, { ...point, parameters: referenceWeights(spec) });
    });
  }
});
