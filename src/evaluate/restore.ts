import type { PhotoSet } from '../data/open.ts';
import type { Model } from '../infer/model.ts';
import { imageOfBatch, type RgbImage } from '../infer/pixels.ts';
import { notFinite } from '../infer/upscale.ts';
import { native } from '../native.ts';
import type { Banks } from '../train/open-space.ts';
import { type FrozenPlan, type FrozenSample, freezeSamples } from './frozen.ts';
import { type Measures, measureImages, type Scores } from './measures.ts';
import type { SampleScore } from './summary.ts';
import { type Pair, type PairJob, synthesizePairs } from './synthesis.ts';

/** A degraded image, what the network and bicubic interpolation made of it, and how good that is. */
export interface Restored {
  gt: RgbImage;
  lq: RgbImage;
  sr: RgbImage;
  bicubic: RgbImage;
  model: Scores;
  bicubicScores: Scores;
}

/** Scores a result and the bicubic baseline (Keys, a = -0.5, as the field's benchmarks) against gt. */
export async function scoreAgainstBicubic(
  images: { gt: RgbImage; lq: RgbImage; sr: RgbImage },
  border: number,
): Promise<Restored> {
  const { gt, lq, sr } = images;
  const pixels = await native.resizeImage(lq.pixels, lq, gt, { antialias: true });
  const [model, bicubicScores] = await Promise.all([
    native.scoreImages(sr.pixels, gt.pixels, gt, border),
    native.scoreImages(pixels, gt.pixels, gt, border),
  ]);
  const bicubic = { height: gt.height, width: gt.width, pixels };
  return { gt, lq, sr, bicubic, model, bicubicScores };
}

/** The same images with the scores of `measures` too; all must be of one size. */
export async function withMeasures(
  restored: readonly Restored[],
  measures: Measures,
  border: number,
): Promise<Restored[]> {
  const images = restored.flatMap(({ gt, sr, bicubic }) => [
    { image: sr, gt },
    { image: bicubic, gt },
  ]);
  const found = await measureImages(images, measures, border);
  return restored.map((one, i) => ({
    ...one,
    model: { ...one.model, ...found[2 * i] },
    bicubicScores: { ...one.bicubicScores, ...found[2 * i + 1] },
  }));
}

/** A frozen plan and what is measured of its images. */
type ScoringPlan = FrozenPlan & { border: number; measures?: Measures | undefined };

interface SetJob extends PairJob {
  sample: FrozenSample;
}

/** What the network makes of pairs whose lq images are of one size: (B, 3, H, W), not clamped. */
export async function forwardPairs<Job extends PairJob>(
  model: Model,
  pairs: readonly Pair<Job>[],
): Promise<Float32Array> {
  const { height, width } = (pairs[0] as Pair<Job>).lq;
  const length = 3 * height * width;
  const input = new Float32Array(pairs.length * length);
  for (const [i, pair] of pairs.entries()) input.set(pair.lqPlanes, i * length);
  return await model.forward(input, { batch: pairs.length, height, width });
}

async function restoreBatch(
  model: Model,
  pairs: readonly Pair<SetJob>[],
  plan: ScoringPlan,
): Promise<Restored[]> {
  const { gt } = pairs[0] as Pair<SetJob>;
  const output = await forwardPairs(model, pairs);
  const restored = pairs.map((pair, i) => {
    const { image, finite } = imageOfBatch(output, i, gt);
    const { photo, sample } = pair.job;
    if (!finite) throw notFinite(`${plan.photos[photo]?.name}, set ${sample.set.id}`);
    return scoreAgainstBicubic({ gt: pair.gt, lq: pair.lq, sr: image }, plan.border);
  });
  return await withMeasures(await Promise.all(restored), plan.measures ?? {}, plan.border);
}

/** What a caller may follow while sets are scored. */
export interface EvaluationHooks {
  onProgress?: (progress: { done: number; total: number }) => void;
  /** Sees every restored image; what it keeps is its own affair. */
  onRestored?: (sample: FrozenSample, restored: Restored) => void;
}

/** Degrades, restores and scores every sample of a frozen plan. */
export async function scoreFrozenSets(
  model: Model,
  photos: Pick<PhotoSet, 'pack'>,
  plan: ScoringPlan & { banks?: Banks | undefined },
  hooks: EvaluationHooks = {},
): Promise<SampleScore[]> {
  const samples = freezeSamples(plan);
  const jobs = samples.map((sample): SetJob => {
    const { photo, top, left, recipe } = sample;
    return { sample, photo, top, left, recipe, size: plan.crop, margin: plan.margin, usm: false };
  });
  const scores: SampleScore[] = [];
  for await (const pairs of synthesizePairs(photos.pack, jobs, { banks: plan.banks })) {
    for (const [i, restored] of (await restoreBatch(model, pairs, plan)).entries()) {
      const { sample } = (pairs[i] as Pair<SetJob>).job;
      scores.push({
        set: sample.set.id,
        photo: sample.photo,
        model: restored.model,
        bicubic: restored.bicubicScores,
      });
      hooks.onRestored?.(sample, restored);
    }
    hooks.onProgress?.({ done: scores.length, total: jobs.length });
  }
  return scores;
}
