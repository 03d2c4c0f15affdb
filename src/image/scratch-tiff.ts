/** Rows on their way to an encoder that cannot take them one by one: an uncompressed TIFF on disk. */
import { endianness } from 'node:os';
import { needsBigTiff, type PictureShape, rawBytes } from './formats.ts';

/** Bytes of a strip: small enough to be read in one piece, large enough that there are not too many. */
const stripBytes = 1 << 20;

const types = { short: 3, long: 4, long8: 16 };

/** Bytes of one number by its type. */
const sizes = new Map([
  [types.short, 2],
  [types.long, 4],
  [types.long8, 8],
]);

type Field = [tag: number, type: number, values: number[]];

function fieldsOf(shape: PictureShape, dataAt: number): Field[] {
  const { width, height, channels, depth } = shape;
  const offset = needsBigTiff(rawBytes(shape)) ? types.long8 : types.long;
  const rowBytes = rawBytes(shape) / height;
  const rowsPerStrip = Math.max(1, Math.min(height, Math.floor(stripBytes / rowBytes)));
  const strips = Array.from(
    { length: Math.ceil(height / rowsPerStrip) },
    (_, i) => i * rowsPerStrip,
  );
  const rows = strips.map((first) => Math.min(rowsPerStrip, height - first));
  const hasAlpha = channels === 2 || channels === 4;
  return [
    [256, types.long, [width]],
    [257, types.long, [height]],
    [258, types.short, new Array(channels).fill(depth)],
    [259, types.short, [1]], // no compression
    [262, types.short, [channels < 3 ? 1 : 2]], // black is zero, RGB
    [273, offset, strips.map((first) => dataAt + first * rowBytes)],
    [277, types.short, [channels]],
    [278, types.long, [rowsPerStrip]],
    [279, offset, rows.map((count) => count * rowBytes)],
    [284, types.short, [1]], // samples of a pixel lie together
    ...(hasAlpha ? ([[338, types.short, [2]]] as Field[]) : []), // alpha is not premultiplied
  ];
}

/** Writes numbers in the machine's byte order, which is that of the rows. */
class Block {
  readonly bytes: Buffer;
  readonly #little = endianness() === 'LE';

  constructor(size: number) {
    this.bytes = Buffer.alloc(size);
  }

  put(at: number, size: number, value: number): void {
    if (size < 8)
      this.#little
        ? this.bytes.writeUIntLE(value, at, size)
        : this.bytes.writeUIntBE(value, at, size);
    else if (this.#little) this.bytes.writeBigUInt64LE(BigInt(value), at);
    else this.bytes.writeBigUInt64BE(BigInt(value), at);
  }

  putAll(at: number, size: number, values: number[]): void {
    for (const [index, value] of values.entries()) this.put(at + index * size, size, value);
  }
}

/** All that stands before the rows of an uncompressed TIFF (BigTIFF above 4 GB); the rows follow as they are. */
export function tiffHead(shape: PictureShape): Buffer {
  const isBig = needsBigTiff(rawBytes(shape));
  const word = isBig ? 8 : 4;
  const start = isBig ? 16 : 8;
  const countBytes = isBig ? 8 : 2;
  const sizeOf = ([, type, values]: Field) => (sizes.get(type) as number) * values.length;
  const outside = (field: Field) => (sizeOf(field) > word ? Math.ceil(sizeOf(field) / 8) * 8 : 0);
  const draft = fieldsOf(shape, 0);
  const directoryEnd = start + countBytes + draft.length * (4 + 2 * word) + word;
  const valuesAt = Math.ceil(directoryEnd / 8) * 8;
  const dataAt = draft.reduce((at, field) => at + outside(field), valuesAt);
  const block = new Block(dataAt);
  block.bytes.write(endianness() === 'LE' ? 'II' : 'MM', 'latin1');
  block.put(2, 2, isBig ? 43 : 42);
  if (isBig) block.put(4, 2, 8);
  block.put(isBig ? 8 : 4, word, start);
  block.put(start, countBytes, draft.length);
  let entryAt = start + countBytes;
  let valueAt = valuesAt;
  for (const field of fieldsOf(shape, dataAt)) {
    const [tag, type, values] = field;
    block.put(entryAt, 2, tag);
    block.put(entryAt + 2, 2, type);
    block.put(entryAt + 4, word, values.length);
    const inside = entryAt + 4 + word;
    if (outside(field) > 0) block.put(inside, word, valueAt);
    block.putAll(outside(field) > 0 ? valueAt : inside, sizes.get(type) as number, values);
    valueAt += outside(field);
    entryAt += 4 + 2 * word;
  }
  return block.bytes;
}
