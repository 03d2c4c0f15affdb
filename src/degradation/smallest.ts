import type { DegradationSpace } from './space.ts';
import type { BsrganSpace } from './spaces/bsrgan.ts';
import type { BsrganPlusSpace } from './spaces/bsrgan-plus.ts';
import type { ClassicSpace } from './spaces/classic.ts';
import { linear } from './spaces/draws.ts';
import type { RealEsrganSpace, StageSpace } from './spaces/real-esrgan.ts';
import type { RealSrSpace } from './spaces/realsr.ts';

/** A blur mirrors as many pixels as its radius beyond the border; that many others must be there. */
function sideFor(kernelSizes: readonly number[]): number {
  return (Math.max(...kernelSizes) + 1) / 2;
}

/** The smallest factor that a stage resizes by. */
function shrinkOf({ resizeProbabilities, resizeScale }: StageSpace): number {
  return resizeProbabilities.down > 0 ? resizeScale[0] : 1;
}

function ofRealEsrgan({ stages, final }: RealEsrganSpace, scale: number): number {
  const [first, second] = stages;
  const side = sideFor([...first.kernelSizes, ...second.kernelSizes, ...final.kernelSizes]);
  // Stage 2 resizes to a share of lq's size, of which a pixel must be left.
  return Math.max(
    side * scale,
    Math.ceil(side / shrinkOf(first)),
    Math.ceil(scale / shrinkOf(second)),
  );
}

function ofBsrgan({ blur, downsample, halveProbability }: BsrganSpace, scale: number): number {
  const direct = linear(downsample.divisor, scale);
  const halved = scale === 4 && halveProbability > 0 ? 2 * linear(downsample.divisor, 2) : 1;
  return Math.ceil(sideFor(blur.kernelSizes) * Math.max(scale, direct, halved));
}

/**
 * Two resizes that both shrink as far as they can are so rare that a pixel left is enough, or the
 * 2 x 2 that a camera's sensor needs.
 */
function ofBsrganPlus(space: BsrganPlusSpace, scale: number): number {
  const most = space.resizeProbabilities.down > 0 ? scale / space.resizeFactor.smallest : 1;
  const side = sideFor(space.blur.kernelSizes);
  const left = space.camera.probability > 0 ? 2 : 1;
  return Math.ceil(Math.max(side * scale, side * most, left * most * most));
}

function ofRealSr({ kernelBank }: RealSrSpace, scale: number): number {
  return kernelBank ? Math.max(scale, sideFor([kernelBank.size])) : scale;
}

function ofClassic({ kindProbabilities, BD }: ClassicSpace, scale: number): number {
  return kindProbabilities.BD > 0 ? Math.max(scale, sideFor([BD.size])) : scale;
}

/**
 * The least side of gt, with its margin, that a space's draws are meant for: at every step enough of the
 * image is left for the largest blur kernel, so that its mirrored borders do not make up most of it.
 */
export function leastGtSide(space: DegradationSpace, scale: number): number {
  switch (space.name) {
    case 'real-esrgan':
      return ofRealEsrgan(space, scale);
    case 'bsrgan':
      return ofBsrgan(space, scale);
    case 'bsrgan-plus':
      return ofBsrganPlus(space, scale);
    case 'realsr':
      return ofRealSr(space, scale);
    case 'classic':
      return ofClassic(space, scale);
  }
}
