/** Published networks, read from ncnn files, on a photograph: native, onnxruntime and PyTorch agree. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { onnxOf } from '../../src/infer/export.ts';
import { modelOf } from '../../src/infer/model.ts';
import { readWeights } from '../../src/infer/weights.ts';
import { fromHalves, toHalves } from '../../src/network/half.ts';
import { parameterCount } from '../../src/network/spec.ts';
import { pretrained } from '../pretrained.ts';
import { pythonWith } from '../python.ts';

const networks = pretrained();
const python = pythonWith('torch', 'numpy');
const onnxruntime = await import('onnxruntime-node').catch(() => undefined);
const root = fileURLToPath(new URL('../../..', import.meta.url));

const cases = [
  {
    name: 'realesrgan-x4plus',
    network: { type: 'rrdbnet', scale: 4, numFeat: 64, numBlock: 23, numGrowCh: 32 },
    parameters: 16_697_987,
  },
  {
    name: 'realesrgan-x4fast',
    network: { type: 'srvgg', scale: 4, numFeat: 64, numConv: 32, activation: 'prelu' },
    parameters: 1_213_296,
  },
] as const;

const size = { width: 72, height: 56 };
const tolerance = 1e-3;

/** A piece of a photograph: the ground truth on the picture of the demo. */
async function photograph(): Promise<Float32Array> {
  const region = { left: 1010, top: 380, ...size };
  const { data } = await sharp(join(root, 'docs/images/demo-upscaled.webp'))
    .extract(region)
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixels = size.width * size.height;
  return Float32Array.from(
    { length: 3 * pixels },
    (_, i) => (data[3 * (i % pixels) + Math.floor(i / pixels)] as number) / 255,
  );
}

function difference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

describe('published networks on a photograph', { skip: networks.skip }, () => {
  let folder: string;
  let lq: Float32Array;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-pretrained-'));
    lq = await photograph();
    writeFileSync(join(folder, 'lq.f32'), lq);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const { name, network, parameters } of cases)
    describe(name, () => {
      let native: Float32Array;
      const weights = () =>
        readWeights(networks.param(name), 'ema', (code, text) => assert.fail(`${code} ${text}`));

      before(async () => {
        const model = modelOf(await weights(), 2);
        native = await model.forward(lq, { batch: 1, ...size });
        model.dispose();
      });

      it('is recognised, and makes a picture like the one that it got', async () => {
        const { info, spec } = await weights();
        assert.deepEqual(info.network, network);
        assert.equal(parameterCount(spec), parameters);
        const mean = (values: Float32Array) => values.reduce((a, b) => a + b) / values.length;
        assert.ok(Math.abs(mean(native) - mean(lq)) < 0.03, `${mean(native)} and ${mean(lq)}`);
      });

      it('gives what PyTorch makes of the layers of the file', { skip: python.skip }, () => {
        const [from, to] = ['lq.f32', 'sr.f32'].map((file) => join(folder, file)) as [
          string,
          string,
        ];
        const script = join(root, 'test/parity/ncnn_torch.py');
        const sides = [String(size.height), String(size.width)];
        execFileSync(python.path, [script, from, ...sides, to, networks.param(name)], {
          stdio: 'pipe',
        });
        const bytes = Uint8Array.from(readFileSync(to));
        const largest = difference(native, new Float32Array(bytes.buffer));
        assert.ok(largest <= tolerance, `largest difference ${largest}`);
      });

      // onnxruntime takes half a minute to prepare the large network's float16 for a CPU.
      for (const [precision, most] of (
        [
          ['float32', tolerance],
          ['float16', 2e-2],
        ] as const
      ).slice(0, network.type === 'srvgg' ? 2 : 1))
        it(`gives the same as ONNX of ${precision}`, {
          skip: onnxruntime ? false : 'onnxruntime-node is not installed',
        }, async () => {
          const { InferenceSession, Tensor } = onnxruntime ?? assert.fail();
          const session = await InferenceSession.create(onnxOf(await weights(), {}, precision));
          const dims = [1, 3, size.height, size.width];
          const input =
            precision === 'float32'
              ? new Tensor('float32', lq, dims)
              : new Tensor('float16', toHalves(lq), dims);
          const { output } = await session.run({ input });
          await session.release();
          const { buffer, byteOffset } = (output as { data: unknown }).data as Float32Array;
          const count = native.length;
          const found =
            precision === 'float32'
              ? new Float32Array(buffer as ArrayBuffer, byteOffset, count)
              : fromHalves(new Uint16Array(buffer, byteOffset, count));
          const largest = difference(native, found);
          assert.ok(largest <= most, `largest difference ${largest}`);
        });
    });
});
