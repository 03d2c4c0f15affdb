/** What the first bytes of a file say it is, and whether its last part is missing. */
import type { ImageFormat } from './names.ts';

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const avifBrands = new Set(['avif', 'avis', 'mif1', 'miaf']);

/** The container format by its magic number, or nothing when it is none that is decoded. */
export function sniffFormat(bytes: Buffer): ImageFormat | undefined {
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
function missingFromPng(bytes: Buffer): number {
  for (let at = 8; ; ) {
    if (at + 12 > bytes.length) return at + 12;
    const end = at + 12 + bytes.readUInt32BE(at);
    if (end > bytes.length) return end;
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return 0;
    at = end;
  }
}

/** ISO base media file: a chain of boxes (size, type, data); size 0 means to the end of the file. */
function missingFromAvif(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; ) {
    if (at + 8 > bytes.length) return at + 8;
    const size = bytes.readUInt32BE(at);
    if (size === 0) return 0;
    const long = size === 1 && at + 16 <= bytes.length;
    const end = at + (long ? Number(bytes.readBigUInt64BE(at + 8)) : Math.max(size, 8));
    if (end > bytes.length) return end;
    at = end;
  }
  return 0;
}

/** TIFF: the first directory must lie inside the file. */
function missingFromTiff(bytes: Buffer): number {
  if (bytes.length < 8) return 8;
  const little = bytes[0] === 0x49;
  if ((little ? bytes[2] : bytes[3]) !== 42) return 0;
  const at = little ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  if (at + 2 > bytes.length) return at + 2;
  const end = at + 2 + 12 * (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  return end > bytes.length ? end : 0;
}

/**
 * How many bytes the file must have at least, by its own structure, when it has fewer; else 0. Decoders
 * accept a PNG without its end and fail on the others with words that do not tell damage from loss.
 */
export function missingEnd(bytes: Buffer, format: ImageFormat): number {
  switch (format) {
    case 'png':
      return missingFromPng(bytes);
    case 'webp': {
      const end = 8 + bytes.readUInt32LE(4);
      return end > bytes.length ? end : 0;
    }
    case 'avif':
      return missingFromAvif(bytes);
    case 'tiff':
      return missingFromTiff(bytes);
    default:
      return 0;
  }
}

/**
 * Whether a JPEG has its end marker, so that what fails inside it is damage and no loss. Some cameras
 * write padding after it.
 */
export function endsWithJpegMarker(bytes: Buffer): boolean {
  const longestPadding = 1024;
  const at = bytes.lastIndexOf(Buffer.from([0xff, 0xd9]));
  return sniffFormat(bytes) === 'jpeg' && at > 0 && at >= bytes.length - longestPadding;
}
