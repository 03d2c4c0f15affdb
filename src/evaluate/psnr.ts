import type { RgbImage } from '../infer/pixels.ts';

/** Weights of R, G and B in Y of BT.601, studio range; its offset of 16 cancels in differences. */
const [red, green, blue] = [65.481 / 255, 128.553 / 255, 24.966 / 255];

/**
 * PSNR of Y in dB between two 8-bit images of one size, Y not rounded, `border` pixels cut off on every
 * side: what native.scoreImages calls psnrY, without the SSIM that takes far longer. Infinity when equal.
 */
export function psnrY(a: RgbImage, b: RgbImage, border: number): number {
  const { width, height } = a;
  let sum = 0;
  for (let y = border; y < height - border; y++) {
    for (let x = border; x < width - border; x++) {
      const at = (y * width + x) * 3;
      const of = (c: number) => (a.pixels[at + c] as number) - (b.pixels[at + c] as number);
      const difference = red * of(0) + green * of(1) + blue * of(2);
      sum += difference * difference;
    }
  }
  const count = (height - 2 * border) * (width - 2 * border);
  return 10 * Math.log10((255 * 255 * count) / sum);
}
