/** The native noise operators with named options. */
import { native } from '../../src/native.ts';
import { philox4x32, type Words2 } from '../../src/rng.ts';

type Noise = (
  image: Float32Array,
  height: number,
  width: number,
  level: number,
  gray: boolean,
  k0: number,
  k1: number,
  grayK0: number,
  grayK1: number,
  stage: number,
) => Float32Array;

const { _gaussianNoise, _poissonNoise } = native as unknown as {
  _gaussianNoise: Noise;
  _poissonNoise: Noise;
};

export type Size = [height: number, width: number];

export interface NoiseOptions {
  /** Gaussian: sigma in 8-bit units; Poisson: scale. */
  level: number;
  gray?: boolean;
  key?: Words2;
  grayKey?: Words2;
  stage?: number;
}

export const defaultKey: Words2 = [0x12345678, 0x9abcdef0];

const withOptions =
  (noise: Noise) =>
  (image: Float32Array, size: Size, options: NoiseOptions): Float32Array => {
    const { level, gray = false, key = defaultKey, grayKey = key, stage = 0 } = options;
    return noise(image, ...size, level, gray, ...key, ...grayKey, stage);
  };

export const gaussianNoise = withOptions(_gaussianNoise);
export const poissonNoise = withOptions(_poissonNoise);

export const flat = (height: number, width: number, value: number) =>
  new Float32Array(3 * height * width).fill(value);

export const channel = (image: Float32Array, c: number) =>
  image.subarray((c * image.length) / 3, ((c + 1) * image.length) / 3);

/** Where the random word of a pixel comes from, as native/math/noise.h documents it. */
export function wordPosition(pixel: number) {
  return { group: Math.floor(pixel / 128) * 32 + (pixel % 32), lane: Math.floor(pixel / 32) % 4 };
}

/** The four words of one counter. */
export function noiseWords(
  operator: number,
  stage: number,
  field: number,
  group: number,
): [number, number, number, number] {
  return philox4x32(defaultKey, [group, field, operator | (stage << 8), 0]);
}
