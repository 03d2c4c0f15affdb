import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { openModel } from '../../src/infer/model.ts';
import { decodeCheckpoint } from '../../src/train/checkpoint.ts';
import { pythonWith } from '../python.ts';
import { Workbench } from './train-kit.ts';

const checkpoint = 'run/checkpoints/step-00000008.safetensors';
const python = pythonWith('onnx', 'safetensors', 'numpy');

/** Read from the text of the format alone: length, header, bytes. */
function readByHand(bytes: Buffer) {
  const length = Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata, ...entries } = JSON.parse(
    bytes.subarray(8, 8 + length).toString(),
  ) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> & {
    __metadata__: Record<string, string>;
  };
  const tensors = Object.entries(entries).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [from, to],
      },
    ]) => {
      const data = new Uint8Array(bytes.subarray(8 + length + from, 8 + length + to));
      return { name, dtype, shape: [...shape], data: new Float32Array(data.buffer) };
    },
  );
  return { metadata, tensors };
}

describe('evensr export', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    const result = await place.train(
      ...['tiny.yaml', '-o', 'run', '--set', 'training.steps=8', '--set', 'balance.rule=natural'],
      ...['--set', 'network.activation=leakyrelu'],
    );
    assert.equal(result.code, 0, result.stderr);
  });
  after(() => place.remove());

  it('writes both formats of both sets of weights, with names that say what they are', async () => {
    const { code, stdout, stderr } = await place.run(
      ...['export', '-m', 'run', '-o', 'models', '--weights', 'both', '--json'],
    );
    assert.equal(code, 0, stderr);
    const names = ['4x-tiny.onnx', '4x-tiny.raw.onnx', '4x-tiny.raw.safetensors'];
    assert.deepEqual(readdirSync(place.path('models')).sort(), [...names, '4x-tiny.safetensors']);
    const { files } = JSON.parse(stdout) as { files: Record<string, unknown>[] };
    assert.deepEqual(
      files.map(({ weights, format }) => `${weights} ${format}`),
      ['ema safetensors', 'ema onnx', 'params safetensors', 'params onnx'],
    );
    for (const { file, bytes, format, onnxDifference } of files) {
      assert.equal(readFileSync(place.path(String(file))).length, bytes);
      if (format === 'onnx') assert.ok(Number(onnxDifference) <= 1e-4, String(onnxDifference));
    }
  });

  it('holds the values of the checkpoint under the names of the field, and says how it was trained', async () => {
    const { blocks } = await decodeCheckpoint(readFileSync(place.path(checkpoint)));
    for (const [file, block] of [
      ['models/4x-tiny.safetensors', blocks.ema],
      ['models/4x-tiny.raw.safetensors', blocks.params],
    ] as const) {
      const { metadata, tensors } = readByHand(readFileSync(place.path(file)));
      assert.deepEqual(
        tensors,
        block.map(({ name, shape, data }) => ({ name, dtype: 'F32', shape: [...shape], data })),
      );
      assert.equal(tensors[0]?.name, 'body.0.weight');
      const { format, arch, scale, num_feat, num_conv, step, name } = metadata;
      const said = [format, arch, scale, num_feat, num_conv, step, name];
      assert.deepEqual(said, ['pt', 'SRVGGNetCompact', '4', '8', '2', '8', 'tiny']);
      assert.equal(JSON.parse(metadata.training ?? '').rule, 'natural');
    }
    assert.notDeepEqual(blocks.ema, blocks.params);
  });

  it('can be read and exported again with nothing lost, which tensors alone could not tell', async () => {
    const file = place.path('models/4x-tiny.safetensors');
    const model = await openModel(file, { weights: 'ema', threads: 1, warn: assert.fail });
    model.dispose();
    assert.equal((model.info.network as { activation?: string }).activation, 'leakyrelu');
    const again = await place.run('export', '-m', file, '-o', 'again', '--name', 'tiny');
    assert.equal(again.code, 0, again.stderr);
    for (const name of ['4x-tiny.safetensors', '4x-tiny.onnx'])
      assert.deepEqual(
        readFileSync(place.path(`again/${name}`)),
        readFileSync(place.path(`models/${name}`)),
        name,
      );
  });

  it('never overwrites unasked, and refuses what it cannot do with a code', async () => {
    const refused = async (status: number, code: RegExp, ...args: string[]) => {
      const result = await place.run('export', '-m', 'run', ...args);
      assert.equal(result.code, status, result.stderr);
      assert.match(result.stderr, code);
    };
    await refused(2, /E_EXISTS: .*4x-tiny\.safetensors/, '-o', 'models');
    await refused(2, /E_USAGE: .*is no name/, '-o', 'new', '--name', '../x');
    await refused(2, /E_USAGE: .*one of: safetensors, pth, onnx/, '-o', 'new', '--format', 'npz');
    await refused(5, /E_DISK: .*is a file/, '-o', 'tiny.yaml');
    await refused(9, /E_MODEL: .*is not there/, '-o', 'new', '-m', 'absent');
    assert.ok(!existsSync(place.path('new')));
    const forced = await place.run(
      ...['export', '-m', 'run', '-o', 'models', '--format', 'onnx', '--overwrite'],
    );
    assert.equal(forced.code, 0, forced.stderr);
    assert.match(
      forced.stdout,
      /^models\/4x-tiny\.onnx {2}\S+ k?B, onnxruntime differs by at most/,
    );
  });

  it("passes onnx's checker and is read by Python's safetensors", { skip: python.skip }, () => {
    const script = `
import sys, onnx
from safetensors.numpy import load_file
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
tensors = load_file(sys.argv[2])
for initializer in model.graph.initializer:
    if initializer.name not in tensors: continue
    values = onnx.numpy_helper.to_array(initializer)
    assert (values.reshape(-1) == tensors.pop(initializer.name).reshape(-1)).all()
assert not tensors, list(tensors)
`;
    const paths = ['onnx', 'safetensors'].map((end) => place.path(`models/4x-tiny.${end}`));
    execFileSync(python.path, ['-c', script, ...paths], { stdio: 'pipe' });
  });
});
