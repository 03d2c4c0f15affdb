/**
 * TIFF directories, as they stand in TIFF and BigTIFF files and in EXIF blocks. Every number in them may
 * be a lie: whatever leads outside the file is left out.
 */
import type { ByteSource } from '../data/byte-source.ts';

export interface TiffLayout {
  little: boolean;
  /** BigTIFF: 8-byte offsets. */
  big: boolean;
  /** Where the first directory lies. */
  first: number;
}

export interface TiffEntry {
  tag: number;
  type: number;
  count: number;
  /** Where the entry itself lies. */
  at: number;
  /** Where its value lies, and how many bytes it has. */
  valueAt: number;
  size: number;
}

export interface TiffDirectory {
  entries: TiffEntry[];
  /** Where the offset of the next directory is written. */
  nextAt: number;
  /** Where the next directory lies; 0 for none. */
  next: number;
}

/** Bytes of one value by its type; types that do not exist are left out. */
export const typeBytes: ReadonlyMap<number, number> = new Map([
  [1, 1], // BYTE
  [2, 1], // ASCII
  [3, 2], // SHORT
  [4, 4], // LONG
  [5, 8], // RATIONAL
  [6, 1],
  [7, 1], // UNDEFINED
  [8, 2],
  [9, 4],
  [10, 8],
  [11, 4],
  [12, 8],
  [13, 4], // IFD
  [16, 8], // LONG8
  [17, 8],
  [18, 8], // IFD8
]);

const mostEntries = 1000;

/** Whole numbers of a block in its own byte order; NaN where the block ends. */
export class TiffNumbers {
  readonly #source: ByteSource;
  readonly #little: boolean;

  constructor(source: ByteSource, little: boolean) {
    this.#source = source;
    this.#little = little;
  }

  at(offset: number, bytes: number): number {
    const found = this.#source.bytes(offset, bytes);
    if (found.length < bytes) return Number.NaN;
    if (bytes < 8) return this.#little ? found.readUIntLE(0, bytes) : found.readUIntBE(0, bytes);
    return Number(this.#little ? found.readBigUInt64LE(0) : found.readBigUInt64BE(0));
  }
}

/** The header of a TIFF file or EXIF block, or nothing when it is none. */
export function tiffLayout(source: ByteSource): TiffLayout | undefined {
  const mark = source.bytes(0, 4).toString('latin1');
  if (!['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(mark)) return undefined;
  const little = mark.startsWith('I');
  const big = mark.includes('+');
  const numbers = new TiffNumbers(source, little);
  const first = big ? numbers.at(8, 8) : numbers.at(4, 4);
  return Number.isSafeInteger(first) ? { little, big, first } : undefined;
}

/** The directory at an offset, without the entries that lead outside the file; nothing if there is none. */
export function tiffDirectory(
  source: ByteSource,
  { little, big }: TiffLayout,
  at: number,
): TiffDirectory | undefined {
  const numbers = new TiffNumbers(source, little);
  const [countBytes, word] = big ? [8, 8] : [2, 4];
  const entryBytes = 4 + 2 * word;
  const count = at >= 8 ? numbers.at(at, countBytes) : Number.NaN;
  const start = at + countBytes;
  const nextAt = start + count * entryBytes;
  if (!(count <= mostEntries) || nextAt > source.size) return undefined;
  const entries: TiffEntry[] = [];
  for (let entryAt = start; entryAt < nextAt; entryAt += entryBytes) {
    const [tag, type] = [numbers.at(entryAt, 2), numbers.at(entryAt + 2, 2)];
    const values = numbers.at(entryAt + 4, word);
    const size = values * (typeBytes.get(type) ?? Number.NaN);
    const fieldAt = entryAt + 4 + word;
    const valueAt = size <= word ? fieldAt : numbers.at(fieldAt, word);
    if (valueAt + size <= source.size)
      entries.push({ tag, type, count: values, at: entryAt, valueAt, size });
  }
  return { entries, nextAt, next: numbers.at(nextAt, word) || 0 };
}

/** The bytes of an entry's value, in the block's byte order. */
export const entryValue = (source: ByteSource, entry: TiffEntry): Buffer =>
  source.bytes(entry.valueAt, entry.size);

/** The values of a BYTE, SHORT, LONG, IFD or LONG8 entry; of any other none. */
export function numbersOf(source: ByteSource, { little }: TiffLayout, entry: TiffEntry): number[] {
  if (![1, 3, 4, 13, 16, 18].includes(entry.type)) return [];
  const each = typeBytes.get(entry.type) as number;
  const block: ByteSource = {
    size: entry.size,
    bytes: (at, count) => value.subarray(at, at + count),
  };
  const value = entryValue(source, entry);
  const numbers = new TiffNumbers(block, little);
  return Array.from({ length: entry.count }, (_, index) => numbers.at(index * each, each));
}
