import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { onnxOf, safetensorsOf } from '../../src/infer/export.ts';
import { type OpenUpscalerOptions, openUpscaler } from '../../src/infer/open-upscaler.ts';
import type { Upscaler } from '../../src/infer/upscaler.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { fromHalves, toHalves } from '../../src/network/half.ts';
import { initialWeights } from '../../src/network/init.ts';
import { collector, type MemoryPicture, readerOf, testPicture } from '../memory-picture.ts';
import { meanModel, type RepeaterOptions, repeater, sumModel } from '../onnx-models.ts';

const hasRuntime = await import('onnxruntime-node').then(
  () => true,
  () => false,
);
const skip = hasRuntime ? false : 'onnxruntime-node is not installed';
const folder = mkdtempSync(join(tmpdir(), 'evensr-onnx-engine-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function saved(name: string, bytes: Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

const open = (file: string, changes: Partial<OpenUpscalerOptions> = {}): Promise<Upscaler> =>
  openUpscaler(file, { engine: 'auto', weights: 'ema', threads: 1, warn: assert.fail, ...changes });

async function upscaled(upscaler: Upscaler, picture: MemoryPicture): Promise<MemoryPicture> {
  const writer = collector(upscaler.outputInfo(picture.info, { alpha: 'network' }));
  await upscaler.upscale(readerOf(picture), writer, { alpha: 'network' });
  return writer.picture();
}

function repeated({ info, rows }: MemoryPicture, scale: number): number[] {
  const { width, height, channels } = info;
  return Array.from({ length: rows.length * scale ** 2 }, (_, i) => {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    const x = Math.floor((pixel % (width * scale)) / scale);
    const y = Math.floor(pixel / (width * scale) / scale);
    assert.ok(y < height);
    return rows[(y * width + x) * channels + c] as number;
  });
}

const picture = testPicture({ width: 150, height: 77, channels: 3, depth: 8 });

describe('an ONNX model', () => {
  it('has a precision of its own', async () => {
    const file = saved('own.onnx', repeater({ scale: 2 }));
    await assert.rejects(open(file, { precision: 'bfloat16' }), {
      code: 'E_USAGE',
      exitCode: 2,
      message: /not in bfloat16/,
      hint: /--precision/,
    });
  });
});

describe('an ONNX model of any shape', { skip }, () => {
  const kinds: RepeaterOptions[] = [
    { scale: 1 },
    { scale: 2 },
    { scale: 3, order: 'nhwc' },
    { scale: 4, batch: 1 },
    { scale: 2, channels: 1 },
    { scale: 2, channels: 1, order: 'nhwc' },
    { scale: 2, type: 'float16' },
    { scale: 2, multiple: 8 },
    { scale: 2, fixed: { height: 48, width: 64 } },
    { scale: 2, fixed: { height: 256, width: 200 }, batch: 1 },
    { scale: 2, batch: 4, order: 'nhwc', fixed: { height: 24, width: 40 } },
  ];
  for (const kind of kinds) {
    it(JSON.stringify(kind), async () => {
      const upscaler = await open(saved('model.onnx', repeater(kind)));
      try {
        assert.deepEqual([upscaler.engine, upscaler.scale], ['onnx', kind.scale]);
        const { rows } = await upscaled(upscaler, picture);
        const expected = repeated(picture, kind.scale);
        // Half a level of float16 may round either way.
        const most = kind.type === 'float16' ? 1 : 0;
        assert.ok(rows.every((value, i) => Math.abs(value - (expected[i] as number)) <= most));
      } finally {
        await upscaler.dispose();
      }
    });
  }

  it('is refused with a reason when it makes no image of one image', async () => {
    const wrong: [Uint8Array, RegExp][] = [
      [meanModel(), /makes 2 x 3 x 1 x 1|makes 1 x 3 x 1 x 1/],
      [sumModel(), /has 2 inputs/],
      [repeater({ scale: 5 }), /makes .* of/],
      [Buffer.from('no model at all'), /is not opened by onnxruntime/],
      [new Uint8Array(), /is not opened by onnxruntime/],
    ];
    for (const [bytes, message] of wrong) {
      await assert.rejects(open(saved('wrong.onnx', bytes)), {
        code: 'E_MODEL',
        exitCode: 9,
        message,
      });
    }
    await assert.rejects(open(join(folder, 'absent.onnx')), { code: 'E_MODEL', message: /ENOENT/ });
    const picture = open(saved('picture.png', Buffer.from('anything')));
    await assert.rejects(picture, { code: 'E_MODEL', message: /is a picture, not a network/ });
    const file = saved('right.onnx', repeater({ scale: 2 }));
    await assert.rejects(open(file, { engine: 'native' }), { code: 'E_USAGE', exitCode: 2 });
  });

  it('may look into no other file', async () => {
    saved('weights.bin', new Uint8Array(48));
    const { onnxSchema } = await import('../../src/network/onnx-schema.ts');
    const schema = onnxSchema.lookupType('onnx.ModelProto');
    const message = schema.decode(repeater({ scale: 1 })) as unknown as {
      graph: { initializer: { raw_data?: Uint8Array }[] };
    };
    delete message.graph.initializer[0]?.raw_data;
    // external_data = 13 {location: weights.bin}, data_location = 14 EXTERNAL: not in our schema.
    const extra = Buffer.concat([
      Buffer.from([0x6a, 23, 0x0a, 8]),
      Buffer.from('location'),
      Buffer.from([0x12, 11]),
      Buffer.from('weights.bin'),
      Buffer.from([0x70, 1]),
    ]);
    const tensor = onnxSchema.lookupType('onnx.TensorProto');
    const initializer = Buffer.concat([
      tensor.encode(message.graph.initializer[0] as object).finish(),
      extra,
    ]);
    const graph = { ...message.graph, initializer: [] };
    const graphBytes = Buffer.concat([
      onnxSchema.lookupType('onnx.GraphProto').encode(graph).finish(),
      Buffer.from([0x2a, initializer.length]),
      initializer,
    ]);
    const bytes = Buffer.concat([
      schema.encode({ ...message, graph: undefined } as object).finish(),
      Buffer.from([0x3a, ...varint(graphBytes.length)]),
      graphBytes,
    ]);
    const file = saved('external.onnx', bytes);
    const { InferenceSession } = await import('onnxruntime-node');
    await (await InferenceSession.create(file)).release(); // by its name it may
    await assert.rejects(open(file), { code: 'E_MODEL', message: /not opened/ });
  });
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

describe('a network of ours', { skip }, () => {
  const networks: NetworkConfig[] = [
    { type: 'srvgg', scale: 4, numFeat: 8, numConv: 2, init: 'he' },
    { type: 'msrresnet', scale: 2, numFeat: 8, numBlock: 1, init: 'he' },
  ];
  it('gives the same pictures on both engines, up to one level', async () => {
    for (const network of networks) {
      const spec = buildNetwork(network);
      const values = initialWeights(spec, 5).map((value) => 0.3 * value);
      const info = { file: 'test', step: null, weights: 'file' as const, network };
      const weights = { info, spec, values, metadata: {} };
      const tensors = saved('net.safetensors', Buffer.concat(safetensorsOf(weights, {})));
      const upscalers = [
        await open(tensors),
        await open(tensors, { engine: 'onnx' }),
        await open(saved('net.onnx', onnxOf(weights, {})), { tile: 64 }),
      ];
      assert.deepEqual(
        upscalers.map(({ engine }) => engine),
        ['native', 'onnx', 'onnx'],
      );
      const [first, ...others] = await Promise.all(upscalers.map((one) => upscaled(one, picture)));
      for (const other of others) {
        const far = other.rows.filter((v, i) => Math.abs(v - (first?.rows[i] as number)) > 1);
        assert.equal(far.length, 0);
      }
      for (const upscaler of upscalers) await upscaler.dispose();
    }
  });
});

describe('float16', () => {
  it('goes there and back for all 65,536 values, and rounds to nearest even', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
    const isNumber = (bits: number) => (bits & 0x7c00) !== 0x7c00 || (bits & 1023) === 0;
    const numbers = all.filter(isNumber);
    assert.deepEqual(toHalves(fromHalves(numbers)), numbers);
    assert.ok(fromHalves(all.filter((bits) => !isNumber(bits))).every(Number.isNaN));
    const between = Float32Array.of(
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      65519,
      65520,
      2 ** -25,
      3 * 2 ** -26,
    );
    assert.deepEqual(
      [...fromHalves(toHalves(between))],
      [1, 1 + 2 ** -9, 65504, Infinity, 0, 2 ** -24],
    );
  });
});
