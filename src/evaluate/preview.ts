/** The pictures of contact sheets: crops from the middle of photographs, degraded. */
import { basename } from 'node:path';
import type { PhotoSet } from '../data/open.ts';
import { packRecipes } from '../degradation/pack.ts';
import type { Recipe } from '../degradation/recipe.ts';
import type { Task } from '../degradation/region.ts';
import { sampleRecipe } from '../degradation/sample.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { levelsOfLastAxis } from '../degradation/task.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { imageOfBatch, type RgbImage } from '../infer/pixels.ts';
import { native } from '../native.ts';
import { renderPhotos, renderSteps, renderTasks } from '../report/preview.ts';
import type { Banks } from '../train/open-space.ts';
import { cropRequest, type FrozenSet } from './frozen.ts';
import { type Pair, type PairJob, synthesizePairs } from './synthesis.ts';

/** Photographs must hold the crop and its margin. */
export interface PreviewPlan {
  space: DegradationSpace;
  crop: number;
  margin: number;
  scale: number;
  seed: number;
  usm: boolean;
  banks?: Banks;
}

type Photos = Pick<PhotoSet, 'images' | 'pack'>;

function nameOf(photos: Photos, photo: number): string {
  return basename(photos.images[photo]?.name ?? '');
}

/** The middle of a photograph under a recipe. */
function jobOf(photos: Photos, photo: number, recipe: Recipe, plan: PreviewPlan): PairJob {
  const { height, width } = photos.images[photo] as PhotoSet['images'][number];
  const middle = (side: number) => Math.floor((side - plan.crop) / 2);
  return {
    ...{ photo, recipe, top: middle(height), left: middle(width) },
    ...{ size: plan.crop, margin: plan.margin, usm: plan.usm },
  };
}

function recipeOf({ task }: Pick<FrozenSet, 'task'>, index: number, plan: PreviewPlan): Recipe {
  const { space, seed, scale } = plan;
  return sampleRecipe(space, { seed, index, scale, ...(task === undefined ? {} : { task }) });
}

async function pairsOf(photos: Photos, jobs: readonly PairJob[], { banks }: PreviewPlan) {
  const pairs: Pair[] = [];
  for await (const some of synthesizePairs(photos.pack, jobs, { banks })) pairs.push(...some);
  return pairs;
}

/** Pictures beside each other: the levels of the last axis, or a few when there is no other axis. */
function columnsOf(tasks: readonly Task[]): number {
  const levels = levelsOfLastAxis(tasks);
  return levels === tasks.length ? Math.min(levels, 4) : levels;
}

/** A contact sheet (PNG) of the first photograph under each task. Throws E_TASK when there is none. */
export async function previewTasks(
  photos: Photos,
  tasks: readonly Task[],
  plan: PreviewPlan,
): Promise<Buffer> {
  if (tasks.length === 0) {
    throw new EvensrError('E_TASK', exitCodes.usage, 'a preview shows tasks, and none was named', {
      hint: 'leave --tasks out to see all of them',
    });
  }
  const { crop, scale } = plan;
  const jobs = tasks.map((task, index) => jobOf(photos, 0, recipeOf({ task }, index, plan), plan));
  const pairs = await pairsOf(photos, jobs, plan);
  const { gt } = pairs[0] as (typeof pairs)[number];
  const small = { height: crop / scale, width: crop / scale };
  const shrunk = await native.resizeImage(gt.pixels, gt, small, { antialias: true });
  return await renderTasks({
    photo: nameOf(photos, 0),
    scale,
    gt,
    clean: { ...small, pixels: shrunk },
    tasks: pairs.map(({ lq }, at) => ({ task: tasks[at] as Task, lq })),
    columns: columnsOf(tasks),
  });
}

const titleOf = ({ id, task }: FrozenSet): string =>
  task === undefined ? 'plain draws' : `${id}, ${(task.mass * 100).toFixed(1)} % of plain draws`;

const mostPhotographs = 12;

/** A contact sheet (PNG) of up to 12 photographs, spread over all, under draws of one set. */
export async function previewPhotos(
  photos: Photos,
  set: FrozenSet,
  plan: PreviewPlan,
): Promise<Buffer> {
  const all = photos.images.length;
  const count = Math.min(mostPhotographs, all);
  const chosen = Array.from({ length: count }, (_, at) => Math.floor((at * all) / count));
  const jobs = chosen.map((photo, at) => jobOf(photos, photo, recipeOf(set, at, plan), plan));
  const pairs = await pairsOf(photos, jobs, plan);
  return await renderPhotos({
    title: titleOf(set),
    bounds: set.task?.bounds ?? [],
    scale: plan.scale,
    pairs: pairs.map(({ gt, lq, job }, at) => {
      const photo = nameOf(photos, chosen[at] as number);
      return { photo, gt, lq, recipe: job.recipe };
    }),
  });
}

/** The part of an image that is left when its share of a margin is cut off. */
function cutMargin(image: RgbImage, share: number): RgbImage {
  const cut = Math.round(share * image.width);
  const side = image.width - 2 * cut;
  const pixels = new Uint8Array(3 * side * side);
  for (let y = 0; y < side; y++) {
    const from = 3 * ((y + cut) * image.width + cut);
    pixels.set(image.pixels.subarray(from, from + 3 * side), 3 * y * side);
  }
  return { width: side, height: side, pixels };
}

/** A crop with its margin after so many operations, without the margin. */
async function imageAfter(
  photos: Pick<PhotoSet, 'pack'>,
  job: PairJob,
  plan: Omit<PreviewPlan, 'space' | 'seed'>,
  steps: number,
): Promise<RgbImage> {
  // The margin is of lq; pictures on the way have other sizes, so it is cut here.
  const around = { ...cropRequest([job], plan), margin: 0 };
  const recipes = packRecipes([job.recipe]);
  const { threads } = native.info();
  const batch = await native.synthesize(photos.pack, around, recipes, {
    ...{ usm: plan.usm, threads, steps, ...plan.banks },
  });
  const size = { height: batch.lqHeight, width: batch.lqWidth };
  const { image } = imageOfBatch(batch.lq(), 0, size);
  batch.dispose();
  return cutMargin(image, (plan.margin * plan.scale) / around.size);
}

/** The gt crop of a job, and what is left of it after each operation of its recipe; the last is lq. */
export async function stepImages(
  photos: Pick<PhotoSet, 'pack'>,
  job: PairJob,
  plan: Omit<PreviewPlan, 'space' | 'seed'>,
): Promise<RgbImage[]> {
  const images: RgbImage[] = [];
  for (let steps = 0; steps <= job.recipe.operations.length; steps++)
    images.push(await imageAfter(photos, job, plan, steps));
  return images;
}

/** A contact sheet (PNG) of the first photograph after each operation of one recipe of the set. */
export async function previewSteps(
  photos: Photos,
  set: FrozenSet,
  plan: PreviewPlan,
): Promise<Buffer> {
  const recipe = recipeOf(set, 0, plan);
  const images = await stepImages(photos, jobOf(photos, 0, recipe, plan), plan);
  return await renderSteps({
    photo: nameOf(photos, 0),
    task: set.task === undefined ? 'a plain draw' : set.id,
    scale: plan.scale,
    gt: images[0] as RgbImage,
    steps: recipe.operations.map((operation, at) => ({
      operation,
      image: images[at + 1] as RgbImage,
    })),
  });
}
