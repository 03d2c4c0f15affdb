/** The same crops of one image as several networks make them. */
import { EvensrError, exitCodes } from '../errors.ts';
import { bicubicEngine } from '../infer/bicubic-engine.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { upscaleWith } from '../infer/upscale.ts';
import { Upscaler } from '../infer/upscaler.ts';
import { native } from '../native.ts';
import { cut, cutSquare, type Square, squaresOfDetail } from './detail.ts';

export interface NamedUpscaler {
  label: string;
  upscaler: Upscaler;
}

export interface ComparedResult {
  label: string;
  image: RgbImage;
  /** PSNR on Y in dB against gt, when it was given; infinite for equal crops. */
  psnrY?: number;
}

export interface ComparedCrop {
  /** In the low-quality image. */
  square: Square;
  lq: RgbImage;
  /** Bicubic interpolation first, then the networks in the order in which they were given. */
  results: ComparedResult[];
  gt?: RgbImage;
}

/** Input pixels around a crop that its results may depend on: more than most networks look at. */
const context = 48;

/** A crop's result, cut out of that of the crop with its surroundings. */
async function resultOf(
  { label, upscaler }: NamedUpscaler,
  image: RgbImage,
  { left, top, side }: Square,
  scale: number,
): Promise<RgbImage> {
  const from = { left: Math.max(0, left - context), top: Math.max(0, top - context) };
  const to = {
    right: Math.min(image.width, left + side + context),
    bottom: Math.min(image.height, top + side + context),
  };
  const size = { width: to.right - from.left, height: to.bottom - from.top };
  const sr = await upscaleWith(upscaler, cut(image, { ...from, ...size }), {
    name: label,
    outputScale: scale,
  });
  const origin = { left: (left - from.left) * scale, top: (top - from.top) * scale };
  return cutSquare(sr, { ...origin, side: side * scale });
}

/**
 * Runs every network, and bicubic interpolation, on the `count` squares of `side` pixels in which most
 * can be seen. All results have the scale of the first network.
 * @throws E_PAIR (exit code 2) when gt is not exactly that many times as large
 */
export async function compareModels(
  models: readonly NamedUpscaler[],
  images: { lq: RgbImage; gt?: RgbImage },
  options: { side: number; count: number },
): Promise<ComparedCrop[]> {
  const { lq, gt } = images;
  const scale = models[0]?.upscaler.scale ?? 1;
  if (gt && (gt.width !== lq.width * scale || gt.height !== lq.height * scale)) {
    throw new EvensrError(
      'E_PAIR',
      exitCodes.usage,
      `the ground truth is ${gt.width}x${gt.height}, the image ${lq.width}x${lq.height}: not exactly x${scale}`,
      { hint: `give a ground truth of ${lq.width * scale}x${lq.height * scale}` },
    );
  }
  const bicubic = { label: 'bicubic', upscaler: new Upscaler(bicubicEngine(scale)) };
  const crops: ComparedCrop[] = [];
  for (const square of squaresOfDetail(lq, options.side, options.count)) {
    const { left, top, side } = square;
    const target =
      gt && cutSquare(gt, { left: left * scale, top: top * scale, side: side * scale });
    const results: ComparedResult[] = [];
    for (const model of [bicubic, ...models]) {
      const image = await resultOf(model, lq, square, scale);
      const score = target && (await native.scoreImages(image.pixels, target.pixels, target, 0));
      results.push({ label: model.label, image, ...(score ? { psnrY: score.psnrY } : {}) });
    }
    crops.push({ square, lq: cutSquare(lq, square), results, ...(target ? { gt: target } : {}) });
  }
  return crops;
}
