/** The comparison that `export` makes must find an ONNX file that is not the network. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelOf } from '../../src/infer/model.ts';
import { compareWithOnnxruntime } from '../../src/infer/onnx-check.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { networkToOnnx } from '../../src/network/onnx.ts';

const onnxruntime = await import('onnxruntime-node').catch(() => undefined);

describe('the comparison of an ONNX file with its network', {
  skip: onnxruntime ? false : 'onnxruntime-node is not installed',
}, () => {
  const network: NetworkConfig = { type: 'srvgg', scale: 2, numFeat: 8, numConv: 1, init: 'he' };
  const spec = buildNetwork(network);
  const values = initialWeights(spec, 1);
  const info = { file: 'none', step: null, weights: 'file', network } as const;
  const model = modelOf({ info, spec, values, metadata: {} }, 1);
  const refused = { code: 'E_ONNX', exitCode: 9 };

  it('passes the right one', async () => {
    const difference = await compareWithOnnxruntime(networkToOnnx(spec, values), model);
    assert.ok(difference !== undefined && difference <= 1e-5, String(difference));
  });

  it('compares files of float16 as well, less strictly', async () => {
    const compare = (weights: Float32Array) =>
      compareWithOnnxruntime(networkToOnnx(spec, weights, {}, 'float16'), model, 'float16');
    const difference = await compare(values);
    assert.ok(difference !== undefined && difference > 1e-6 && difference < 5e-3, `${difference}`);
    const changed = values.map((value, i) => (i === 5 ? value + 0.5 : value));
    await assert.rejects(compare(changed), { ...refused, message: /differs/ });
  });

  it('gives a network that takes even sides even sides', async () => {
    const sizes = { scale: 2, numFeat: 4, numBlock: 1, numGrowCh: 2 };
    const even: NetworkConfig = { type: 'rrdbnet', ...sizes };
    const evenSpec = buildNetwork(even);
    const evenValues = initialWeights(evenSpec, 1);
    const evenInfo = { ...info, network: even };
    const own = modelOf({ info: evenInfo, spec: evenSpec, values: evenValues, metadata: {} }, 1);
    const difference = await compareWithOnnxruntime(networkToOnnx(evenSpec, evenValues), own);
    assert.ok(difference !== undefined && difference <= 1e-5, String(difference));
    own.dispose();
  });

  it('finds one value that is 0.01 off, a value that is no number, and a file that is none', async () => {
    for (const wrong of [0.01, Number.NaN]) {
      const changed = values.slice();
      changed[5] = (changed[5] as number) + wrong;
      const file = networkToOnnx(spec, changed);
      await assert.rejects(compareWithOnnxruntime(file, model), { ...refused, message: /differs/ });
    }
    const cut = networkToOnnx(spec, values).subarray(0, 200);
    await assert.rejects(compareWithOnnxruntime(cut, model), refused);
  });
});
