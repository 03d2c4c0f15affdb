import { createHash } from 'node:crypto';
import { type CanvasPlacement, native } from '../native.ts';
import { buildNetwork } from '../network/build.ts';
import { onnxMetadata } from '../network/onnx-read.ts';
import { isNetwork } from '../train/checkpoint.ts';
import { activationBytes } from './activation-memory.ts';
import type { TileEngine, TileShape } from './engine.ts';
import type { EngineOptions } from './native-engine.ts';
import { dimsOf, layoutOf, type OnnxLayout, type TriedModel, tryModel } from './onnx-layout.ts';
import { OnnxSession } from './onnx-session.ts';
import { receptiveRadius } from './receptive-field.ts';
import { exactOrBlended, sideFor } from './tile-side.ts';

const activationBudget = 384 * 2 ** 20;
/** Of a network that is not known: 64 channels at the size of the result, twice. */
const unknownActivationBytes = (scale: number) => 2 * 4 * 64 * scale ** 2;

/** Colours or samples change places with rows: (B, C, H, W) to (B, H, W, C). */
function toNhwc(planes: Float32Array, channels: number, pixels: number): Float32Array {
  const out = new Float32Array(planes.length);
  for (let at = 0; at < planes.length; at++) {
    const [image, c] = [Math.floor(at / (channels * pixels)), Math.floor(at / pixels) % channels];
    out[image * channels * pixels + (at % pixels) * channels + c] = planes[at] as number;
  }
  return out;
}

function toNchw(values: Float32Array, channels: number, pixels: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const [image, c] = [Math.floor(at / (channels * pixels)), at % channels];
    const pixel = Math.floor(at / channels) % pixels;
    out[(image * channels + c) * pixels + pixel] = values[at] as number;
  }
  return out;
}

/** Runs tiles (B, 3, h, w) in the model's own order and number of images. Gives (B, 3, H, W). */
async function runPlanar(
  session: OnnxSession,
  layout: OnnxLayout,
  scale: number,
  planes: Float32Array,
  { batch, height, width }: TileShape,
): Promise<Float32Array> {
  const images = (batch * 3) / layout.channels;
  const atOnce = layout.batch ?? images;
  const pixels = height * width;
  const sr = new Float32Array(planes.length * scale ** 2);
  for (let from = 0; from < images; from += atOnce) {
    const data = new Float32Array(atOnce * layout.channels * pixels);
    const length = layout.channels * pixels;
    data.set(planes.subarray(from * length, Math.min(images, from + atOnce) * length));
    const { input, output, type, order, channels } = layout;
    const dims = dimsOf(layout, atOnce, height, width);
    const ordered = order === 'nchw' ? data : toNhwc(data, channels, pixels);
    const result = await session.run({ input, output, type, dims, data: ordered });
    const large = pixels * scale ** 2;
    const found = order === 'nchw' ? result.data : toNchw(result.data, channels, large);
    if (found.length !== atOnce * channels * large) throw new Error('the result has another size');
    sr.set(
      found.subarray(0, Math.min(found.length, sr.length - from * channels * large)),
      from * channels * large,
    );
  }
  return sr;
}

/** What an evensr export tells of itself; nothing of another model. */
function ownNetwork(model: Uint8Array) {
  const said = onnxMetadata(model).network;
  if (said === undefined) return undefined;
  try {
    const network: unknown = JSON.parse(said);
    return isNetwork(network) ? buildNetwork(network) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An ONNX model on onnxruntime, on a thread of its own.
 * @throws E_MODEL when it is none from image to image, E_ENGINE without onnxruntime-node
 */
export async function onnxEngine(
  model: Uint8Array,
  name: string,
  options: EngineOptions & { threads: number },
): Promise<TileEngine> {
  const session = new OnnxSession();
  try {
    const threads = options.threads > 0 ? options.threads : native.info().threads;
    // Its thread gets a copy: what is given stays the caller's.
    const opened = await session.open(model, name, threads);
    const tried = await tryModel(session, name, layoutOf(name, opened));
    return engineOf(session, model, name, { ...tried, tile: options.tile });
  } catch (error) {
    await session.close();
    throw error;
  }
}

function engineOf(
  session: OnnxSession,
  model: Uint8Array,
  name: string,
  found: TriedModel & { tile: number | undefined },
): TileEngine {
  const { layout, scale, multiple, tile } = found;
  const spec = ownNetwork(model);
  const bytes = spec ? activationBytes(spec) : unknownActivationBytes(scale);
  const { fixed } = layout;
  const side = fixed
    ? Math.min(fixed.height, fixed.width)
    : (tile ?? sideFor(activationBudget / bytes));
  // A file has no input for what another picture says: where a network goes by the whole picture every
  // tile goes by itself, and tiles that differ must fade into each other.
  const halo = spec && spec.condition === undefined ? receptiveRadius(spec) : undefined;
  const geometry = { ...exactOrBlended(side, halo, tile !== undefined, multiple), fixed };
  return {
    kind: 'onnx',
    scale,
    geometry,
    batchPixels: layout.batch === 1 ? 1 : 160 * 160,
    fingerprint: createHash('sha256')
      .update(JSON.stringify(['onnx', geometry, layout]))
      .update(createHash('sha256').update(model).digest())
      .digest('hex'),
    description: `${name} (x${scale}${spec ? `, ${spec.architecture}` : ''}), onnxruntime`,
    run: async (lq: Float32Array, shape: TileShape, placements: readonly CanvasPlacement[]) => {
      const sr = await runPlanar(session, layout, scale, lq, shape);
      const { batch, height, width } = shape;
      const size = { batch, height: height * scale, width: width * scale };
      await native.placeTiles(sr, size, placements);
    },
    dispose: () => session.close(),
  };
}
