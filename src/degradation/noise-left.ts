/**
 * How much of a noise the filters after it leave in lq.
 *
 * A filter leaves of white noise's variance the sum g of its squared taps. Noise that has been filtered
 * is described by a symmetric 2 x 2 matrix W, its squared widths in pixels along any direction: I for white
 * noise, 1 / g^2 along each axis of a separable filter. Of the variance 1 / sqrt(det W) is left. Filters
 * one after the other add up their W - I, which is exact for wide Gaussians, whose 1 / g^2 is 4 pi sigma^2.
 */
import { exp, sinCos } from './elementary.ts';
import type { BlurOperation, ResizeMode } from './recipe.ts';

export interface FilteredNoise {
  readonly variance: number;
  /** W. */
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

export function whiteNoise(variance: number): FilteredNoise {
  return { variance, xx: 1, xy: 0, yy: 1 };
}

const determinant = ({ xx, xy, yy }: FilteredNoise) => xx * yy - xy * xy;

/** After a filter of which this is W - I. */
function filtered(noise: FilteredNoise, [xx, xy, yy]: readonly [number, number, number]) {
  const wider = { ...noise, xx: noise.xx + xx, xy: noise.xy + xy, yy: noise.yy + yy };
  const left = Math.sqrt(determinant(noise) / determinant(wider));
  return { ...wider, variance: noise.variance * left };
}

/** 1 / g^2 of a row of a Gaussian, the sum of whose taps is 1. */
function squaredWidth(sigma: number, size: number): number {
  // Neighbouring taps differ by a factor that itself falls by a constant factor.
  let factor = exp(Math.max(-700, -0.5 / (sigma * sigma)));
  const falls = factor * factor;
  let [tap, sum, squares] = [1, 1, 1];
  for (let i = 1; i <= size >> 1; i++) {
    tap *= factor;
    factor *= falls;
    sum += 2 * tap;
    squares += 2 * tap * tap;
  }
  const inverse = (sum * sum) / squares;
  return inverse * inverse;
}

/** After a blur. Other kernels count as Gaussians of their deviations, estimated ones as none. */
export function blurred(noise: FilteredNoise, blur: BlurOperation): FilteredNoise {
  const { kernel, kernelSize, sigmaX, sigmaY, theta, omega } = blur;
  if (kernel === 'bank') return noise;
  if (kernel === 'sinc') {
    const width = (4 * Math.PI) / (omega * omega) - 1;
    return filtered(noise, [width, 0, width]);
  }
  const along = squaredWidth(sigmaX, kernelSize) - 1;
  if (sigmaX === sigmaY) return filtered(noise, [along, 0, along]);
  const across = squaredWidth(sigmaY, kernelSize) - 1;
  const { sin, cos } = sinCos(theta);
  return filtered(noise, [
    along * cos * cos + across * sin * sin,
    (along - across) * sin * cos,
    along * sin * sin + across * cos * cos,
  ]);
}

/** g of interpolations, over all places between two pixels: the integrals of their squared kernels. */
const linearTaps = 2 / 3;
const cubicTaps = { opencv: 0.857, matlab: 0.814 };

/** g along one axis of what a resize by `factor` does before it samples, over all places of its pixels. */
function squaredTaps(mode: ResizeMode, factor: number): number {
  switch (mode) {
    case 'area': // whole pixels, one more than 1 / factor
      return factor < 1 ? factor / (1 + factor) : 1 - 1 / (2 * factor);
    case 'cvArea': // exact shares of pixels
      return factor < 1 ? factor * (1 - factor / 3) : 1 - 1 / (3 * factor);
    case 'bilinear':
    case 'cvLinear':
      return linearTaps;
    case 'bicubic':
    case 'cvCubic':
      return cubicTaps.opencv;
    case 'matlabBicubic':
      return cubicTaps.matlab * Math.min(1, factor);
    case 'decimate':
      return 1;
  }
}

/** After a resize of both sides by `factor`. */
export function resized(noise: FilteredNoise, mode: ResizeMode, factor: number): FilteredNoise {
  if (factor === 1) return noise;
  const taps = squaredTaps(mode, factor);
  const width = 1 / (taps * taps) - 1;
  const { variance, xx, xy, yy } = filtered(noise, [width, 0, width]);
  const square = factor * factor;
  return atLeastWhite({ variance, xx: xx * square, xy: xy * square, yy: yy * square });
}

/** Sampled more coarsely than it is wide, noise is white again: no eigenvalue of W is below 1. */
function atLeastWhite(noise: FilteredNoise): FilteredNoise {
  const { variance, xx, xy, yy } = noise;
  const mean = (xx + yy) / 2;
  const slope = (xx - yy) / 2;
  const half = Math.sqrt(slope * slope + xy * xy);
  if (mean - half >= 1) return noise;
  const largest = mean + half;
  if (largest <= 1) return whiteNoise(variance);
  // The same axes with the eigenvalues `largest` and 1.
  const shrink = (largest - 1) / (2 * half);
  const centre = (largest + 1) / 2;
  return {
    variance,
    xx: centre + slope * shrink,
    xy: xy * shrink,
    yy: centre - slope * shrink,
  };
}
