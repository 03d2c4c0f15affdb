/** Pictures in memory, for tests of what reads and writes rows. */
import type { PictureInfo, RowReader, Rows, RowWriter } from '../src/image/picture.ts';
import { Random } from '../src/rng.ts';

export interface MemoryPicture {
  info: PictureInfo;
  rows: Rows;
}

type Kind = Pick<PictureInfo, 'width' | 'height' | 'channels' | 'depth'>;

const arrayOf = (depth: 8 | 16, length: number): Rows =>
  depth === 8 ? new Uint8Array(length) : new Uint16Array(length);

/** Smooth waves with some noise; alpha is 0, full and between in places. */
export function testPicture(kind: Kind, seed = 1): MemoryPicture {
  const { width, height, channels, depth } = kind;
  const random = new Random(seed, 1, 0);
  const most = 2 ** depth - 1;
  const rows = arrayOf(depth, width * height * channels);
  for (let i = 0; i < rows.length; i++) {
    const [c, x, y] = [
      i % channels,
      Math.floor(i / channels) % width,
      Math.floor(i / channels / width),
    ];
    const wave =
      0.5 + 0.4 * Math.sin(x / (2 + c) + seed) * Math.cos(y / 3) + 0.1 * random.uniform();
    const isAlpha = channels % 2 === 0 && c === channels - 1;
    const value = isAlpha ? Math.min(1, Math.max(0, 3 * Math.sin(x / 9) + 1)) : wave;
    rows[i] = Math.round(value * most);
  }
  return { info: { ...kind, metadata: {} }, rows };
}

export function readerOf({ info, rows }: MemoryPicture): RowReader {
  let at = 0;
  return {
    info,
    notes: [],
    read: async (count) => {
      const from = at;
      at += count * info.width * info.channels;
      if (at > rows.length) throw new Error('asked for more rows than there are');
      return rows.subarray(from, at);
    },
    rewind: async () => {
      at = 0;
    },
    close: async () => {},
  };
}

/** Collects rows; `picture` throws unless exactly all came. */
export function collector(info: PictureInfo): RowWriter & { picture: () => MemoryPicture } {
  const rows = arrayOf(info.depth, info.width * info.height * info.channels);
  let at = 0;
  return {
    write: async (more) => {
      rows.set(more as Uint8Array, at);
      at += more.length;
    },
    finish: async () => at,
    discard: async () => {},
    picture: () => {
      if (at !== rows.length) throw new Error(`${at} of ${rows.length} samples were written`);
      return { info, rows };
    },
  };
}
