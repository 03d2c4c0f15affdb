/**
 * What a conditioned network goes by, of a whole picture: all windows of it get the same, so that they fit
 * together. The picture is read once for it, in strips, and rewound.
 */
import type { PictureInfo, RowReader } from '../image/picture.ts';
import { type Part, Strip } from './strip.ts';

interface Size {
  height: number;
  width: number;
}

/** Takes the statistics of windows: means of absolute values, then root mean squares. */
export interface ConditionEngine {
  /** Pixels around a window that it also looks at. */
  readonly reach: number;
  /** Planes (3, height + 2 reach, width + 2 reach) -> the statistics of height x width pixels. */
  measure(planes: Float32Array, size: Size): Promise<Float32Array>;
}

export interface PictureCondition {
  readonly colours: Float32Array;
  /** Of alpha, which goes through the network like a gray picture; nothing where that is not wanted. */
  readonly alpha: Float32Array | undefined;
}

const side = 256;

/** Joins the statistics of parts to those of the whole. */
class JoinedStatistics {
  #pixels = 0;
  #sums = new Float64Array();

  add(found: Float32Array, pixels: number): void {
    if (this.#pixels === 0) this.#sums = new Float64Array(found.length);
    this.#pixels += pixels;
    for (const [i, value] of found.entries()) {
      this.#sums[i] =
        (this.#sums[i] as number) + pixels * (i < found.length / 2 ? value : value ** 2);
    }
  }

  joined(): Float32Array {
    const means = this.#sums.map((sum) => sum / this.#pixels);
    return Float32Array.from(means, (mean, i) => (i < means.length / 2 ? mean : Math.sqrt(mean)));
  }
}

/** Planes of a part of a picture within those of `frame`, which may reach past the picture: 0 there. */
function framed(planes: Float32Array, part: Part, frame: Part): Float32Array {
  const result = new Float32Array(3 * frame.height * frame.width);
  const [down, right] = [part.top - frame.top, part.left - frame.left];
  for (let row = 0; row < 3 * part.height; row++) {
    const [plane, y] = [Math.floor(row / part.height), row % part.height];
    const to = (plane * frame.height + down + y) * frame.width + right;
    result.set(planes.subarray(row * part.width, (row + 1) * part.width), to);
  }
  return result;
}

/** What of a frame lies within a picture. */
function within(frame: Part, { height, width }: Size): Part {
  const [top, left] = [Math.max(0, frame.top), Math.max(0, frame.left)];
  return {
    top,
    left,
    height: Math.min(height, frame.top + frame.height) - top,
    width: Math.min(width, frame.left + frame.width) - left,
  };
}

/** Bytes that it needs beside the reader. */
export function conditionMemory(picture: PictureInfo, { reach }: ConditionEngine): number {
  const rows = Math.min(side + 2 * reach, picture.height);
  const planes = 2 * 4 * 3 * (side + 2 * reach) ** 2;
  return (rows * picture.width * picture.channels * picture.depth) / 8 + planes;
}

/** Reads the whole picture and leaves the reader at its first row. */
export async function conditionOf(
  reader: RowReader,
  engine: ConditionEngine,
  wantsAlpha: boolean,
): Promise<PictureCondition> {
  const { info } = reader;
  const { reach } = engine;
  const strip = new Strip(reader, side + 2 * reach);
  const [colours, alpha] = [new JoinedStatistics(), new JoinedStatistics()];
  for (let top = 0; top < info.height; top += side) {
    const height = Math.min(side, info.height - top);
    const rows = within({ top: top - reach, left: 0, height: height + 2 * reach, width: 1 }, info);
    await strip.advance(rows.top, rows.height);
    for (let left = 0; left < info.width; left += side) {
      const size = { height, width: Math.min(side, info.width - left) };
      const frame = {
        top: top - reach,
        left: left - reach,
        height: height + 2 * reach,
        width: size.width + 2 * reach,
      };
      const part = within(frame, info);
      const pixels = size.height * size.width;
      const measure = (planes: Float32Array) => engine.measure(framed(planes, part, frame), size);
      colours.add(await measure(strip.colours(part)), pixels);
      if (wantsAlpha) alpha.add(await measure(strip.alpha(part)), pixels);
    }
  }
  await reader.rewind();
  return { colours: colours.joined(), alpha: wantsAlpha ? alpha.joined() : undefined };
}
