/** Directories that are taken out of one TIFF or EXIF block and put into another. */
import type { ByteSource } from '../data/byte-source.ts';
import { exifTags, subDirectories } from './exif.ts';
import { mostMetadataBytes } from './findings.ts';
import {
  entryValue,
  numbersOf,
  type TiffLayout,
  tiffDirectory,
  typeBytes,
} from './tiff-directory.ts';

/** One tag: its value, where it lies in the file that is kept, or a directory of its own. */
export interface TiffField {
  tag: number;
  type: number;
  count: number;
  /** In the byte order that `little` of the block says it is written in. */
  content: { value: Buffer } | { at: number } | { fields: TiffField[] };
}

const longType = 4;
const depthLimit = 3;

/** RATIONALs are two numbers of four bytes. */
const swapBytes = (type: number) =>
  type === 5 || type === 10 ? 4 : (typeBytes.get(type) as number);

function inOrder(value: Buffer, type: number, isSame: boolean): Buffer {
  const size = swapBytes(type);
  const copy = Buffer.from(value);
  if (isSame || size === 1) return copy;
  if (size === 2) return copy.swap16();
  return size === 4 ? copy.swap32() : copy.swap64();
}

/** The tags of a directory that `keep` names, with all of the directories below, in another byte order. */
export function copiedFields(
  source: ByteSource,
  layout: TiffLayout,
  at: number,
  little: boolean,
  keep: (tag: number) => boolean,
  depth = 0,
): TiffField[] {
  const fields: TiffField[] = [];
  let total = 0;
  for (const entry of tiffDirectory(source, layout, at)?.entries ?? []) {
    const { tag, type, count, size } = entry;
    total += size;
    // Types above 13 are of BigTIFF only.
    if (!keep(tag) || type > 13 || total > mostMetadataBytes) continue;
    if (!subDirectories.has(tag)) {
      const value = inOrder(entryValue(source, entry), type, little === layout.little);
      fields.push({ tag, type, count, content: { value } });
      continue;
    }
    const [below] = depth < depthLimit ? numbersOf(source, layout, entry) : [];
    const inside = below ? copiedFields(source, layout, below, little, () => true, depth + 1) : [];
    if (inside.length > 0)
      fields.push({ tag, type: longType, count: 1, content: { fields: inside } });
  }
  return fields;
}

/** A field of SHORT numbers. */
export function shortField(tag: number, value: number, little: boolean): TiffField {
  const bytes = Buffer.alloc(2);
  little ? bytes.writeUInt16LE(value) : bytes.writeUInt16BE(value);
  return { tag, type: 3, count: 1, content: { value: bytes } };
}

/** A field of one RATIONAL, kept to a ten-thousandth. */
function rationalField(tag: number, value: number, little: boolean): TiffField {
  const bytes = Buffer.alloc(8);
  const below = Number.isInteger(value) ? 1 : 10_000;
  for (const [index, number] of [Math.round(value * below), below].entries())
    little ? bytes.writeUInt32LE(number, 4 * index) : bytes.writeUInt32BE(number, 4 * index);
  return { tag, type: 5, count: 1, content: { value: bytes } };
}

/** The density as TIFF and EXIF say it; without one, square pixels of no size. */
export const densityFields = (density: number | undefined, little: boolean): TiffField[] => [
  rationalField(exifTags.xResolution, density ?? 1, little),
  rationalField(exifTags.yResolution, density ?? 1, little),
  shortField(exifTags.resolutionUnit, density ? 2 : 1, little),
];

/** A directory at offset `at` of a file, with its values and the directories below behind it. */
export function directoryBlock(
  fields: TiffField[],
  { little, big }: Pick<TiffLayout, 'little' | 'big'>,
  at: number,
): Buffer {
  const [countBytes, word] = big ? [8, 8] : [2, 4];
  const entryBytes = 4 + 2 * word;
  const head = Buffer.alloc(countBytes + fields.length * entryBytes + word);
  const parts: Buffer[] = [head];
  let end = head.length;
  const put = (offset: number, size: number, value: number) => {
    if (size === 8 && little) head.writeBigUInt64LE(BigInt(value), offset);
    else if (size === 8) head.writeBigUInt64BE(BigInt(value), offset);
    else if (little) head.writeUIntLE(value, offset, size);
    else head.writeUIntBE(value, offset, size);
  };
  const append = (part: Buffer) => {
    parts.push(part);
    const offset = at + end;
    if (part.length % 2) parts.push(Buffer.alloc(1));
    end += part.length + (part.length % 2);
    return offset;
  };
  put(0, countBytes, fields.length);
  const sorted = [...fields].sort((a, b) => a.tag - b.tag);
  for (const [index, { tag, type, count, content }] of sorted.entries()) {
    const entry = countBytes + index * entryBytes;
    const inside = entry + 4 + word;
    put(entry, 2, tag);
    put(entry + 2, 2, type);
    put(entry + 4, word, count);
    if ('at' in content) put(inside, word, content.at);
    else if ('fields' in content)
      // Four bytes of LONG at the front of the word.
      put(inside, 4, append(directoryBlock(content.fields, { little, big }, at + end)));
    else if (content.value.length <= word) head.set(content.value, inside);
    else put(inside, word, append(content.value));
  }
  return Buffer.concat(parts);
}
