/** 8-bit RGB, HWC. */
export interface RgbImage {
  width: number;
  height: number;
  pixels: Uint8Array;
}

/**
 * Sample `index` of a batch of planar images (B, 3, height, width) in [0, 1] as an 8-bit image: clamped,
 * rounded half to even. `finite` is false when a value is not.
 */
export function imageOfBatch(
  batch: Float32Array,
  index: number,
  shape: { height: number; width: number },
): { image: RgbImage; finite: boolean } {
  const plane = shape.height * shape.width;
  const planes = batch.subarray(3 * index * plane, 3 * (index + 1) * plane);
  // Stores to a clamped array round half to even, as the field's reference code does.
  const pixels = new Uint8ClampedArray(3 * plane);
  let nonFinite = 0;
  for (let c = 0, at = 0; c < 3; c++) {
    for (let to = c; to < pixels.length; to += 3) {
      const value = planes[at++] as number;
      pixels[to] = Math.fround(255 * value);
      if (value - value !== 0) nonFinite++;
    }
  }
  const image = { ...shape, pixels: new Uint8Array(pixels.buffer) };
  return { image, finite: nonFinite === 0 };
}
