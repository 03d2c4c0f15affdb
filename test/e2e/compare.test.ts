import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { safetensorsOf } from '../../src/infer/export.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { repeater } from '../onnx-models.ts';
import { Workbench } from './train-kit.ts';

const network: NetworkConfig = { type: 'srvgg', scale: 2, numFeat: 4, numConv: 1 };

interface Document {
  crops: {
    left: number;
    top: number;
    side: number;
    results: { label: string; psnrY: unknown }[];
  }[];
}

describe('evensr compare', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    const spec = buildNetwork(network);
    const info = { file: 'test', step: null, weights: 'file' as const, network };
    const weights = { info, spec, values: initialWeights(spec, 3), metadata: {} };
    writeFileSync(place.path('2x-tiny.safetensors'), Buffer.concat(safetensorsOf(weights, {})));
    writeFileSync(place.path('repeat.onnx'), repeater({ scale: 2 }));
    const pixels = Uint8Array.from({ length: 3 * 200 * 140 }, (_, i) => (i * i * 7 + i) % 251);
    const gt = sharp(pixels, { raw: { width: 200, height: 140, channels: 3 } }).png();
    await gt.toFile(place.path('gt.png'));
    await sharp(place.path('gt.png')).resize(100, 70).png().toFile(place.path('lq.png'));
    // What repeats every pixel of it is exactly this.
    await sharp(place.path('lq.png'))
      .resize(200, 140, { kernel: 'nearest' })
      .png()
      .toFile(place.path('repeated.png'));
  });
  after(() => place.remove());

  const models = '2x-tiny.safetensors,repeat.onnx';

  it('draws one sheet of bicubic, every model and the ground truth, with their PSNR', async () => {
    const { code, stdout, stderr } = await place.run(
      ...['compare', '-i', 'lq.png', '-m', models, '--gt', 'repeated.png', '--json'],
      ...['-o', 'sheets/one.png', '--crops', '2', '--size', '24'],
    );
    assert.equal(code, 0, stderr);
    const { crops } = JSON.parse(stdout) as Document;
    assert.equal(crops.length, 2);
    for (const { side, results } of crops) {
      assert.equal(side, 24);
      assert.deepEqual(
        results.map(({ label }) => label),
        ['bicubic', '2x-tiny', 'repeat'],
      );
      const [bicubic, tiny, repeat] = results.map(({ psnrY }) => psnrY);
      assert.ok(Number(bicubic) > 5 && Number(tiny) > 0);
      assert.equal(repeat, 'identical');
    }
    const { width = 0, height = 0 } = await sharp(place.path('sheets/one.png')).metadata();
    assert.ok(width > 5 * 48 && height > 2 * 48);
  });

  it('shows what it has without a ground truth, and says what is wrong', async () => {
    const plain = await place.run(
      'compare',
      '-i',
      'lq.png',
      '-m',
      models,
      '-o',
      'two.png',
      '--json',
    );
    assert.equal(plain.code, 0, plain.stderr);
    const { crops } = JSON.parse(plain.stdout) as Document;
    assert.ok(crops[0]?.results.every(({ psnrY }) => psnrY === null));
    const wrong: [string[], number, RegExp][] = [
      [['-m', models, '-o', 'two.png'], 2, /E_EXISTS/],
      [['-m', models, '-o', 'two.jpg'], 2, /E_USAGE/],
      [['-m', models, '--gt', 'lq.png', '-o', '3.png'], 2, /E_PAIR: .* not exactly x2/],
      [['-m', 'absent', '-o', '3.png'], 9, /E_MODEL/],
      [['-m', models, '-i', 'absent.png', '-o', '3.png'], 3, /absent.png/],
      [['-m', models, '-i', 'repeat.onnx', '-o', '3.png'], 3, /E_IMG_FORMAT/],
    ];
    for (const [args, code, message] of wrong) {
      const result = await place.run('compare', '-i', 'lq.png', ...args);
      assert.equal(result.code, code, result.stderr);
      assert.match(result.stderr, message);
    }
    assert.equal(existsSync(place.path('3.png')), false);
  });

  it('says what to do when onnxruntime is not installed', async () => {
    // The package by another name, which nobody has: Node's own error, in the worker too.
    const hook = `export const resolve = (name, context, next) =>
      next(name === 'onnxruntime-node' ? 'onnxruntime-node-that-is-not-there' : name, context);`;
    const url = (text: string) => `data:text/javascript,${encodeURIComponent(text)}`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(url(hook))});`;
    place.env.NODE_OPTIONS = `--import=${url(register)}`;
    try {
      const result = await place.run('compare', '-i', 'lq.png', '-m', 'repeat.onnx', '-o', '4.png');
      assert.equal(result.code, 2, result.stderr);
      assert.match(result.stderr, /E_ENGINE: onnxruntime-node is not installed - npm install/);
      const native = await place.run(
        ...['compare', '-i', 'lq.png', '-m', '2x-tiny.safetensors', '-o', '4.png'],
      );
      assert.equal(native.code, 0, native.stderr);
    } finally {
      delete place.env.NODE_OPTIONS;
    }
  });
});
