import type { RgbImage } from '../infer/pixels.ts';

/** A square of an image. */
export interface Square {
  left: number;
  top: number;
  side: number;
}

/** How much the green channel changes within a square: sum of differences to the right and below. */
function detailOf({ width, pixels }: RgbImage, { left, top, side }: Square): number {
  let sum = 0;
  for (let y = top; y < top + side - 1; y++) {
    for (let x = left; x < left + side - 1; x++) {
      const at = 3 * (y * width + x) + 1;
      const here = pixels[at] as number;
      sum += Math.abs((pixels[at + 3] as number) - here);
      sum += Math.abs((pixels[at + 3 * width] as number) - here);
    }
  }
  return sum;
}

/** Starts of squares along an axis, half a square apart. */
function starts(length: number, side: number): number[] {
  const last = length - side;
  const count = Math.ceil(last / (side / 2)) + 1;
  return Array.from({ length: count }, (_, i) => Math.min(last, Math.floor((i * side) / 2)));
}

/**
 * The squares in which most can be seen, best first, none touching another; at most `count`. Their side
 * is that of the image where it is smaller.
 */
export function squaresOfDetail(image: RgbImage, side: number, count: number): Square[] {
  const fitting = Math.min(side, image.width, image.height);
  const squares = starts(image.height, fitting).flatMap((top) =>
    starts(image.width, fitting).map((left): Square => ({ left, top, side: fitting })),
  );
  const ranked = squares
    .map((square) => ({ square, detail: detailOf(image, square) }))
    .sort((a, b) => b.detail - a.detail);
  const chosen: Square[] = [];
  for (const { square } of ranked) {
    const isApart = chosen.every(
      ({ left, top }) =>
        Math.abs(left - square.left) >= fitting || Math.abs(top - square.top) >= fitting,
    );
    if (isApart && chosen.length < count) chosen.push(square);
  }
  return chosen;
}

/** A square cut out of an image. */
export function cutSquare(image: RgbImage, { left, top, side }: Square): RgbImage {
  return cut(image, { left, top, width: side, height: side });
}

/** A rectangle cut out of an image. */
export function cut(
  image: RgbImage,
  { left, top, width, height }: { left: number; top: number; width: number; height: number },
): RgbImage {
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const from = 3 * ((top + y) * image.width + left);
    pixels.set(image.pixels.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { width, height, pixels };
}
