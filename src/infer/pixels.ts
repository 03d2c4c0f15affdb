import type { Rectangle } from './tiles.ts';

/** 8-bit RGB, HWC. */
export interface RgbImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/** A part of an image as planar float32 (3, height, width) in [0, 1]. */
export function toPlanes(image: RgbImage, part: Rectangle): Float32Array {
  const plane = part.height * part.width;
  const planes = new Float32Array(3 * plane);
  for (let y = 0; y < part.height; y++) {
    let from = ((part.top + y) * image.width + part.left) * 3;
    const row = y * part.width;
    for (let i = row; i < row + part.width; i++) {
      for (let c = 0; c < 3; c++) planes[c * plane + i] = (image.pixels[from++] as number) / 255;
    }
  }
  return planes;
}

/**
 * A part of planar float32 (3, height, width) as 8-bit pixels, written to `image` at (top, left).
 * Clamped and rounded half to even. Returns false when a value is not finite.
 */
export function writePlanes(
  planes: Float32Array,
  shape: { height: number; width: number },
  part: Rectangle,
  image: RgbImage,
  at: { top: number; left: number },
): boolean {
  const plane = shape.height * shape.width;
  // Stores to a clamped array round half to even, as the field's reference code does.
  const row = new Uint8ClampedArray(part.width * 3);
  let finite = true;
  for (let y = 0; y < part.height; y++) {
    let from = (part.top + y) * shape.width + part.left;
    for (let i = 0; i < row.length; from++) {
      for (let c = 0; c < 3; c++) {
        const value = planes[c * plane + from] as number;
        if (!Number.isFinite(value)) finite = false;
        row[i++] = Math.fround(255 * value);
      }
    }
    image.pixels.set(row, ((at.top + y) * image.width + at.left) * 3);
  }
  return finite;
}

/** Sample `index` of a batch of planar images (B, 3, height, width) as an 8-bit image. */
export function imageOfBatch(
  batch: Float32Array,
  index: number,
  shape: { height: number; width: number },
): { image: RgbImage; finite: boolean } {
  const { height, width } = shape;
  const size = 3 * height * width;
  const image = { width, height, pixels: new Uint8Array(size) };
  const planes = batch.subarray(index * size, (index + 1) * size);
  const whole = { top: 0, left: 0, height, width };
  return { image, finite: writePlanes(planes, shape, whole, image, { top: 0, left: 0 }) };
}
