/** Metadata in TIFF: tags of its first directory. */
import { type ByteSource, sourceOf } from '../data/byte-source.ts';
import { exifTags } from './exif.ts';
import { Findings, mostMetadataBytes } from './findings.ts';
import type { PictureMetadata } from './picture.ts';
import type { Piece } from './splice.ts';
import {
  entryValue,
  numbersOf,
  type TiffDirectory,
  type TiffEntry,
  type TiffLayout,
  tiffDirectory,
  tiffLayout,
} from './tiff-directory.ts';
import { copiedFields, densityFields, directoryBlock, type TiffField } from './tiff-fields.ts';

const tags = { compression: 259, xmp: 700, iptc: 33723, icc: 34675 };

/** What describes the photograph and not how the pixels lie in this file. */
const descriptive: ReadonlySet<number> = new Set([
  269, // DocumentName
  270, // ImageDescription
  271, // Make
  272, // Model
  exifTags.orientation,
  305, // Software
  306, // DateTime
  315, // Artist
  316, // HostComputer
  18246, // Rating
  33432, // Copyright
  ...[40091, 40092, 40093, 40094, 40095], // title, comment, author, keywords, subject
  exifTags.exif,
  exifTags.gps,
]);

const resolution: ReadonlySet<number> = new Set([
  exifTags.xResolution,
  exifTags.yResolution,
  exifTags.resolutionUnit,
]);

function rational(
  source: ByteSource,
  { little }: TiffLayout,
  entry: TiffEntry | undefined,
): number {
  if (entry?.type !== 5 || entry.count !== 1) return Number.NaN;
  const value = entryValue(source, entry);
  const number = (at: number) => (little ? value.readUInt32LE(at) : value.readUInt32BE(at));
  return number(0) / number(4);
}

function readDensity(
  found: Findings,
  source: ByteSource,
  layout: TiffLayout,
  directory: TiffDirectory,
): void {
  const entry = (tag: number) => directory.entries.find((one) => one.tag === tag);
  const unit = entry(exifTags.resolutionUnit);
  const value = unit && entryValue(source, unit);
  const units = unit?.type === 3 && value ? value[layout.little ? 0 : 1] : 2;
  const perInch = units === 2 ? 1 : units === 3 ? 2.54 : Number.NaN;
  const horizontal = rational(source, layout, entry(exifTags.xResolution)) * perInch;
  const vertical = rational(source, layout, entry(exifTags.yResolution)) * perInch;
  if (Number.isFinite(horizontal) && Number.isFinite(vertical)) found.density(horizontal, vertical);
}

/** The density that an EXIF block names, where the format itself names none. */
export function exifDensity(found: Findings, exif: Buffer): void {
  const source = sourceOf(exif);
  const layout = tiffLayout(source);
  const directory = layout && tiffDirectory(source, layout, layout.first);
  if (layout && directory) readDensity(found, source, layout, directory);
}

const blockHead = (little: boolean) =>
  Buffer.from(little ? 'II*\0\x08\0\0\0' : 'MM\0*\0\0\0\x08', 'latin1');

/** A block of its own from these tags. */
function exifBlock(fields: TiffField[], little: boolean): Buffer {
  return Buffer.concat([
    blockHead(little),
    directoryBlock(fields, { little, big: false }, blockHead(little).length),
  ]);
}

/** An EXIF block that holds the density alone: for formats that say it in no other way. */
export const densityBlock = (density: number): Buffer =>
  exifBlock(densityFields(density, true), true);

/** The number of a TIFF's compression; 1, which is none, where it says nothing. */
export function tiffCompression(source: ByteSource): number {
  const layout = tiffLayout(source);
  const directory = layout && tiffDirectory(source, layout, layout.first);
  const entry = directory?.entries.find(({ tag }) => tag === tags.compression);
  return (layout && entry && numbersOf(source, layout, entry)[0]) ?? 1;
}

/** ICC, EXIF, XMP and density of a TIFF. Never throws for what the file holds. */
export function readTiff(source: ByteSource): Findings {
  const found = new Findings();
  const layout = tiffLayout(source);
  const directory = layout && tiffDirectory(source, layout, layout.first);
  if (!layout || !directory) return found;
  const value = (tag: number) => {
    const entry = directory.entries.find((one) => one.tag === tag);
    return entry && entry.size <= mostMetadataBytes ? entryValue(source, entry) : undefined;
  };
  const [icc, xmp] = [value(tags.icc), value(tags.xmp)];
  if (icc) found.keep('icc', icc);
  if (xmp) found.keep('xmp', xmp);
  if (value(tags.iptc)) found.note('IPTC is not kept');
  readDensity(found, source, layout, directory);
  const keep = (tag: number) => descriptive.has(tag) || resolution.has(tag);
  const fields = copiedFields(source, layout, layout.first, layout.little, keep);
  const isMore = ({ tag }: TiffField) => !resolution.has(tag) && tag !== exifTags.orientation;
  const isTurned = (directory.entries ?? []).some(
    (entry) =>
      entry.tag === exifTags.orientation && entryValue(source, entry)[layout.little ? 0 : 1] !== 1,
  );
  if (fields.some(isMore) || isTurned) found.keep('exif', exifBlock(fields, layout.little));
  return found;
}

/** The tags of an EXIF block that describe the photograph, in the byte order of the file. */
function fieldsOfExif(exif: Buffer, little: boolean): TiffField[] {
  const source = sourceOf(exif);
  const layout = tiffLayout(source);
  if (!layout) return [];
  return copiedFields(source, layout, layout.first, little, (tag) => descriptive.has(tag));
}

function blobField(tag: number, type: number, value: Buffer): TiffField {
  return { tag, type, count: value.length, content: { value } };
}

/** The encoder's own tags: what lies elsewhere in the file stays where it lies. */
function keptFields(
  source: ByteSource,
  { big }: TiffLayout,
  directory: TiffDirectory,
  replaced: ReadonlySet<number>,
): TiffField[] {
  const word = big ? 8 : 4;
  return directory.entries
    .filter(({ tag }) => !replaced.has(tag))
    .map((entry) => {
      const { tag, type, count, size, valueAt } = entry;
      const content = size <= word ? { value: entryValue(source, entry) } : { at: valueAt };
      return { tag, type, count, content };
    });
}

/** An encoded TIFF with this metadata: a new directory behind the pixels takes the first one's place. */
export function tiffWith(
  source: ByteSource,
  { icc, exif, xmp, density }: PictureMetadata,
): Piece[] {
  const layout = tiffLayout(source);
  const directory = layout && tiffDirectory(source, layout, layout.first);
  if (!layout || !directory) throw new Error('the encoder wrote a TIFF without a directory');
  const { little, big } = layout;
  const added = [
    ...(icc ? [blobField(tags.icc, 7, icc)] : []),
    ...(xmp ? [blobField(tags.xmp, 1, xmp)] : []),
    ...(exif ? fieldsOfExif(exif, little) : []),
    ...densityFields(density, little),
  ];
  const replaced = new Set(added.map(({ tag }) => tag));
  const fields = [...keptFields(source, layout, directory, replaced), ...added];
  const at = source.size + (source.size % 2);
  const head = Buffer.from(source.bytes(0, big ? 16 : 8));
  if (big) little ? head.writeBigUInt64LE(BigInt(at), 8) : head.writeBigUInt64BE(BigInt(at), 8);
  else little ? head.writeUInt32LE(at, 4) : head.writeUInt32BE(at, 4);
  return [
    head,
    { at: head.length, count: source.size - head.length },
    Buffer.alloc(at - source.size),
    directoryBlock(fields, layout, at),
  ];
}
