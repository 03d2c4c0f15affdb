/** The images that every run of a study is scored on: held-out photographs, degraded by frozen draws. */
import { createHash } from 'node:crypto';
import { openPhotos, type PhotoSet } from '../data/open.ts';
import { warningText } from '../data/problem.ts';
import type { Task } from '../degradation/region.ts';
import {
  allSets,
  type FrozenPlan,
  type FrozenSample,
  freezeSamples,
  requireBorder,
  requireCrop,
  sideWithMargin,
} from '../evaluate/frozen.ts';
import { protocolOf } from '../evaluate/protocol.ts';
import { forwardPairs } from '../evaluate/restore.ts';
import { openDegradations } from '../evaluate/setup.ts';
import { type Pair, type PairJob, synthesizePairs } from '../evaluate/synthesis.ts';
import type { Model } from '../infer/model.ts';
import { imageOfBatch, type RgbImage } from '../infer/pixels.ts';
import { notFinite } from '../infer/upscale.ts';
import { native } from '../native.ts';
import type { Banks } from '../train/open-space.ts';
import type { StudyObserver } from './observer.ts';
import type { StudyPlan } from './plan.ts';
import type { StudyScore } from './results-input.ts';

export interface TestSet {
  photos: PhotoSet;
  tasks: readonly Task[];
  plan: FrozenPlan;
  /** Pixels cut off on every side before scoring. */
  border: number;
  banks: Banks | undefined;
  /** Identifies the images and how they are scored. */
  id: string;
  dispose(): void;
}

/** Rises when scores are computed in another way. */
const scoring = 1;

async function openHeldOut({ images, study, base }: StudyPlan, observer: StudyObserver) {
  const { margin } = base.degradation;
  const photos = await openPhotos({
    images: images.heldOut,
    minSize: sideWithMargin(study.test.crop, margin, base.scale),
    badLimit: { fraction: base.images.maxBadShare },
    onProgress: (progress) => observer.packing(progress),
  });
  observer.packing();
  for (const warning of photos.warnings) observer.warn(warning.code, warningText(warning));
  for (const { code, name, reason } of photos.skipped)
    observer.warn(code, `${name} - ${reason} - not scored`);
  return photos;
}

/**
 * Opens the held-out photographs. The caller disposes it.
 * @throws E_CROP (exit code 2), E_DATA_… (3)
 */
export async function openTestSet(plan: StudyPlan, observer: StudyObserver): Promise<TestSet> {
  const { base, study } = plan;
  const { crop, samples, seed } = study.test;
  const { scale } = base;
  const warn = observer.warn.bind(observer);
  const degradations = await openDegradations(base, { scale, crop, warn });
  const { space, tasks, margin, banks } = degradations;
  requireCrop(crop, { scale, margin, space });
  requireBorder(scale, crop);
  const photos = await openHeldOut(plan, observer);
  const common = { space, crop, margin, seed, samplesPerSet: samples };
  const sets = allSets(tasks).filter(({ task }) => task !== undefined);
  const { version } = native.info();
  const degradation = { ...common, tasks };
  const about = { evensr: version, scale, border: scale, photos: photos.images, degradation };
  return {
    photos,
    tasks,
    plan: { ...common, photos: photos.images, sets, scale },
    border: scale,
    banks,
    id: createHash('sha256')
      .update(JSON.stringify([scoring, protocolOf(about)]))
      .digest('hex'),
    dispose: () => {
      photos.pack.dispose();
      degradations.dispose();
    },
  };
}

export interface TestJob extends PairJob {
  sample: FrozenSample;
}

/** What turns lq images, all of one size, into images of gt's size. */
export type Restore = (pairs: readonly Pair<TestJob>[]) => Promise<RgbImage[]>;

/** Bicubic interpolation as MATLAB's imresize. */
export const bicubic: Restore = (pairs) =>
  Promise.all(
    pairs.map(async ({ lq, gt: { height, width } }) => ({
      ...{ height, width },
      pixels: await native.resizeImage(lq.pixels, lq, { height, width }, { antialias: true }),
    })),
  );

/** A network. Throws E_OUTPUT_NONFINITE. */
export function restoreWith(model: Model): Restore {
  return async (pairs) => {
    const { gt } = pairs[0] as Pair<TestJob>;
    const output = await forwardPairs(model, pairs);
    return pairs.map((_, i) => {
      const { image, finite } = imageOfBatch(output, i, gt);
      if (!finite) throw notFinite(model.info.file);
      return image;
    });
  };
}

/** The test's samples as jobs; `keep` chooses among them. */
export function testJobs(
  { plan }: TestSet,
  keep: (sample: FrozenSample) => boolean = () => true,
): TestJob[] {
  return freezeSamples(plan)
    .filter(keep)
    .map((sample): TestJob => {
      const { photo, top, left, recipe } = sample;
      return { sample, photo, top, left, recipe, size: plan.crop, margin: plan.margin, usm: false };
    });
}

/** Pairs of some jobs, a batch at a time. */
export function testPairs({ photos, banks }: TestSet, jobs: readonly TestJob[], threads: number) {
  return synthesizePairs(photos.pack, jobs, { threads, banks });
}

export interface ScoreOptions {
  threads: number;
  /** Asked between batches: true ends the scoring with nothing. */
  stopping: () => boolean;
  onProgress?: (progress: { done: number; total: number }) => void;
}

async function scoreOf(pair: Pair<TestJob>, sr: RgbImage, border: number): Promise<StudyScore> {
  const { sample } = pair.job;
  const { psnrY, ssimY } = await native.scoreImages(sr.pixels, pair.gt.pixels, pair.gt, border);
  const { photo, repetition } = sample;
  return { set: sample.set.id, photo, repetition, psnrY, ssimY };
}

/** Scores every image of some jobs; nothing when it was stopped. */
export async function scoreJobs(
  test: TestSet,
  jobs: readonly TestJob[],
  restore: Restore,
  { threads, stopping, onProgress }: ScoreOptions,
): Promise<StudyScore[] | undefined> {
  const scores: StudyScore[] = [];
  for await (const pairs of testPairs(test, jobs, threads)) {
    if (stopping()) return undefined;
    const restored = await restore(pairs);
    const some = restored.map((sr, i) => scoreOf(pairs[i] as Pair<TestJob>, sr, test.border));
    scores.push(...(await Promise.all(some)));
    onProgress?.({ done: scores.length, total: jobs.length });
  }
  return scores;
}
