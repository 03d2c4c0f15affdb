/** The native operators of the spaces other than Real-ESRGAN's, with named options. */
import { native } from '../../src/native.ts';

type Size = readonly [height: number, width: number];

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
