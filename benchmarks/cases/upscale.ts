import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { PictureInfo, RowReader, RowWriter } from '../../src/image/picture.ts';
import { onnxOf } from '../../src/infer/export.ts';
import { modelOf } from '../../src/infer/model.ts';
import { nativeEngine } from '../../src/infer/native-engine.ts';
import { onnxEngine } from '../../src/infer/onnx-engine.ts';
import { Upscaler } from '../../src/infer/upscaler.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { initialWeights } from '../../src/network/init.ts';
import { macsPerPixel } from '../../src/network/macs.ts';
import type { BenchmarkCase, PreparedCase } from '../case.ts';

const size = { width: 1000, height: 750 };
const info: PictureInfo = { ...size, channels: 3, depth: 8, metadata: {} };
const pixels = Uint8Array.from(
  { length: 3 * size.width * size.height },
  (_, i) => 128 + 90 * Math.sin(i / 50) * Math.cos(i / 7000),
);

function reader(): RowReader {
  let at = 0;
  return {
    info,
    notes: [],
    read: async (count) => {
      at += 3 * size.width * count;
      return pixels.subarray(at - 3 * size.width * count, at);
    },
    rewind: async () => {
      at = 0;
    },
    close: async () => {},
  };
}

/** Keeps the rows when `kept` is given; encoding is not what is timed. */
function writer(kept?: Uint8Array): RowWriter {
  let at = 0;
  return {
    write: async (rows) => {
      kept?.set(rows, at);
      at += rows.length;
    },
    finish: async () => at,
    discard: async () => {},
  };
}

async function timed(upscaler: Upscaler): Promise<number> {
  const start = performance.now();
  await upscaler.upscale(reader(), writer(), { alpha: 'network' });
  return performance.now() - start;
}

async function result(upscaler: Upscaler): Promise<Uint8Array> {
  const kept = new Uint8Array(pixels.length * upscaler.scale ** 2);
  await upscaler.upscale(reader(), writer(kept), { alpha: 'network' });
  return kept;
}

function onnxVersion(): string {
  const about = createRequire(import.meta.url)('onnxruntime-node/package.json');
  return (about as { version: string }).version;
}

async function prepare(network: NetworkConfig): Promise<PreparedCase> {
  const spec = buildNetwork(network);
  const values = initialWeights(spec, 1).map((value) => 0.3 * value);
  const weights = {
    info: { file: 'bench', step: null, weights: 'file' as const, network },
    spec,
    values,
    metadata: {},
  };
  const native = new Upscaler(nativeEngine(modelOf(weights, 0)));
  const onnx = await onnxEngine(onnxOf(weights, {}), 'bench', { threads: 0 }).then(
    (engine) => new Upscaler(engine),
    (error: { code?: unknown }) => {
      if (error.code === 'E_ENGINE') return undefined;
      throw error;
    },
  );
  return {
    unit: 'ms/picture',
    images: 1,
    gflop: 2 * macsPerPixel(spec) * size.width * size.height * 1e-9,
    async check() {
      const own = await result(native);
      const whole = new Upscaler(nativeEngine(modelOf(weights, 0), { tile: 1000 }));
      assert.ok(Buffer.compare(own, await result(whole)) === 0, 'tiled equals whole');
      if (!onnx) return;
      const far = (await result(onnx)).filter((v, i) => Math.abs(v - (own[i] as number)) > 1);
      assert.equal(far.length, 0, 'onnxruntime gives the same picture');
    },
    once: () => timed(native),
    ...(onnx
      ? { peer: { name: 'onnxruntime', version: onnxVersion(), once: () => timed(onnx) } }
      : {}),
  };
}

function upscaleCase(name: string, network: NetworkConfig): BenchmarkCase {
  const { width, height } = size;
  const work = `a picture of ${width}x${height} in memory, x${network.scale}`;
  return { name, work, prepare: () => prepare(network) };
}

const srvgg = (numFeat: number, numConv: number): NetworkConfig => ({
  type: 'srvgg',
  scale: 4,
  numFeat,
  numConv,
  activation: 'prelu',
  init: 'he',
});

export const upscaleCases: BenchmarkCase[] = [
  upscaleCase('upscale/srvgg-24x8', srvgg(24, 8)),
  upscaleCase('upscale/srvgg-64x16', srvgg(64, 16)),
];
