/** Metadata in WebP: RIFF chunks of a name, a length and data, padded to an even length. */
import type { ByteSource } from '../data/byte-source.ts';
import { Findings, mostParts, withoutExifMark } from './findings.ts';
import type { PictureInfo, PictureMetadata } from './picture.ts';
import type { Piece } from './splice.ts';

interface Chunk {
  name: string;
  at: number;
  size: number;
}

const riffBytes = 12;

/** The chunks of a file, as far as their lengths can be followed. */
function* chunksOf(source: ByteSource): Generator<Chunk> {
  for (let at = riffBytes, count = 0; count < mostParts; count++) {
    const head = source.bytes(at, 8);
    if (head.length < 8) return;
    const size = head.readUInt32LE(4);
    yield { name: head.toString('latin1', 0, 4), at, size };
    at += 8 + size + (size % 2);
  }
}

const kinds = { ICCP: 'icc', EXIF: 'exif', 'XMP ': 'xmp' } as const;

/** ICC, EXIF and XMP of a WebP. Never throws for what the file holds. */
export function readWebp(source: ByteSource): Findings {
  const found = new Findings();
  for (const { name, at, size } of chunksOf(source)) {
    if (!(name in kinds)) continue;
    const kind = kinds[name as keyof typeof kinds];
    const data = source.bytes(at + 8, Math.min(size, source.size));
    if (data.length < size) found.damaged(name.trim());
    else found.keep(kind, kind === 'exif' ? withoutExifMark(data) : data);
  }
  return found;
}

function chunk(name: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8 + data.length + (data.length % 2));
  bytes.write(name, 'latin1');
  bytes.writeUInt32LE(data.length, 4);
  bytes.set(data, 8);
  return bytes;
}

const flags = { icc: 0x20, alpha: 0x10, exif: 0x08, xmp: 0x04 };

/** The header of an extended file: what is in it, and its size less one in three bytes each. */
function extended(
  { width, height, channels }: PictureInfo,
  { icc, exif, xmp }: PictureMetadata,
): Buffer {
  const data = Buffer.alloc(10);
  const hasAlpha = channels === 2 || channels === 4;
  data[0] =
    (icc ? flags.icc : 0) |
    (hasAlpha ? flags.alpha : 0) |
    (exif ? flags.exif : 0) |
    (xmp ? flags.xmp : 0);
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return chunk('VP8X', data);
}

/** An encoded WebP with this metadata, and nothing else beside its pixels. */
export function webpWith(
  source: ByteSource,
  info: PictureInfo,
  metadata: PictureMetadata,
): Piece[] {
  const { icc, exif, xmp } = metadata;
  if (!icc && !exif && !xmp) return [{ at: 0, count: source.size }];
  const pixels: Piece[] = [];
  for (const { name, at, size } of chunksOf(source))
    if (['ALPH', 'VP8 ', 'VP8L'].includes(name)) pixels.push({ at, count: 8 + size + (size % 2) });
  const pieces: Piece[] = [
    extended(info, metadata),
    ...(icc ? [chunk('ICCP', icc)] : []),
    ...pixels,
    ...(exif ? [chunk('EXIF', exif)] : []),
    ...(xmp ? [chunk('XMP ', xmp)] : []),
  ];
  const total = pieces.reduce(
    (sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.count),
    0,
  );
  const riff = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  riff.writeUInt32LE(4 + total, 4);
  return [riff, ...pieces];
}
