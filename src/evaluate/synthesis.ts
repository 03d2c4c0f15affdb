import { packRecipes } from '../degradation/pack.ts';
import type { Recipe } from '../degradation/recipe.ts';
import { imageOfBatch, type RgbImage } from '../infer/pixels.ts';
import { type NativePack, native } from '../native.ts';
import type { Banks } from '../train/open-space.ts';
import { cropRequest, sideWithMargin } from './frozen.ts';

/** One pair to make: a square crop of a photograph of the pack and what happens to it. */
export interface PairJob {
  photo: number;
  top: number;
  left: number;
  size: number;
  /** lq pixels around the crop that are degraded with it and then cut away. */
  margin: number;
  usm: boolean;
  recipe: Recipe;
}

/** A gt crop and its degraded counterpart. */
export interface Pair<Job extends PairJob = PairJob> {
  job: Job;
  gt: RgbImage;
  lq: RgbImage;
  /** lq as the network takes it, planar (3, h, w) in [0, 1]. */
  lqPlanes: Float32Array;
}

/** Pairs of a batch, and values of gt that it may hold (64 MB) unless one alone has more. */
const batchSize = 16;
const batchValues = 2 ** 24;

/** How many jobs like this one go together. */
function roomFor({ size, margin, recipe }: PairJob): number {
  const side = sideWithMargin(size, margin, recipe.scale);
  return Math.min(batchSize, batchValues / (3 * side ** 2));
}

type Jobs<Job> = Iterable<Job> | AsyncIterable<Job>;

/** Jobs that fit into one native batch, in their order: same crop size, scale and sharpening. */
async function* batchesOf<Job extends PairJob>(jobs: Jobs<Job>): AsyncGenerator<Job[]> {
  const kind = (job: Job) => `${job.size} ${job.margin} ${job.recipe.scale} ${job.usm}`;
  let batch: Job[] = [];
  for await (const job of jobs) {
    const [first = job] = batch;
    const fits = batch.length < roomFor(first) && kind(first) === kind(job);
    if (!fits && batch.length > 0) {
      yield batch;
      batch = [];
    }
    batch.push(job);
  }
  if (batch.length > 0) yield batch;
}

async function synthesizeBatch<Job extends PairJob>(
  pack: NativePack,
  jobs: readonly Job[],
  options: Banks & { threads: number; device: string },
): Promise<Pair<Job>[]> {
  const { size, margin, usm, recipe } = jobs[0] as Job;
  const request = cropRequest(jobs, { crop: size, margin, scale: recipe.scale });
  const recipes = packRecipes(jobs.map((job) => job.recipe));
  const batch = await native.synthesize(pack, request, recipes, { usm, ...options });
  try {
    const gt = batch.gt();
    const lq = batch.lq();
    const gtShape = { height: batch.gtHeight, width: batch.gtWidth };
    const lqShape = { height: batch.lqHeight, width: batch.lqWidth };
    const lqLength = 3 * lqShape.height * lqShape.width;
    return jobs.map((job, i) => ({
      job,
      gt: imageOfBatch(gt, i, gtShape).image,
      lq: imageOfBatch(lq, i, lqShape).image,
      lqPlanes: lq.subarray(i * lqLength, (i + 1) * lqLength),
    }));
  } finally {
    batch.dispose();
  }
}

/**
 * Makes pairs, a bounded number at a time, in the order of the jobs, of which no more are asked for than
 * are made. The next batch is made while the caller is busy with one.
 */
export async function* synthesizePairs<Job extends PairJob>(
  pack: NativePack,
  jobs: Jobs<Job>,
  {
    threads: wanted,
    device = 'cpu',
    banks,
  }: { threads?: number; device?: string; banks?: Banks | undefined } = {},
): AsyncGenerator<Pair<Job>[]> {
  const options = { threads: wanted ?? native.info().threads, device, ...banks };
  const batches = batchesOf(jobs);
  const start = async (): Promise<Pair<Job>[] | undefined> => {
    const { value } = await batches.next();
    return value && (await synthesizeBatch(pack, value, options));
  };
  let next = start();
  try {
    for (let pairs = await next; pairs !== undefined; pairs = await next) {
      next = start();
      // Its failure is met at the await above, one turn later than the runtime would like.
      next.catch(() => {});
      yield pairs;
    }
  } finally {
    await batches.return(undefined);
  }
}
