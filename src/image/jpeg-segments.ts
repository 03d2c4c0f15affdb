/** Metadata in JPEG: segments of a marker, a length of two bytes and data, before the pixels. */
import type { ByteSource } from '../data/byte-source.ts';
import { Findings, mostMetadataBytes, mostParts } from './findings.ts';
import type { PictureMetadata } from './picture.ts';
import type { Piece } from './splice.ts';

interface Segment {
  marker: number;
  at: number;
  data: Buffer;
}

const markers = { app0: 0xe0, app1: 0xe1, app2: 0xe2, app13: 0xed, comment: 0xfe, scan: 0xda };
const prefixes = {
  jfif: Buffer.from('JFIF\0', 'latin1'),
  exif: Buffer.from('Exif\0\0', 'latin1'),
  xmp: Buffer.from('http://ns.adobe.com/xap/1.0/\0', 'latin1'),
  moreXmp: Buffer.from('http://ns.adobe.com/xmp/extension/\0', 'latin1'),
  icc: Buffer.from('ICC_PROFILE\0', 'latin1'),
};
const iptc = Buffer.from('8BIM\x04\x04', 'latin1');

/** Data of one segment at most. */
export const mostSegmentBytes = 65533;
/** What of it an EXIF block or an XMP packet can take. */
export const mostExifInJpeg = mostSegmentBytes - prefixes.exif.length;
export const mostXmpInJpeg = mostSegmentBytes - prefixes.xmp.length;
const iccPartBytes = mostSegmentBytes - prefixes.icc.length - 2;

/** The segments before the pixels, as far as they can be followed. */
function* segmentsOf(source: ByteSource): Generator<Segment> {
  for (let at = 2, count = 0; count < mostParts; count++) {
    const head = source.bytes(at, 4);
    if (head.length < 4 || head[0] !== 0xff) return;
    const marker = head[1] as number;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    const size = head.readUInt16BE(2);
    const data = source.bytes(at + 4, Math.max(0, size - 2));
    if (marker === markers.scan || size < 2 || data.length < size - 2) return;
    yield { marker, at, data };
    at += 2 + size;
  }
}

const startsWith = (data: Buffer, prefix: Buffer) => data.subarray(0, prefix.length).equals(prefix);

/** Parts of a profile: number, count, bytes. They may come in any order but must all be there. */
function joined(parts: Buffer[]): Buffer | undefined {
  const count = parts[0]?.[1];
  const inOrder = [...parts].sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  const isWhole = parts.length === count && inOrder.every((part, i) => part[0] === i + 1);
  return isWhole ? Buffer.concat(inOrder.map((part) => part.subarray(2))) : undefined;
}

/** Units, then two densities: 1 per inch, 2 per centimetre. */
function readDensity(found: Findings, data: Buffer): void {
  if (data.length < 12) {
    found.damaged('density');
    return;
  }
  const perInch = [0, 1, 2.54][data[7] as number] ?? 0;
  if (perInch > 0) found.density(data.readUInt16BE(8) * perInch, data.readUInt16BE(10) * perInch);
}

function read(found: Findings, parts: Buffer[], { marker, data }: Segment): void {
  const { app0, app1, app2, app13 } = markers;
  if (marker === app0 && startsWith(data, prefixes.jfif)) readDensity(found, data);
  if (marker === app1 && startsWith(data, prefixes.exif))
    found.keep('exif', data.subarray(prefixes.exif.length));
  if (marker === app1 && startsWith(data, prefixes.xmp))
    found.keep('xmp', data.subarray(prefixes.xmp.length));
  if (marker === app1 && startsWith(data, prefixes.moreXmp)) found.note('extended XMP is not kept');
  if (marker === app2 && startsWith(data, prefixes.icc))
    parts.push(data.subarray(prefixes.icc.length));
  if (marker === app13 && data.includes(iptc)) found.note('IPTC is not kept');
}

/** ICC, EXIF, XMP and density of a JPEG. Never throws for what the file holds. */
export function readJpeg(source: ByteSource): Findings {
  const found = new Findings();
  const parts: Buffer[] = [];
  for (const segment of segmentsOf(source)) read(found, parts, segment);
  if (parts.length === 0) return found;
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  found.keep('icc', size > mostMetadataBytes ? undefined : joined(parts));
  return found;
}

function segment(marker: number, ...data: Uint8Array[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  const whole = Buffer.concat([head, ...data]);
  whole.writeUInt16BE(whole.length - 2, 2);
  return whole;
}

/** JFIF 1.1 without a thumbnail; 1:1 without a unit where the density is not known. */
function jfif(density: number | undefined): Buffer {
  const perInch = Math.round(density ?? 0);
  const isKnown = perInch >= 1 && perInch <= 0xffff;
  const data = Buffer.from([1, 1, isKnown ? 1 : 0, 0, 1, 0, 1, 0, 0]);
  if (isKnown) for (const at of [3, 5]) data.writeUInt16BE(perInch, at);
  return segment(markers.app0, prefixes.jfif, data);
}

function profile(icc: Buffer): Buffer[] {
  const count = Math.ceil(icc.length / iccPartBytes);
  return Array.from({ length: count }, (_, index) => {
    const part = icc.subarray(index * iccPartBytes, (index + 1) * iccPartBytes);
    return segment(markers.app2, prefixes.icc, Buffer.from([index + 1, count]), part);
  });
}

/** An encoded JPEG with this metadata, and nothing else beside its pixels. */
export function jpegWith(
  source: ByteSource,
  { icc, exif, xmp, density }: PictureMetadata,
  provenance: string | undefined,
): Piece[] {
  const comment = Buffer.from(provenance ?? '').subarray(0, mostSegmentBytes);
  const pieces: Piece[] = [
    Buffer.from([0xff, 0xd8]),
    jfif(density),
    ...(exif ? [segment(markers.app1, prefixes.exif, exif)] : []),
    ...(xmp ? [segment(markers.app1, prefixes.xmp, xmp)] : []),
    ...(icc ? profile(icc) : []),
    ...(comment.length > 0 ? [segment(markers.comment, comment)] : []),
  ];
  const { app0, app1, app2, comment: comments } = markers;
  for (const { marker, at } of segmentsOf(source))
    if (![app0, app1, app2, comments].includes(marker))
      return [...pieces, { at, count: source.size - at }];
  throw new Error('the encoder wrote a JPEG without pixels');
}
