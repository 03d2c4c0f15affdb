/**
 * EXIF blocks, changed in place: every tag that is not named here keeps its bytes and its place, so that
 * camera makers' notes, whose offsets nobody else knows, still hold.
 */
import { sourceOf } from '../data/byte-source.ts';
import {
  numbersOf,
  type TiffDirectory,
  type TiffEntry,
  type TiffLayout,
  tiffDirectory,
  tiffLayout,
  typeBytes,
} from './tiff-directory.ts';

export const exifTags = {
  width: 256,
  height: 257,
  stripOffsets: 273,
  orientation: 274,
  stripByteCounts: 279,
  xResolution: 282,
  yResolution: 283,
  resolutionUnit: 296,
  thumbnailAt: 513,
  thumbnailBytes: 514,
  exif: 34665,
  gps: 34853,
  interoperability: 40965,
  pixelWidth: 40962,
  pixelHeight: 40963,
} as const;

/** Tags whose value is the place of another directory. */
export const subDirectories: ReadonlySet<number> = new Set([
  exifTags.exif,
  exifTags.gps,
  exifTags.interoperability,
]);

interface Range {
  from: number;
  to: number;
}

interface Exif {
  layout: TiffLayout;
  main: TiffDirectory;
  /** The main directory and those that it leads to, without the thumbnail's. */
  directories: TiffDirectory[];
  used: Range[];
}

const rangesOf = (directory: TiffDirectory, at: number): Range[] => [
  { from: at, to: directory.nextAt + 4 },
  ...directory.entries.map(({ valueAt, size }) => ({ from: valueAt, to: valueAt + size })),
];

function parse(block: Buffer): Exif | undefined {
  const source = sourceOf(block);
  const layout = tiffLayout(source);
  const main = layout && !layout.big && tiffDirectory(source, layout, layout.first);
  if (!layout || !main) return undefined;
  const directories = [main];
  const used = [{ from: 0, to: 8 }, ...rangesOf(main, layout.first)];
  // Directories are found while the list grows; a circle would find the same ones again.
  const seen = new Set([layout.first]);
  for (const { entries } of directories)
    for (const entry of entries) {
      const [at] = subDirectories.has(entry.tag) ? numbersOf(source, layout, entry) : [];
      const directory = at && !seen.has(at) ? tiffDirectory(source, layout, at) : undefined;
      if (!at || !directory) continue;
      seen.add(at);
      directories.push(directory);
      used.push(...rangesOf(directory, at));
    }
  return { layout, main, directories, used };
}

/** Writes a number into an entry of one whole number, which is made larger where it does not fit. */
function put(block: Buffer, { little }: TiffLayout, entry: TiffEntry, value: number): void {
  const isWhole = [1, 3, 4].includes(entry.type) && entry.count === 1;
  if (!isWhole) return;
  const fits = value < 256 ** (typeBytes.get(entry.type) as number);
  const type = fits ? entry.type : 4;
  const size = typeBytes.get(type) as number;
  block.fill(0, entry.at + 8, entry.at + 12);
  if (little) {
    block.writeUInt16LE(type, entry.at + 2);
    block.writeUIntLE(value, entry.at + 8, size);
  } else {
    block.writeUInt16BE(type, entry.at + 2);
    block.writeUIntBE(value, entry.at + 8, size);
  }
}

/** The thumbnail's directory, its values and its pixels. */
function thumbnailRanges(block: Buffer, layout: TiffLayout, at: number): Range[] {
  const source = sourceOf(block);
  const directory = tiffDirectory(source, layout, at);
  if (!directory) return [];
  const numbers = (tag: number) => {
    const entry = directory.entries.find((one) => one.tag === tag);
    return entry ? numbersOf(source, layout, entry) : [];
  };
  const pixels = (starts: number[], sizes: number[]) =>
    starts.map((from, index) => ({ from, to: from + (sizes[index] ?? 0) }));
  return [
    ...rangesOf(directory, at),
    ...pixels(numbers(exifTags.thumbnailAt), numbers(exifTags.thumbnailBytes)),
    ...pixels(numbers(exifTags.stripOffsets), numbers(exifTags.stripByteCounts)),
  ].filter(({ to }) => to <= block.length);
}

/** Zeros what the thumbnail had to itself, and cuts it off where it was the end of the block. */
function erase(block: Buffer, ranges: Range[], used: Range[]): Buffer {
  const own = ranges.filter(({ from, to }) => !used.some((one) => from < one.to && one.from < to));
  for (const { from, to } of own) block.fill(0, from, to);
  let end = block.length;
  // Makers pad between the parts to even places.
  for (const { from, to } of own.sort((a, b) => b.to - a.to))
    if (to + 1 >= end) end = Math.min(end, from);
  return block.subarray(0, end);
}

/** An EXIF block without its thumbnail (which would still show the small picture), or nothing when it is damaged. */
export function withoutThumbnail(exif: Buffer): Buffer | undefined {
  const block = Buffer.from(exif);
  const found = parse(block);
  if (!found) return undefined;
  const { layout, main, used } = found;
  if (main.next === 0) return block;
  block.fill(0, main.nextAt, main.nextAt + 4);
  return erase(block, thumbnailRanges(block, layout, main.next), used);
}

/** What is written over the old numbers, where an EXIF block has them. */
export interface ExifChanges {
  orientation?: number;
  width?: number;
  height?: number;
}

/** An EXIF block with other numbers, or nothing when it is damaged. */
export function changedExif(exif: Buffer, changes: ExifChanges): Buffer | undefined {
  const block = Buffer.from(exif);
  const found = parse(block);
  if (!found) return undefined;
  const values = new Map<number, number | undefined>([
    [exifTags.orientation, changes.orientation],
    [exifTags.width, changes.width],
    [exifTags.pixelWidth, changes.width],
    [exifTags.height, changes.height],
    [exifTags.pixelHeight, changes.height],
  ]);
  for (const { entries } of found.directories)
    for (const entry of entries) {
      const value = values.get(entry.tag);
      if (value !== undefined) put(block, found.layout, entry, value);
    }
  return block;
}
