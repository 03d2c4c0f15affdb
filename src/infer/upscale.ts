import { EvensrError, exitCodes } from '../errors.ts';
import type { Model } from './model.ts';
import { type RgbImage, toPlanes, writePlanes } from './pixels.ts';
import { planTiles } from './tiles.ts';

/** Side of a tile's core, in lq pixels: bounds the memory of a network of any size. */
const defaultCore = 192;

/** E_OUTPUT_NONFINITE (exit code 9): no picture is made of NaN. */
export function notFinite(name: string): EvensrError {
  return new EvensrError(
    'E_OUTPUT_NONFINITE',
    exitCodes.invalidModel,
    `${name}: the network's result is not finite`,
    { hint: 'try another checkpoint' },
  );
}

/**
 * A whole 8-bit image through the network, tile by tile with exact halos; the result is the same for
 * every tile size, up to float rounding before the 8 bits. Throws E_OUTPUT_NONFINITE naming `name`.
 */
export async function upscaleImage(
  model: Model,
  lq: RgbImage,
  options: { name: string; core?: number },
): Promise<RgbImage> {
  const { scale, halo } = model;
  const [height, width] = [lq.height * scale, lq.width * scale];
  const sr: RgbImage = { height, width, pixels: new Uint8Array(height * width * 3) };
  const scaled = (from: number, origin: number) => (from - origin) * scale;
  for (const { window, core } of planTiles(lq, { core: options.core ?? defaultCore, halo })) {
    const { height: h, width: w } = window;
    const planes = await model.forward(toPlanes(lq, window), { batch: 1, height: h, width: w });
    const part = {
      top: scaled(core.top, window.top),
      left: scaled(core.left, window.left),
      height: core.height * scale,
      width: core.width * scale,
    };
    const at = { top: core.top * scale, left: core.left * scale };
    const shape = { height: h * scale, width: w * scale };
    if (!writePlanes(planes, shape, part, sr, at)) throw notFinite(options.name);
  }
  return sr;
}
