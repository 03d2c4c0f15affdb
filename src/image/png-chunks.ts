/** Metadata in PNG: chunks of length, type, data and CRC. */
import { deflateSync, inflateSync } from 'node:zlib';
import { crc32 } from '@node-rs/crc32';
import type { ByteSource } from '../data/byte-source.ts';
import { Findings, mostMetadataBytes, mostParts, withoutExifMark } from './findings.ts';
import type { PictureMetadata } from './picture.ts';
import type { Piece } from './splice.ts';

interface Chunk {
  type: string;
  at: number;
  size: number;
}

const xmpKeyword = 'XML:com.adobe.xmp';
const metresPerInch = 0.0254;

/** The chunks from the first to the last, as far as their lengths can be followed. */
function* chunksOf(source: ByteSource): Generator<Chunk> {
  for (let at = 8, count = 0; count < mostParts; count++) {
    const head = source.bytes(at, 8);
    if (head.length < 8) return;
    const size = head.readUInt32BE(0);
    const type = head.toString('latin1', 4, 8);
    yield { type, at, size };
    if (type === 'IEND') return;
    at += 12 + size;
  }
}

/** The data of a chunk, or nothing when it is too large or its CRC says that it is damaged. */
function dataOf(source: ByteSource, { at, size }: Chunk): Buffer | undefined {
  if (size > mostMetadataBytes) return undefined;
  const whole = source.bytes(at + 4, size + 8);
  if (whole.length < size + 8) return undefined;
  const data = whole.subarray(4, 4 + size);
  return crc32(whole.subarray(0, 4 + size)) === whole.readUInt32BE(4 + size) ? data : undefined;
}

function inflated(data: Buffer): Buffer | undefined {
  try {
    return inflateSync(data, { maxOutputLength: mostMetadataBytes });
  } catch {
    return undefined;
  }
}

/** Where the text that begins at `from` and ends with a zero byte ends; -1 if it does not. */
const endOfText = (data: Buffer, from: number) => data.indexOf(0, from);

function profileOf(data: Buffer): Buffer | undefined {
  const end = endOfText(data, 0);
  return end > 0 && data[end + 1] === 0 ? inflated(data.subarray(end + 2)) : undefined;
}

/** keyword, 0, compressed, method, language, 0, translated keyword, 0, text. */
function xmpOf(data: Buffer): Buffer | undefined {
  const keyword = endOfText(data, 0);
  const language = endOfText(data, keyword + 3);
  const translated = language < 0 ? -1 : endOfText(data, language + 1);
  if (translated < 0) return undefined;
  const text = data.subarray(translated + 1);
  return data[keyword + 1] === 1 ? inflated(text) : text;
}

/** Gamma and chromaticities of sRGB, as they stand in gAMA and cHRM. */
const srgbNumbers: Readonly<Record<string, readonly number[]>> = {
  gAMA: [45455],
  cHRM: [31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000],
};

function isSrgb(type: string, data: Buffer): boolean {
  return (srgbNumbers[type] ?? []).every(
    (value, index) =>
      4 * index + 4 <= data.length && Math.abs(data.readUInt32BE(4 * index) - value) <= 10,
  );
}

function readDensity(found: Findings, data: Buffer | undefined): void {
  if (data?.length !== 9) found.damaged('density');
  else if (data[8] === 1)
    found.density(data.readUInt32BE(0) * metresPerInch, data.readUInt32BE(4) * metresPerInch);
}

function readText(found: Findings, type: string, data: Buffer): void {
  const keyword = data.toString('latin1', 0, Math.max(0, endOfText(data, 0)));
  if (type === 'iTXt' && keyword === xmpKeyword) found.keep('xmp', xmpOf(data));
  else if (keyword !== 'Software') found.note('PNG texts other than XMP are not kept');
}

function read(found: Findings, chunk: Chunk, source: ByteSource): void {
  const data = dataOf(source, chunk);
  switch (chunk.type) {
    case 'pHYs':
      readDensity(found, data);
      break;
    case 'iCCP':
      found.keep('icc', data && profileOf(data));
      break;
    case 'eXIf':
      found.keep('exif', data && withoutExifMark(data));
      break;
    default:
      if (data) readText(found, chunk.type, data);
      else found.damaged('text');
  }
}

const metadataTypes = new Set(['iCCP', 'eXIf', 'iTXt', 'tEXt', 'zTXt', 'pHYs']);

/** ICC, EXIF, XMP and density of a PNG. Never throws for what the file holds. */
export function readPng(source: ByteSource): Findings {
  const found = new Findings();
  let otherColours = false;
  let isTagged = false;
  for (const chunk of chunksOf(source)) {
    if (metadataTypes.has(chunk.type)) read(found, chunk, source);
    if (chunk.type === 'acTL') found.note('only the still picture of an animated PNG is read');
    if (chunk.type === 'cICP') otherColours = true;
    if (chunk.type === 'sRGB' || chunk.type === 'iCCP') isTagged = true;
    if (chunk.type in srgbNumbers && !isSrgb(chunk.type, dataOf(source, chunk) ?? Buffer.alloc(0)))
      otherColours = true;
  }
  if (otherColours && !isTagged) found.note('PNG gamma, chromaticities and cICP are not kept');
  return found;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

function density(pixelsPerInch: number): Buffer {
  const data = Buffer.alloc(9, 1);
  const perMetre = Math.round(pixelsPerInch / metresPerInch);
  data.writeUInt32BE(perMetre, 0);
  data.writeUInt32BE(perMetre, 4);
  return data;
}

const internationalText = (keyword: string, text: Uint8Array) =>
  chunk('iTXt', Buffer.concat([Buffer.from(`${keyword}\0\0\0\0\0`, 'latin1'), text]));

function chunksFor(metadata: PictureMetadata, provenance: string | undefined): Buffer[] {
  const { icc, exif, xmp, density: pixelsPerInch } = metadata;
  return [
    ...(icc ? [chunk('iCCP', Buffer.concat([Buffer.from('ICC\0\0'), deflateSync(icc)]))] : []),
    ...(pixelsPerInch ? [chunk('pHYs', density(pixelsPerInch))] : []),
    ...(exif ? [chunk('eXIf', exif)] : []),
    ...(xmp ? [internationalText(xmpKeyword, xmp)] : []),
    ...(provenance ? [internationalText('Software', Buffer.from(provenance))] : []),
  ];
}

/** Length, type, 13 bytes, CRC, behind the signature. */
const headerEnd = 8 + 12 + 13;

/** An encoded PNG with this metadata, and nothing else beside its pixels. */
export function pngWith(
  source: ByteSource,
  metadata: PictureMetadata,
  provenance: string | undefined,
): Piece[] {
  const kept: Piece[] = [];
  for (const { type, at, size } of chunksOf(source)) {
    if (type === 'IDAT')
      return [
        source.bytes(0, headerEnd),
        ...chunksFor(metadata, provenance),
        ...kept,
        { at, count: source.size - at },
      ];
    if (type === 'PLTE' || type === 'tRNS') kept.push({ at, count: 12 + size });
  }
  throw new Error('the encoder wrote a PNG without pixels');
}
