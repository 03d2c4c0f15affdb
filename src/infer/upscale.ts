import { about, EvensrError, exitCodes } from '../errors.ts';
import type { PictureInfo, RowReader, RowWriter } from '../image/picture.ts';
import type { Model } from './model.ts';
import { nativeEngine } from './native-engine.ts';
import type { UpscaleOptions } from './picture-upscaler.ts';
import type { RgbImage } from './pixels.ts';
import { Upscaler } from './upscaler.ts';

/** E_OUTPUT_NONFINITE (exit code 9): no picture is made of NaN. */
export function notFinite(name: string): EvensrError {
  return new EvensrError(
    'E_OUTPUT_NONFINITE',
    exitCodes.invalidModel,
    `${name}: the network's result is not finite`,
    { hint: 'try another checkpoint' },
  );
}

/** Reads an image that is in memory. */
function readerOf({ width, height, pixels }: RgbImage): RowReader {
  let at = 0;
  return {
    info: { width, height, channels: 3, depth: 8, metadata: {} },
    notes: [],
    read: async (count) => {
      at += count * width * 3;
      return pixels.subarray(at - count * width * 3, at);
    },
    rewind: async () => {
      at = 0;
    },
    close: async () => {},
  };
}

/** Fills the pixels of an image. */
function writerOf({ pixels }: RgbImage): RowWriter {
  let at = 0;
  return {
    write: async (rows) => {
      pixels.set(rows, at);
      at += rows.length;
    },
    finish: async () => at,
    discard: async () => {},
  };
}

/**
 * A whole 8-bit image through an upscaler, in one piece or in tiles.
 * Throws E_OUTPUT_NONFINITE and what else goes wrong, naming `name`.
 */
export async function upscaleWith(
  upscaler: Upscaler,
  lq: RgbImage,
  { name, outputScale }: { name: string; outputScale?: number },
): Promise<RgbImage> {
  const options: UpscaleOptions = { alpha: 'network', outputScale };
  const info: PictureInfo = { ...lq, channels: 3, depth: 8, metadata: {} };
  const { width, height } = upscaler.outputInfo(info, options);
  const sr: RgbImage = { width, height, pixels: new Uint8Array(width * height * 3) };
  try {
    await upscaler.upscale(readerOf(lq), writerOf(sr), options);
    return sr;
  } catch (error) {
    if ((error as { code?: unknown }).code === 'E_OUTPUT_NONFINITE') throw notFinite(name);
    throw about(name, error);
  }
}

/**
 * A whole 8-bit image through the network, tile by tile. As long as a tile has room for the network's
 * receptive field the result is the same for every tile size, bit for bit.
 * Throws E_OUTPUT_NONFINITE naming `name`.
 */
export async function upscaleImage(
  model: Model,
  lq: RgbImage,
  { name, tile }: { name: string; tile?: number },
): Promise<RgbImage> {
  return upscaleWith(new Upscaler(nativeEngine(model, { tile })), lq, { name });
}
