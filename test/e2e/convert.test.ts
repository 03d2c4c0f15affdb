import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { readWeights } from '../../src/infer/weights.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { encodeTorch } from '../../src/network/files/torch-write.ts';
import { initialWeights } from '../../src/network/init.ts';
import { encodeSafetensors, type Tensor } from '../../src/network/safetensors.ts';
import { elements } from '../../src/network/spec.ts';
import { ncnnFiles } from '../ncnn-file.ts';
import { pythonWith } from '../python.ts';
import { Workbench } from './train-kit.ts';

const network: NetworkConfig = {
  ...{ type: 'rrdbnet', scale: 4, numFeat: 8, numBlock: 1, numGrowCh: 4 },
};
const spec = buildNetwork(network);
const values = initialWeights(spec, 1);

/** The network's tensors, their values times `factor`. */
function tensorsOf(factor: number): Tensor[] {
  let offset = 0;
  return spec.parameters.map(({ name, shape }) => {
    const data = values.slice(offset, offset + elements(shape)).map((value) => factor * value);
    offset += data.length;
    return { name, shape, data };
  });
}

const legacy = (name: string) =>
  name
    .replace(/^body\.(\d+)\.rdb/, 'RRDB_trunk.$1.RDB')
    .replace('conv_body', 'trunk_conv')
    .replace('conv_up', 'upconv')
    .replace('conv_hr', 'HRconv');

const python = pythonWith('torch', 'onnx', 'onnxruntime', 'numpy');

describe('evensr convert and model inspect', () => {
  let place: Workbench;
  const convert = (...args: string[]) => place.run('convert', ...args);
  const read = async (name: string, set: 'ema' | 'params' = 'ema') =>
    await readWeights(place.path(name), set, (code, text) => assert.fail(`${code} ${text}`));

  before(async () => {
    place = await Workbench.create();
    const { param, bin } = ncnnFiles(spec, values, false);
    writeFileSync(place.path('peer.param'), param);
    writeFileSync(place.path('peer.bin'), bin);
  });
  after(() => place.remove());

  it('goes from ncnn to .pth to safetensors with nothing changed, and says what it found', async () => {
    const first = await convert('peer.param', 'models/4x-peer.pth');
    assert.equal(first.code, 0, first.stderr);
    assert.match(
      first.stdout,
      /^peer\.param {2}ncnn\n {2}RRDBNet x4, num_feat 8, num_block 1, num/,
    );
    assert.match(first.stdout, /\nmodels\/4x-peer\.pth {2}\d+ kB\n$/);
    const second = await convert('models/4x-peer.pth', '4x-peer.safetensors', '--json');
    assert.equal(second.code, 0, second.stderr);
    const said = JSON.parse(second.stdout) as Record<string, Record<string, unknown>>;
    assert.deepEqual(said.network, network);
    const { format, wrapper, style } = said.from as Record<string, unknown>;
    assert.deepEqual([format, wrapper, style], ['PyTorch', 'params', 'BasicSR']);
    for (const name of ['peer.bin', 'models/4x-peer.pth', '4x-peer.safetensors'])
      assert.deepEqual((await read(name)).values, values, name);
  });

  it('keeps what shapes cannot tell, through a .pth file too', async () => {
    const leaky: NetworkConfig = {
      ...{ type: 'srvgg', scale: 2, numFeat: 4, numConv: 1, activation: 'leakyrelu' },
    };
    const own = buildNetwork(leaky);
    const { param, bin } = ncnnFiles(own, initialWeights(own, 3), true);
    writeFileSync(place.path('leaky.param'), param);
    writeFileSync(place.path('leaky.bin'), bin);
    for (const [from, to] of [
      ['leaky.param', 'leaky.pth'],
      ['leaky.pth', 'leaky.safetensors'],
    ] as const)
      assert.equal((await convert(from, to)).code, 0);
    assert.deepEqual((await read('leaky.safetensors')).info.network, leaky);
  });

  it('takes the moving average or the weights, whichever is asked for and there', async () => {
    const entries = Object.entries({ params_ema: 1, params: 2 } as const);
    for (const [wrapper, factor] of entries)
      writeFileSync(
        place.path(`${wrapper}.pth`),
        Buffer.concat(
          encodeTorch(tensorsOf(factor), { wrapper: wrapper as 'params', metadata: {} }),
        ),
      );
    const ema = await read('params_ema.pth', 'params');
    assert.deepEqual([ema.info.weights, ema.origin?.wrapper], ['ema', 'params_ema']);
    const raw = await read('params.pth', 'ema');
    assert.equal(raw.info.weights, 'params');
    assert.deepEqual(
      raw.values,
      values.map((value) => 2 * value),
    );
  });

  it('writes a .pth file that PyTorch reads and ONNX that its checker and onnxruntime pass', {
    skip: python.skip,
  }, async () => {
    for (const args of [['4x-a.pth'], ['4x-a.onnx'], ['4x-half.onnx', '--fp16']]) {
      const { code, stderr } = await convert('peer.param', ...args);
      assert.equal(code, 0, stderr);
    }
    const script = `
import numpy as np, onnx, onnxruntime, torch
state = torch.load('4x-a.pth', weights_only=True)['params']
model = onnx.load('4x-a.onnx')
for initializer in model.graph.initializer:
    if initializer.name in state:
        assert (onnx.numpy_helper.to_array(initializer) == state.pop(initializer.name).numpy()).all()
assert not state, list(state)
x = np.random.default_rng(0).random((2, 3, 12, 20), np.float32)
def run(path, kind):
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    y, = session.run(None, {'input': x.astype(kind)})
    assert y.dtype == kind and y.shape == (2, 3, 48, 80), (y.dtype, y.shape)
    return y.astype(np.float32)
full, half = run('4x-a.onnx', np.float32), run('4x-half.onnx', np.float16)
assert 0 < abs(full - half).max() < 5e-3, abs(full - half).max()
`;
    execFileSync(python.path, ['-c', script], { cwd: place.root, stdio: 'pipe' });
  });

  it('upscales a picture with every format, with the same result', async () => {
    const old = tensorsOf(1).map((tensor) => ({ ...tensor, name: legacy(tensor.name) }));
    writeFileSync(place.path('old.safetensors'), Buffer.concat(encodeSafetensors(old)));
    const pictures: Buffer[] = [];
    for (const model of ['peer.param', 'peer.bin', 'models/4x-peer.pth', 'old.safetensors']) {
      const out = `out-${pictures.length}`;
      const result = await place.run('upscale', '-i', 'photos/0.png', '-o', out, '-m', model);
      assert.equal(result.code, 0, result.stderr);
      pictures.push(readFileSync(place.path(`${out}/0.png`)));
    }
    for (const picture of pictures) assert.deepEqual(picture, pictures[0]);
  });

  it('inspects: sizes, parameters, work, reach and memory', async () => {
    const { code, stdout, stderr } = await place.run(
      ...['model', 'inspect', 'old.safetensors', '--size', '100x50', '--json'],
    );
    assert.equal(code, 0, stderr);
    const {
      network: found,
      style,
      parameters,
      picture,
      ...rest
    } = JSON.parse(stdout) as Record<string, unknown> & { macsPerPixel: number };
    assert.deepEqual([found, style, parameters], [network, 'ESRGAN and KAIR', values.length]);
    // By hand: first 3 -> 8, three dense blocks of 8, 12, 16, 20 -> 4 and 24 -> 8, body; then 4 x and 16 x.
    const dense = 3 * (4 * (8 + 12 + 16 + 20) + 8 * 24);
    const macs = 9 * (24 + dense + 64 + 4 * 64 + 16 * (64 + 64 + 24));
    assert.equal(rest.macsPerPixel, macs);
    const { activationBytesPerPixel: bytes } = rest as unknown as {
      activationBytesPerPixel: number;
    };
    assert.deepEqual(picture, {
      ...{ width: 100, height: 50, macs: 5000 * macs, activationBytes: 5000 * bytes },
      ...{ tileSide: 384, tileActivationBytes: 5000 * bytes },
    });
    const text = await place.run('model', 'inspect', 'peer.param', '--size', '100x50');
    assert.match(text.stdout, /^found as +ncnn$/m);
    assert.match(text.stdout, /^100 x 50 +becomes 400 x 200: .* of activations/m);
  });

  it('shows both sides where tensors do not fit', async () => {
    const wrong = tensorsOf(1)
      .filter(({ name }) => name !== 'conv_hr.bias')
      .map((tensor) => (tensor.name === 'conv_last.bias' ? { ...tensor, shape: [1, 3] } : tensor));
    wrong.push({ name: 'extra', shape: [2], data: Float32Array.of(1, 2) });
    writeFileSync(place.path('wrong.safetensors'), Buffer.concat(encodeSafetensors(wrong)));
    const { code, stderr } = await place.run('model', 'inspect', 'wrong.safetensors');
    assert.equal(code, 9);
    assert.match(stderr, /E_MODEL: wrong\.safetensors looks like RRDBNet x4, but 3 tensors differ/);
    const rows = stderr
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^evensr: E_MODEL: /, ''));
    assert.deepEqual(rows.filter(Boolean), [
      'the file has           the network wants',
      '-                      conv_hr.bias [8]',
      'conv_last.bias [1, 3]  conv_last.bias [3]',
      'extra [2]              -',
    ]);
  });

  it('refuses what it cannot do, with a code, and writes nothing', async () => {
    const refused = async (status: number, code: RegExp, ...args: string[]) => {
      const result = await place.run(...args);
      assert.equal(result.code, status, result.stderr);
      assert.match(result.stderr, code);
    };
    writeFileSync(place.path('lonely.param'), readFileSync(place.path('peer.param')));
    await refused(2, /E_USAGE: .*no ending that is written/, 'convert', 'peer.param', 'new/a.bin');
    await refused(2, /E_USAGE: --fp16 is for ONNX/, 'convert', 'peer.param', 'new/a.pth', '--fp16');
    await refused(2, /E_USAGE: .*written, not read/, 'convert', 'a.onnx', 'new/a.pth');
    await refused(2, /E_EXISTS: /, 'convert', 'peer.param', 'models/4x-peer.pth');
    await refused(9, /E_MODEL: absent is not there/, 'convert', 'absent', 'new/a.pth');
    await refused(9, /E_MODEL: lonely\.param is one half/, 'convert', 'lonely.param', 'new/a.pth');
    await refused(2, /E_USAGE: .*WIDTHxHEIGHT/, 'model', 'inspect', 'peer.param', '--size', '9');
    assert.ok(!existsSync(place.path('new')));
  });
});
