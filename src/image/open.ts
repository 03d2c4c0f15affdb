/** A picture's file as rows of pixels. */
import { decoderFailure } from '../data/container.ts';
import { RefusedImage } from '../data/problem.ts';
import { decoder, samplesOf } from './decoder.ts';
import {
  byteSource,
  inspect,
  type OpenOptions,
  type PictureProbe,
  type PictureSource,
} from './inspect.ts';
import type { PictureInfo, RowReader, Rows } from './picture.ts';
import { decodeToStrips } from './strips.ts';

/** RGBA whose R, G and B are equal -> gray and alpha. */
function grayAndAlpha(rgba: Buffer): Buffer {
  const pixels = rgba.length / 4;
  const result = Buffer.allocUnsafe(pixels * 2);
  for (let pixel = 0; pixel < pixels; pixel++) {
    result[2 * pixel] = rgba[4 * pixel] as number;
    result[2 * pixel + 1] = rgba[4 * pixel + 3] as number;
  }
  return result;
}

async function decodeWhole(source: PictureSource, probe: PictureProbe): Promise<Rows> {
  const { channels, depth, width, height } = probe.info;
  // From 8-bit gray with alpha sharp's raw output drops the alpha; through RGB it stays.
  const space = channels === 2 && depth === 8 ? 'srgb' : probe.plan.space;
  const image = await decoder(source, probe, space);
  const { data, info } = await image
    .raw({ depth: depth === 16 ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const pixels = channels === 2 && info.channels === 4 ? grayAndAlpha(data) : data;
  const isWhole = pixels.length === (width * height * channels * depth) / 8;
  if (isWhole && info.width === width && info.height === height) return samplesOf(pixels, depth);
  throw new RefusedImage('E_IMG_FORMAT', `decodes to ${info.channels} channels, not ${channels}`);
}

class WholeReader implements RowReader {
  readonly info: PictureInfo;
  readonly notes: readonly string[];
  #samples: Rows | undefined;
  #at = 0;

  constructor({ info, notes }: PictureProbe, samples: Rows) {
    this.info = info;
    this.notes = notes;
    this.#samples = samples;
  }

  read(count: number): Promise<Rows> {
    const from = this.#at;
    this.#at += count * this.info.width * this.info.channels;
    if (!this.#samples || this.#at > this.#samples.length)
      return Promise.reject(new RangeError(`${count} rows are more than are left`));
    return Promise.resolve(this.#samples.subarray(from, this.#at));
  }

  rewind(): Promise<void> {
    this.#at = 0;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#samples = undefined;
    return Promise.resolve();
  }
}

/**
 * Opens a picture for reading from top to bottom. Numbers are kept as the file has them (no colour
 * management) in its channels and depth: fewer than 8 bits are widened, a palette becomes RGB(A), CMYK
 * and Lab are converted to sRGB through their profile. A picture that fits into `memory` is decoded at
 * once and turned as its orientation says, which its EXIF then says no more. A larger one is decoded
 * into a temporary file, is not turned and keeps its orientation in the EXIF.
 * Throws what `probePicture` throws, and E_DISK.
 */
export async function openPicture(source: PictureSource, options: OpenOptions): Promise<RowReader> {
  const bytes = byteSource(source);
  try {
    const probe = await inspect(source, bytes, options);
    try {
      if (!probe.plan.whole) return await decodeToStrips(source, probe, options.scratch);
      return new WholeReader(probe, await decodeWhole(source, probe));
    } catch (error) {
      const isOurs = error instanceof RefusedImage || (error as Error).name === 'EvensrError';
      throw isOurs ? error : decoderFailure(error, bytes);
    }
  } finally {
    bytes.close?.();
  }
}
