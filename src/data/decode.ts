/**
 * One photograph: file bytes -> 8-bit RGB, or a named refusal. Numbers are kept as the file has them
 * (no colour management), except where a conversion is listed below and reported.
 */
import type { Metadata } from 'sharp';
import { type ByteSource, sourceOf } from './byte-source.ts';
import { decoderFailure, recognise } from './container.ts';
import { extensionOf, formatOfExtension } from './names.ts';
import { RefusedImage } from './problem.ts';

/** Changes whenever the same file would decode to other pixels; packs made before are then rebuilt. */
export const decoderVersion = 1;

/** Decoded size above which an image is refused, in bytes (the default of --max-image-mb). */
export const defaultMaxImageBytes = 256e6;

/** The most that a limit can allow: Node aborts when it reads 2^31 bytes or more at once. */
export const largestImageBytes = 2e9;

/**
 * What was done to get 8-bit RGB: `depth` 16 bits, the high byte kept; `gray` copied to R, G and B;
 * `palette` looked up; `alpha` an opaque alpha channel dropped; `cmyk` CMYK, YCCK or Lab converted to
 * sRGB through the file's profile; `rotated` EXIF orientation applied.
 */
export type Conversion = 'depth' | 'gray' | 'palette' | 'alpha' | 'cmyk' | 'rotated';

export interface DecodedPhoto {
  /** uint8 RGB, HWC. */
  pixels: Buffer;
  height: number;
  width: number;
  conversions: Conversion[];
}

const wholeNumber = new Intl.NumberFormat('en-US');

function checkName(source: ByteSource, name: string): void {
  const format = recognise(source);
  const named = formatOfExtension.get(extensionOf(name));
  if (named && named !== format)
    throw new RefusedImage('E_IMG_FORMAT', `the content is ${format}, the name says ${named}`);
}

/** Refuses from the header alone, before anything of the image's size is allocated. */
function checkHeader(header: Metadata, maxImageBytes: number): void {
  const { width, height, channels } = header;
  if (['float', 'double', 'complex', 'dpcomplex', 'int', 'uint'].includes(header.depth))
    throw new RefusedImage('E_IMG_FORMAT', `samples of type ${header.depth} (8 or 16 bits needed)`);
  const sampleBytes = header.depth === 'ushort' || header.depth === 'short' ? 2 : 1;
  const total = width * height * Math.max(3, channels) * sampleBytes;
  const most = Math.min(maxImageBytes, largestImageBytes);
  if (total > most) {
    const product = [width, height, Math.max(3, channels), ...(sampleBytes > 1 ? [2] : [])];
    const megabytes = (value: number) => wholeNumber.format(Math.round(value / 1e6));
    throw new RefusedImage(
      'E_LIMIT',
      `${product.join('x')} = ${megabytes(total)} MB > ${megabytes(most)} MB (--max-image-mb)`,
    );
  }
  if ((header.pages ?? 1) > 1)
    throw new RefusedImage('E_IMG_ANIMATED', `${header.pages} frames or pages (one needed)`);
}

function conversionsOf(header: Metadata): Conversion[] {
  const found: Conversion[] = [];
  if (header.depth === 'ushort' || header.depth === 'short') found.push('depth');
  if (['b-w', 'grey16'].includes(header.space)) found.push('gray');
  if (header.isPalette) found.push('palette');
  if (header.hasAlpha) found.push('alpha');
  if (['cmyk', 'lab', 'labs'].includes(header.space)) found.push('cmyk');
  if ((header.orientation ?? 1) > 1) found.push('rotated');
  return found;
}

/** RGBA -> RGB; an image that shows through anywhere has no colour there, so it is refused. */
function withoutAlpha(pixels: Buffer): Buffer {
  const count = pixels.length / 4;
  const rgb = Buffer.allocUnsafe(count * 3);
  for (let pixel = 0, to = 0, from = 0; pixel < count; pixel++, from += 4) {
    if (pixels[from + 3] !== 255)
      throw new RefusedImage('E_IMG_ALPHA', 'transparent pixels (flatten the image first)');
    rgb[to++] = pixels[from] as number;
    rgb[to++] = pixels[from + 1] as number;
    rgb[to++] = pixels[from + 2] as number;
  }
  return rgb;
}

/**
 * Decodes one file. `name` is only used to see that content and extension agree. Throws RefusedImage:
 * E_IMG_FORMAT, E_IMG_TRUNCATED, E_IMG_CORRUPT, E_IMG_ALPHA, E_IMG_ANIMATED, E_LIMIT.
 */
export async function decodePhoto(
  bytes: Buffer,
  name: string,
  maxImageBytes: number,
): Promise<DecodedPhoto> {
  const source = sourceOf(bytes);
  checkName(source, name);
  // Loaded when the first image is decoded: commands that decode none start faster.
  const { default: sharp } = await import('sharp');
  try {
    const header = await sharp(bytes, { limitInputPixels: false, failOn: 'warning' }).metadata();
    checkHeader(header, maxImageBytes);
    const conversions = conversionsOf(header);
    const { data, info } = await sharp(bytes, {
      ignoreIcc: !conversions.includes('cmyk'),
      failOn: 'warning',
      limitInputPixels: header.width * header.height,
    })
      .autoOrient()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const pixels = info.channels === 4 ? withoutAlpha(data) : data;
    if (pixels.length !== info.width * info.height * 3)
      throw new RefusedImage('E_IMG_FORMAT', `${info.channels} channels (RGB or gray needed)`);
    return { pixels, height: info.height, width: info.width, conversions };
  } catch (error) {
    throw error instanceof RefusedImage ? error : decoderFailure(error, source);
  }
}
