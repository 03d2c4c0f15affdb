/** Sets that are drawn: sample k is a pure function of k and the options. */
import type { PhotoSet } from '../data/open.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import {
  cropsPerPhoto,
  type FrozenPlan,
  type FrozenSample,
  type FrozenSet,
  frozenSampler,
} from '../evaluate/frozen.ts';
import type { PairRecord } from '../evaluate/records.ts';
import { drawEncoder, type EncoderRange } from './encoding.ts';
import { sampleKey, tarName } from './key.ts';
import { Schedule } from './schedule.ts';
import type { SampleJob, SampleSource } from './source.ts';

export interface DrawPlan extends Omit<FrozenPlan, 'samplesPerSet' | 'photos'> {
  photos: PhotoSet['images'];
  usm: boolean;
  /** Of each set, in their order: its share of the samples is in this ratio. */
  weights: readonly number[];
  samples: number;
  files: PairRecord['files'];
  /** Samples of an archive; without it every sample is a pair of files. */
  samplesPerTar?: number;
  /** lq goes through one of these last. */
  encoders?: readonly EncoderRange[];
}

function requireCrops({ photos, samples }: DrawPlan, schedule: Schedule): void {
  const most = cropsPerPhoto * photos.length;
  if (schedule.most(samples) <= most) return;
  const problem = `${samples} pairs of ${photos.length} photograph(s) are too many`;
  throw new EvensrError('E_USAGE', exitCodes.usage, problem, {
    hint: `no photograph gives more than ${cropsPerPhoto} crops; give more photographs or fewer pairs`,
  });
}

/** A sample as a job, under names made of its photograph, its task and its repetition. */
export function jobOfSample(
  { set, photo, repetition, top, left, recipe }: FrozenSample,
  photos: PhotoSet['images'],
  options: Pick<SampleJob, 'size' | 'margin' | 'seed' | 'usm' | 'files'>,
): Omit<SampleJob, 'index'> {
  const name = photos[photo]?.name ?? '';
  const key = sampleKey({ index: photo, name }, set.id, repetition);
  return { ...options, key, task: set.id, photo, top, left, recipe };
}

/** Throws E_USAGE for more samples than there are crops, and for weights that are no shares. */
export function sourceOfDraws(plan: DrawPlan): SampleSource {
  const { photos, sets, samples, samplesPerTar, encoders, files, seed, usm, margin } = plan;
  const schedule = new Schedule(plan.weights);
  requireCrops(plan, schedule);
  const sample = frozenSampler(plan);
  const options = { size: plan.crop, margin, seed, usm, files };
  const unitSize = samplesPerTar ?? 1;

  const job = (index: number): SampleJob => {
    const { task, ordinal } = schedule.at(index);
    const drawn = sample(sets[task] as FrozenSet, ordinal);
    const by = { seed: drawn.drawSeed, index: drawn.index };
    return {
      ...jobOfSample(drawn, photos, options),
      index,
      ...(samplesPerTar === undefined ? {} : { tar: tarName(Math.floor(index / unitSize)) }),
      ...(encoders === undefined ? {} : { encoded: drawEncoder(encoders, by) }),
    };
  };
  return {
    samples,
    units: Math.ceil(samples / unitSize),
    startOf: (unit) => Math.min(samples, unit * unitSize),
    *jobs(ranges) {
      for (const { first, end } of ranges)
        for (let index = first; index < end; index++) yield job(index);
    },
  };
}
