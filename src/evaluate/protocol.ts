/** How scores were made: stored with every score, so that unlike numbers are never compared. */
import { createHash } from 'node:crypto';
import type { Bound, Task } from '../degradation/region.ts';
import type { DegradationSpace } from '../degradation/space.ts';

/** Changes whenever the same command would give other numbers. */
export const protocolVersion = 1;

export interface Protocol {
  version: number;
  evensr: string;
  psnr: string;
  ssim: string;
  baseline: string;
  /** The feature distance, where it was measured. */
  distance?: string;
  /** The blind score, where it was measured. */
  brisque?: string;
  scale: number;
  /** Pixels cut off on every side of both images. */
  border: number;
  photos: { count: number; sha256: string };
  /** Absent when given pairs are scored. */
  degradation?: {
    space: string;
    crop: number;
    /** lq pixels around the crop that are degraded with it and then cut away. */
    margin: number;
    seed: number;
    samplesPerSet: number;
    usm: false;
    tasks: { id: string; bounds: readonly Bound[]; mass: number }[];
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The protocol of one evaluation; `degradation` is left out where pairs were given. */
export function protocolOf(options: {
  evensr: string;
  scale: number;
  border: number;
  photos: readonly { sha256: string }[];
  /** Descriptions of further scores. */
  measures?: { distance?: string; brisque?: string };
  degradation?: {
    space: DegradationSpace;
    tasks: readonly Task[];
    crop: number;
    margin: number;
    seed: number;
    samplesPerSet: number;
  };
}): Protocol {
  const { evensr, scale, border, photos, measures, degradation } = options;
  const common = {
    version: protocolVersion,
    evensr,
    psnr: '8-bit rounded images; Y of BT.601 in studio range, not rounded; RGB over all channels',
    ssim: 'Gaussian 11x11, sigma 1.5, valid region, peak 255; RGB is the mean over channels',
    baseline: "bicubic as MATLAB's imresize (Keys, a = -0.5)",
    ...measures,
    scale,
    border,
    photos: { count: photos.length, sha256: sha256(photos.map((p) => p.sha256).join('\n')) },
  };
  if (!degradation) return common;
  const { space, tasks, crop, margin, seed, samplesPerSet } = degradation;
  return {
    ...common,
    degradation: {
      space: sha256(JSON.stringify(space)),
      crop,
      margin,
      seed,
      samplesPerSet,
      usm: false,
      tasks: tasks.map(({ id, bounds, mass }) => ({ id, bounds, mass })),
    },
  };
}
