import { basename } from 'node:path';
import type { PhotoSet } from '../data/open.ts';
import type { Task } from '../degradation/region.ts';
import { sampleRecipe } from '../degradation/sample.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { levelsOfLastAxis } from '../degradation/task.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import { renderPreview } from '../report/preview.ts';
import type { Banks } from '../train/open-space.ts';
import { type Pair, type PairJob, synthesizePairs } from './synthesis.ts';

/** Pictures beside each other: the levels of the last axis, or a few when there is no other axis. */
function columnsOf(tasks: readonly Task[]): number {
  const levels = levelsOfLastAxis(tasks);
  return levels === tasks.length ? Math.min(levels, 4) : levels;
}

/**
 * A contact sheet (PNG) of the middle of the first photograph under each task. Photographs must
 * hold the crop and its margin.
 */
export async function previewOf(
  photos: Pick<PhotoSet, 'images' | 'pack'>,
  tasks: readonly Task[],
  options: {
    space: DegradationSpace;
    crop: number;
    margin: number;
    scale: number;
    seed: number;
    usm: boolean;
    banks?: Banks | undefined;
  },
): Promise<Buffer> {
  const { space, crop, margin, scale, seed, usm, banks } = options;
  if (tasks.length === 0) {
    throw new EvensrError('E_TASK', exitCodes.usage, 'a preview shows tasks, and none was named', {
      hint: 'leave --tasks out to see all of them',
    });
  }
  const photo = photos.images[0] as PhotoSet['images'][number];
  const jobs = tasks.map((task, index): PairJob & { task: Task } => ({
    task,
    photo: 0,
    top: Math.floor((photo.height - crop) / 2),
    left: Math.floor((photo.width - crop) / 2),
    size: crop,
    margin,
    usm,
    recipe: sampleRecipe(space, { seed, index, scale, task }),
  }));
  const pairs: Pair<PairJob & { task: Task }>[] = [];
  for await (const some of synthesizePairs(photos.pack, jobs, { banks })) pairs.push(...some);
  const gt = (pairs[0] as (typeof pairs)[number]).gt;
  const small = { height: crop / scale, width: crop / scale };
  const shrunk = await native.resizeImage(gt.pixels, gt, small, { antialias: true });
  return await renderPreview({
    photo: basename(photo.name),
    scale,
    gt,
    clean: { ...small, pixels: shrunk },
    tasks: pairs.map(({ job, lq }) => ({ task: job.task, lq })),
    columns: columnsOf(tasks),
  });
}
