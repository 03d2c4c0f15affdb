/** Ground truth as programs have it, made into planes. */
import type { Sharp } from 'sharp';
import { decodePhoto, defaultMaxImageBytes } from '../data/decode.ts';
import { RefusedImage } from '../data/problem.ts';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { RgbImage } from '../infer/pixels.ts';

/** RGB float32 in [0, 1], planar: all of red, then green, then blue; row after row. */
export interface PlanarImage {
  width: number;
  height: number;
  planes: Float32Array;
}

/**
 * A picture in any of these forms: the path of a file; its bytes (JPEG, PNG, WebP, TIFF, GIF, AVIF); pixels,
 * 8 bits or float; a pipeline of sharp.
 */
export type GtImage = string | Uint8Array | RgbImage | PlanarImage | Sharp;

function refused(name: string, error: unknown): unknown {
  if (!(error instanceof RefusedImage)) return error;
  return new EvensrError(error.code, exitCodes.nothingUsable, `${name}: ${error.message}`, {
    cause: error,
  });
}

async function decode(bytes: Buffer, name: string): Promise<RgbImage> {
  try {
    return await decodePhoto(bytes, name, defaultMaxImageBytes);
  } catch (error) {
    throw refused(name, error);
  }
}

async function read(path: string): Promise<RgbImage> {
  const bytes = await readRegularFile(path).catch((cause: Error) => {
    throw new EvensrError('E_IMG_READ', exitCodes.nothingUsable, `${path} ${cause.message}`, {
      cause,
    });
  });
  return await decode(bytes, path);
}

async function render(pipeline: Sharp): Promise<RgbImage> {
  const { data, info } = await pipeline
    .clone()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return { width: info.width, height: info.height, pixels: data };
  const problem = `a sharp pipeline gives ${info.channels} channels, RGB is needed`;
  throw new EvensrError('E_IMG_ALPHA', exitCodes.nothingUsable, problem, {
    hint: 'call flatten() or removeAlpha() on it',
  });
}

const isPipeline = (gt: object): gt is Sharp => typeof (gt as Sharp).toColourspace === 'function';

async function pixelsOf(gt: GtImage): Promise<RgbImage | PlanarImage> {
  if (typeof gt === 'string') return await read(gt);
  if (gt instanceof Uint8Array)
    return await decode(Buffer.from(gt.buffer, gt.byteOffset, gt.length), 'a picture');
  return isPipeline(gt) ? await render(gt) : gt;
}

function requireSize({ width, height, ...values }: RgbImage | PlanarImage): void {
  const length = 'planes' in values ? values.planes.length : values.pixels.length;
  const isSize = (side: number) => Number.isInteger(side) && side > 0;
  if (isSize(width) && isSize(height) && length === 3 * width * height) return;
  const problem = `a picture of ${width} x ${height} has ${3 * width * height} values, received ${length}`;
  throw new EvensrError('E_SHAPE', exitCodes.usage, problem);
}

/** The upper left part of an image as planes. */
function planesOf(image: RgbImage | PlanarImage, width: number, height: number): Float32Array {
  const planes = new Float32Array(3 * width * height);
  const row = image.width;
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const to = (c * height + y) * width;
      if ('planes' in image) {
        const from = (c * image.height + y) * row;
        planes.set(image.planes.subarray(from, from + width), to);
      } else {
        for (let x = 0; x < width; x++)
          planes[to + x] = (image.pixels[3 * (y * row + x) + c] as number) / 255;
      }
    }
  }
  return planes;
}

/**
 * A picture as planes, its right and lower edges cut so that its sides are multiples of `scale`. Rejects
 * with E_IMG_… for what cannot be read, E_SHAPE for sides and lengths that do not agree.
 */
export async function planarImage(gt: GtImage, scale: number): Promise<PlanarImage> {
  const image = await pixelsOf(gt);
  requireSize(image);
  // The core names what is wrong with a scale that is none.
  const cut = (side: number) => (scale >= 1 ? side - (side % scale) : side);
  const [width, height] = [cut(image.width), cut(image.height)];
  if (width === 0 || height === 0) {
    const problem = `a picture of ${image.width} x ${image.height} has less than a pixel at scale ${scale}`;
    throw new EvensrError('E_SHAPE', exitCodes.usage, problem);
  }
  return { width, height, planes: planesOf(image, width, height) };
}
