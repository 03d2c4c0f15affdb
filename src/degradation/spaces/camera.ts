/**
 * Noise of a camera, added to what its sensor saw: the constants of Unprocessing (Brooks et al., CVPR
 * 2019; google-research/unprocessing).
 */
import type { Random } from '../../rng.ts';
import { exp, log } from '../elementary.ts';
import type { IspOperation } from '../recipe.ts';
import { normal } from './draws.ts';
import type { Range } from './values.ts';

export interface CameraSpace {
  readonly probability: number;
  /** Brightness, 1 / gain: normal, with mean and standard deviation. */
  readonly brightness: { readonly mean: number; readonly deviation: number };
  /** White-balance gains. */
  readonly redGain: Range;
  readonly blueGain: Range;
  /** Variance of shot noise at white, drawn uniformly in its logarithm. */
  readonly shotNoise: Range;
  /** log of the read variance: offset + slope log(shot) + deviation n, with a normal n. */
  readonly readNoise: {
    readonly offset: number;
    readonly slope: number;
    readonly deviation: number;
  };
}

/** The released training code of BSRGAN is given no camera model, so its probability is 0. */
export const noCamera: CameraSpace = {
  probability: 0,
  brightness: { mean: 0.8, deviation: 0.1 },
  redGain: [1.9, 2.4],
  blueGain: [1.5, 1.9],
  shotNoise: [1e-4, 0.012],
  readNoise: { offset: 1.2, slope: 2.18, deviation: 0.26 },
};

/** What the native core takes. */
const gainLimits = [0.1, 10] as const;
const mostVariance = 1;

/** Convex, as the reference normalises four uniform numbers. */
function drawWeights(random: Random): IspOperation['weights'] {
  const parts = [random.uniform(), random.uniform(), random.uniform(), random.uniform()] as const;
  const sum = parts[0] + parts[1] + parts[2] + parts[3];
  return [parts[0] / sum, parts[1] / sum, parts[2] / sum, parts[3] / sum];
}

export function drawIsp(random: Random, space: CameraSpace, stage: number): IspOperation {
  const { brightness, shotNoise, readNoise } = space;
  const [least, most] = gainLimits;
  const wanted = 1 / Math.max(brightness.mean + brightness.deviation * normal(random), 1 / most);
  const logShot = random.between(log(shotNoise[0]), log(shotNoise[1]));
  const { offset, slope, deviation } = readNoise;
  const logRead = offset + slope * logShot + deviation * normal(random);
  return {
    op: 'isp',
    stage,
    gain: Math.max(wanted, least),
    red: random.between(...space.redGain),
    blue: random.between(...space.blueGain),
    weights: drawWeights(random),
    shot: exp(logShot),
    read: exp(Math.min(logRead, log(mostVariance))),
  };
}
