/**
 * The feature distance, InceptionV3: an LPIPS-like distance without learnt weights (Zhang et al. 2018,
 * equation 1), lower is closer. The taps are those of src/network/inception-stem.ts.
 */
import { createHash } from 'node:crypto';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { readWeightFile } from '../infer/weight-files.ts';
import { type NativeFeatureDistance, native } from '../native.ts';
import { featureNetworks, featureWeights } from '../network/feature-networks.ts';
import { inceptionDistance, inceptionDistanceTaps } from '../network/inception-stem.ts';

/** The network halves the sides three times. */
const sideMultiple = 8;

export interface FeatureDistance {
  /** What is measured, for protocols: network, taps, SHA-256 of its weights. */
  readonly description: string;
  /**
   * Of each image of `a` to that of `b`, all of one size, with `border` pixels cut off on every side and
   * then the right and lower edge cut to multiples of 8. Throws E_SHAPE when nothing is left.
   */
  between(a: readonly RgbImage[], b: readonly RgbImage[], border: number): Promise<Float64Array>;
  dispose(): void;
}

interface Window {
  border: number;
  width: number;
  height: number;
}

function windowOf(image: RgbImage, border: number): Window {
  const inside = (side: number) => side - 2 * border - ((side - 2 * border) % sideMultiple);
  const [width, height] = [inside(image.width), inside(image.height)];
  if (width > 0 && height > 0) return { border, width, height };
  throw Object.assign(
    new Error(
      `an image of ${image.width}x${image.height} has no ${sideMultiple}x${sideMultiple} pixels within a border of ${border}`,
    ),
    { code: 'E_SHAPE' },
  );
}

/** (B, 3, height, width) in [0, 1]. */
function planesOf(images: readonly RgbImage[], { border, width, height }: Window): Float32Array {
  const plane = width * height;
  const planes = new Float32Array(images.length * 3 * plane);
  for (const [i, image] of images.entries()) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = 3 * ((y + border) * image.width + x + border);
        const to = 3 * i * plane + y * width + x;
        for (let c = 0; c < 3; c++)
          planes[to + c * plane] = (image.pixels[from + c] as number) / 255;
      }
    }
  }
  return planes;
}

async function between(
  distance: NativeFeatureDistance,
  images: { a: readonly RgbImage[]; b: readonly RgbImage[] },
  border: number,
): Promise<Float64Array> {
  const { a, b } = images;
  const [first] = a;
  if (!first) return new Float64Array();
  const window = windowOf(first, border);
  const { width, height } = window;
  const shape = { batch: a.length, width, height };
  return await distance.measure(planesOf(a, window), planesOf(b, window), shape);
}

/**
 * Reads the network's weights, as scripts/inception-features.mjs writes them. `threads` 0: all. Throws
 * E_MODEL (exit 9) for a file that cannot be read or is of another network.
 */
export async function openFeatureDistance(file: string, threads = 0): Promise<FeatureDistance> {
  const { file: wanted } = featureNetworks.inceptionv3;
  const bytes = await readRegularFile(file).catch((error: Error) => {
    throw new EvensrError('E_MODEL', exitCodes.invalidModel, `${file} ${error.message}`, {
      hint: `give ${wanted}`,
    });
  });
  const { tensors } = await readWeightFile(file, bytes, 'params');
  const spec = inceptionDistance();
  const weights = featureWeights('inceptionv3', spec, tensors);
  const sha256 = createHash('sha256').update(new Uint8Array(weights.buffer)).digest('hex');
  const distance = native.createFeatureDistance({ spec: JSON.stringify(spec), weights, threads });
  return {
    description: `feature distance, InceptionV3 (${inceptionDistanceTaps.join(', ')}; weights ${sha256.slice(0, 16)})`,
    between: (a, b, border) => between(distance, { a, b }, border),
    dispose: () => distance.dispose(),
  };
}
