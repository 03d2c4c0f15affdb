/** The native forward pass against onnxruntime on the ONNX file of the same network. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { networkToOnnx } from '../../src/network/onnx.ts';
import type { NetworkSpec } from '../../src/network/spec.ts';
import { makeTrainer, uniforms } from '../native/networks.ts';

const onnxruntime = await import('onnxruntime-node').catch(() => undefined);

const plain = { filters: 16, hidden: 32 };
/** The estimates are no part of the file. */
const estimating = { ...plain, severities: ['bottleneck', 'noise'] };

const networks: NetworkConfig[] = [
  { type: 'srvgg', scale: 4, numFeat: 64, numConv: 4, activation: 'prelu', init: 'he' },
  { type: 'srvgg', scale: 3, numFeat: 24, numConv: 2, activation: 'leakyrelu', init: 'he' },
  { type: 'srvgg', scale: 1, numFeat: 5, numConv: 1, activation: 'relu', init: 'he' },
  { type: 'msrresnet', scale: 4, numFeat: 64, numBlock: 2, init: 'he' },
  { type: 'msrresnet', scale: 3, numFeat: 16, numBlock: 1, init: 'he' },
  { type: 'msrresnet', scale: 2, numFeat: 24, numBlock: 1, init: 'he' },
  { type: 'srvgg', scale: 4, numFeat: 24, numConv: 2, init: 'he', conditioning: estimating },
  { type: 'msrresnet', scale: 2, numFeat: 16, numBlock: 2, init: 'he', conditioning: plain },
  { type: 'rrdbnet', scale: 4, numFeat: 16, numBlock: 2, numGrowCh: 8 },
  { type: 'rrdbnet', scale: 2, numFeat: 8, numBlock: 1, numGrowCh: 5 },
  { type: 'rrdbnet', scale: 1, numFeat: 8, numBlock: 1, numGrowCh: 4 },
  { type: 'rrdbnet', scale: 2, numFeat: 8, numBlock: 1, numGrowCh: 4, unshuffle: false },
  { type: 'edsr', scale: 4, numFeat: 16, numBlock: 2, resScale: 0.1 },
  { type: 'edsr', scale: 3, numFeat: 8, numBlock: 1, imgRange: 1, rgbMean: [0.1, 0.2, 0.3] },
];

const sizes = [
  { batch: 1, height: 16, width: 16 },
  { batch: 3, height: 9, width: 21 },
  { batch: 2, height: 1, width: 2 },
];

/** Biases and slopes that are not their first values, which would hide mistakes. */
function weightsOf(spec: NetworkSpec): Float32Array {
  const noise = uniforms(initialWeights(spec, 1).length, 2, -0.02, 0.02);
  return initialWeights(spec, 1).map((value, i) => value + (noise[i] as number));
}

describe('native forward equals onnxruntime', {
  skip: onnxruntime ? false : 'onnxruntime-node is not installed',
}, () => {
  for (const network of networks) {
    it(`${network.type} x${network.scale} ${network.numFeat} channels`, async () => {
      const { InferenceSession, Tensor } = onnxruntime ?? assert.fail();
      const spec = buildNetwork(network);
      const weights = weightsOf(spec);
      const trainer = makeTrainer(spec, { weights });
      const session = await InferenceSession.create(networkToOnnx(spec, weights));
      assert.deepEqual(session.inputNames, ['input']);
      const unit = network.type === 'rrdbnet' ? 4 / network.scale : 1;
      for (const { batch, height: rows, width: columns } of sizes) {
        const size = { batch, height: rows * unit, width: columns * unit };
        const { height, width } = size;
        const lq = uniforms(batch * 3 * height * width, 3);
        const native = await trainer.forward(lq, size, 'params');
        const { output } = await session.run({
          input: new Tensor('float32', lq, [batch, 3, height, width]),
        });
        assert.deepEqual(output?.dims, [batch, 3, height * network.scale, width * network.scale]);
        const peer = output?.data as Float32Array;
        const spread = Math.max(...peer) - Math.min(...peer);
        assert.ok(spread > 0.05, `the output varies: ${spread}`);
        const error = native.reduce(
          (most, v, i) => Math.max(most, Math.abs(v - (peer[i] as number))),
          0,
        );
        assert.ok(error <= 3e-4 * spread, `largest difference ${error} at ${JSON.stringify(size)}`);
      }
      trainer.dispose();
      await session.release();
    });
  }
});
