/** The native operators of the spaces other than Real-ESRGAN's, with named options. */
import { native } from '../../src/native.ts';
import type { Words2 } from '../../src/rng.ts';
import { defaultKey } from './noise.ts';

type Size = readonly [height: number, width: number];

type Operator = (
  image: Float32Array,
  height: number,
  width: number,
  options: object,
) => Float32Array;

const operators = native as unknown as {
  _resizeAs(
    image: Float32Array,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    mode: number,
    scale: number,
  ): Float32Array;
  _correlatedNoise: Operator;
  _speckleNoise: Operator;
  _poissonNoiseOf: Operator;
  _cameraNoise: Operator;
  _injectNoise: Operator;
};

export const spaceModes = {
  cvArea: 3,
  cvLinear: 4,
  cvCubic: 5,
  matlabBicubic: 6,
  decimate: 7,
} as const;

/** `scale` 0 asks for the size. */
export function resizeAs(
  image: Float32Array,
  from: Size,
  to: Size,
  mode: keyof typeof spaceModes,
  scale = 0,
): Float32Array {
  return operators._resizeAs(image, ...from, ...to, spaceModes[mode], scale);
}

export interface Draw {
  key?: Words2;
  stage?: number;
}

function run(operator: Operator, image: Float32Array, size: Size, { key, stage, ...rest }: Draw) {
  const [k0, k1] = key ?? defaultKey;
  return operator(image, ...size, { ...rest, k0, k1, stage: stage ?? 0 });
}

export const noiseChannels = { colour: 0, gray: 1, correlated: 2 } as const;

export interface MixedOptions extends Draw {
  /** Sigma in 8-bit units. */
  level: number;
  /** m00, m01, m02, m11, m12, m22 */
  mix?: Float32Array;
}

const identity = Float32Array.of(1, 0, 0, 1, 0, 1);

export function correlatedNoise(image: Float32Array, size: Size, options: MixedOptions) {
  return run(operators._correlatedNoise, image, size, { mix: identity, ...options } as Draw);
}

export function speckleNoise(
  image: Float32Array,
  size: Size,
  options: MixedOptions & { channels?: keyof typeof noiseChannels },
) {
  const channels = noiseChannels[options.channels ?? 'colour'];
  return run(operators._speckleNoise, image, size, {
    mix: identity,
    ...options,
    channels,
  } as Draw);
}

export function poissonNoiseOf(
  image: Float32Array,
  size: Size,
  options: Draw & { vals: number; level?: number; gray?: boolean },
) {
  return run(operators._poissonNoiseOf, image, size, { level: 1, gray: false, ...options } as Draw);
}

export interface Camera {
  gain: number;
  red: number;
  blue: number;
  weights: readonly number[];
  shot: number;
  read: number;
}

export function cameraNoise(image: Float32Array, size: Size, options: Draw & Camera) {
  const weights = Float64Array.from(options.weights);
  return run(operators._cameraNoise, image, size, { ...options, weights } as Draw);
}

export function injectNoise(
  image: Float32Array,
  size: Size,
  patch: { patch: Uint8Array; patchWidth: number; top: number; left: number },
) {
  return operators._injectNoise(image, ...size, patch);
}
