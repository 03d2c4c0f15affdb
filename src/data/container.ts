/** What the first bytes of a file say it is, and whether its last part is missing. */
import type { ByteSource } from './byte-source.ts';
import type { ImageFormat } from './names.ts';
import { RefusedImage } from './problem.ts';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const avifBrands = new Set(['avif', 'avis', 'mif1', 'miaf']);

/** The container format by its magic number, or nothing when it is none that is decoded. */
function sniffFormat(bytes: Buffer): ImageFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes.subarray(0, 8).equals(pngSignature)) return 'png';
  const words = (from: number, to: number) => bytes.toString('latin1', from, to);
  if (words(0, 4) === 'RIFF' && words(8, 12) === 'WEBP') return 'webp';
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(words(0, 4))) return 'tiff';
  if (/^GIF8[79]a/.test(words(0, 6))) return 'gif';
  if (words(4, 8) === 'ftyp' && avifBrands.has(words(8, 12))) return 'avif';
  return undefined;
}

/** PNG: a chain of chunks (length, type, data, CRC) that must end with IEND. */
function missingFromPng(source: ByteSource): number {
  for (let at = 8; ; ) {
    const head = source.bytes(at, 12);
    if (head.length < 12) return at + 12;
    const end = at + 12 + head.readUInt32BE(0);
    if (end > source.size) return end;
    if (head.toString('latin1', 4, 8) === 'IEND') return 0;
    at = end;
  }
}

/** ISO base media file: a chain of boxes (size, type, data); size 0 means to the end of the file. */
function missingFromAvif(source: ByteSource): number {
  for (let at = 0; at < source.size; ) {
    const head = source.bytes(at, 16);
    if (head.length < 8) return at + 8;
    const size = head.readUInt32BE(0);
    if (size === 0) return 0;
    const long = size === 1 && head.length === 16;
    const end = at + Math.max(long ? Number(head.readBigUInt64BE(8)) : size, 8);
    if (end > source.size) return end;
    at = end;
  }
  return 0;
}

/** TIFF: the first directory must lie inside the file. */
function missingFromTiff(source: ByteSource): number {
  const head = source.bytes(0, 8);
  if (head.length < 8) return 8;
  const little = head[0] === 0x49;
  if ((little ? head[2] : head[3]) !== 42) return 0;
  const at = little ? head.readUInt32LE(4) : head.readUInt32BE(4);
  const count = source.bytes(at, 2);
  if (count.length < 2) return at + 2;
  const end = at + 2 + 12 * (little ? count.readUInt16LE(0) : count.readUInt16BE(0));
  return end > source.size ? end : 0;
}

/**
 * How many bytes the file must have at least, by its own structure, when it has fewer; else 0. Decoders
 * accept a PNG without its end and fail on the others with words that do not tell damage from loss.
 */
function missingEnd(source: ByteSource, format: ImageFormat): number {
  switch (format) {
    case 'png':
      return missingFromPng(source);
    case 'webp': {
      const end = 8 + source.bytes(4, 4).readUInt32LE(0);
      return end > source.size ? end : 0;
    }
    case 'avif':
      return missingFromAvif(source);
    case 'tiff':
      return missingFromTiff(source);
    default:
      return 0;
  }
}

const wholeNumber = new Intl.NumberFormat('en-US');

function truncated(length: number, needed?: number): RefusedImage {
  const of = needed ? ` of at least ${wholeNumber.format(needed)}` : '';
  return new RefusedImage('E_IMG_TRUNCATED', `ends at byte ${wholeNumber.format(length)}${of}`);
}

/**
 * The format of a file by its content, whose structure reaches its end. Throws RefusedImage:
 * E_IMG_EMPTY, E_IMG_TRUNCATED, E_IMG_FORMAT.
 */
export function recognise(source: ByteSource): ImageFormat {
  if (source.size === 0) throw new RefusedImage('E_IMG_EMPTY', 'the file is empty');
  const format = sniffFormat(source.bytes(0, 12));
  if (!format) {
    if (source.size < 12)
      throw new RefusedImage('E_IMG_TRUNCATED', `only ${source.size} bytes long`);
    throw new RefusedImage('E_IMG_FORMAT', 'no JPEG, PNG, WebP, TIFF, GIF or AVIF by its content');
  }
  const needed = missingEnd(source, format);
  if (needed > 0) throw truncated(source.size, needed);
  return format;
}

/**
 * Whether a JPEG has its end marker, so that what fails inside it is damage and no loss. Some cameras
 * write padding after it.
 */
function endsWithJpegMarker(source: ByteSource): boolean {
  const longestPadding = 1024;
  const tail = source.bytes(Math.max(0, source.size - longestPadding), longestPadding);
  const isJpeg = sniffFormat(source.bytes(0, 12)) === 'jpeg';
  return isJpeg && tail.includes(Buffer.from([0xff, 0xd9]));
}

/** What the decoder's failure says about the file: E_IMG_TRUNCATED or E_IMG_CORRUPT. */
export function decoderFailure(error: unknown, source: ByteSource): RefusedImage {
  const text = (error as Error).message.split('\n')[0] ?? '';
  if (text.includes('bad labq format'))
    return new RefusedImage('E_IMG_FORMAT', 'Lab of 8 bits (RGB, or Lab of 16 bits needed)');
  if (endsWithJpegMarker(source)) return new RefusedImage('E_IMG_CORRUPT', text);
  if (/premature end|truncat|unexpected end|end of file|short read|not enough data/i.test(text))
    return truncated(source.size);
  return new RefusedImage('E_IMG_CORRUPT', text.replace(/^Input (buffer|file) has /, ''));
}
