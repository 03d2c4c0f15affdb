/** Random draws of a space applied to photographs, restored, and scored. */
import { axes } from '../../degradation/axes.ts';
import type { Recipe } from '../../degradation/recipe.ts';
import { taskOf } from '../../degradation/task.ts';
import type { Model } from '../../infer/model.ts';
import { imageOfBatch } from '../../infer/pixels.ts';
import { notFinite } from '../../infer/upscale.ts';
import { type NativePack, native } from '../../native.ts';
import { frozenSampler, naturalSet } from '../frozen.ts';
import { forwardPairs } from '../restore.ts';
import type { Degradations } from '../setup.ts';
import { type Pair, type PairJob, synthesizePairs } from '../synthesis.ts';
import type { ScoredDraws } from './rank.ts';
import type { Specialists } from './specialists.ts';

export interface DrawPlan {
  pack: NativePack;
  /** Positions in the pack, and the photographs there. */
  photos: readonly { image: number; height: number; width: number; name: string }[];
  degradations: Degradations;
  /** Plain draws from the space; draw i falls on photograph i mod their number. */
  draws: number;
  /** Fixed crops of each photograph: a draw is applied to all of its photograph's, its score is their mean. */
  crops: number;
  /** Side of the gt crops. */
  crop: number;
  border: number;
  seed: number;
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface DrawnScores extends ScoredDraws {
  /** Draws without a finite PSNR of one of the networks: some crop was restored exactly. Left out. */
  readonly exact: number;
}

interface DrawJob extends PairJob {
  draw: number;
  task: string;
}

/**
 * Scores a network on plain draws. The gap of a draw is the PSNR of its task's specialist, or of bicubic
 * interpolation where there are none, less the network's on the same images.
 */
export async function scoreDraws(
  model: Model,
  specialists: Specialists | null,
  plan: DrawPlan,
): Promise<DrawnScores> {
  const recipes = drawRecipes(model.scale, plan);
  const jobs = jobsOf(recipes, model.scale, plan);
  const sums = recipes.map(() => ({ psnr: 0, gap: 0 }));
  let done = 0;
  const { banks } = plan.degradations;
  for await (const pairs of synthesizePairs(plan.pack, jobs, { banks })) {
    const own = await restoredBy(model, pairs, plan.border);
    const best = await bestPossible(specialists, pairs, plan.border);
    for (const [i, { job }] of pairs.entries()) {
      const sum = sums[job.draw] as { psnr: number; gap: number };
      sum.psnr += (own[i] as number) / plan.crops;
      sum.gap += ((best[i] as number) - (own[i] as number)) / plan.crops;
    }
    done += pairs.length;
    plan.onProgress?.({ done, total: jobs.length });
  }
  const kept = [...sums.entries()].filter(
    ([, { psnr, gap }]) => Number.isFinite(psnr) && Number.isFinite(gap),
  );
  const columns = axes.map(({ name, of }): [string, number[]] => [
    name,
    kept.map(([draw]) => of(recipes[draw] as Recipe)),
  ]);
  return {
    columns: new Map(columns),
    photos: kept.map(([draw]) => draw % plan.photos.length),
    scores: { psnr: kept.map(([, { psnr }]) => psnr), gap: kept.map(([, { gap }]) => gap) },
    exact: sums.length - kept.length,
  };
}

function samplerOf(scale: number, { photos, degradations, crop, seed }: DrawPlan) {
  const { space, margin } = degradations;
  const sample = frozenSampler({ photos, space, scale, crop, margin, seed });
  return (ordinal: number) => sample({ id: naturalSet, key: 0 }, ordinal);
}

function drawRecipes(scale: number, plan: DrawPlan): Recipe[] {
  const sample = samplerOf(scale, plan);
  return Array.from({ length: plan.draws }, (_, draw) => sample(draw).recipe);
}

function jobsOf(recipes: readonly Recipe[], scale: number, plan: DrawPlan): DrawJob[] {
  const { photos, degradations, crops, crop: size } = plan;
  const { margin, tasks } = degradations;
  const sample = samplerOf(scale, plan);
  const places = Array.from({ length: photos.length * crops }, (_, at) => sample(at));
  return recipes.flatMap((recipe, draw) =>
    Array.from({ length: crops }, (_, number) => {
      const place = places[number * photos.length + (draw % photos.length)];
      const { photo, top, left } = place as { photo: number; top: number; left: number };
      const { image } = photos[photo] as { image: number };
      const task = taskOf(recipe, tasks).id;
      return { draw, task, recipe, photo: image, top, left, size, margin, usm: false };
    }),
  );
}

/** PSNR on Y of every pair, in dB; infinite where it was restored exactly. */
async function restoredBy(
  model: Model,
  pairs: readonly Pair<DrawJob>[],
  border: number,
): Promise<number[]> {
  const { gt } = pairs[0] as Pair<DrawJob>;
  const output = await forwardPairs(model, pairs);
  const scores = pairs.map(async (pair, i) => {
    const { image, finite } = imageOfBatch(output, i, gt);
    if (!finite) throw notFinite(`draw ${pair.job.draw}`);
    return (await native.scoreImages(image.pixels, pair.gt.pixels, gt, border)).psnrY;
  });
  return await Promise.all(scores);
}

async function bicubicPsnr({ lq, gt }: Pair<DrawJob>, border: number): Promise<number> {
  const pixels = await native.resizeImage(lq.pixels, lq, gt, { antialias: true });
  return (await native.scoreImages(pixels, gt.pixels, gt, border)).psnrY;
}

/** What each pair could reach: with its task's specialist, else by bicubic interpolation. */
async function bestPossible(
  specialists: Specialists | null,
  pairs: readonly Pair<DrawJob>[],
  border: number,
): Promise<number[]> {
  if (!specialists) return await Promise.all(pairs.map((pair) => bicubicPsnr(pair, border)));
  const scores = new Array<number>(pairs.length);
  for (const [task, specialist] of specialists) {
    const places = pairs.flatMap(({ job }, i) => (job.task === task ? [i] : []));
    if (places.length === 0) continue;
    const own = places.map((i) => pairs[i] as Pair<DrawJob>);
    for (const [at, score] of (await restoredBy(specialist, own, border)).entries()) {
      scores[places[at] as number] = score;
    }
  }
  return scores;
}
