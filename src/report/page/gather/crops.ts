/** Pictures of what a network does: its probes scored one by one, and larger crops of each task. */
import type { Task } from '../../../degradation/region.ts';
import { type DegradationSpace, withWindow } from '../../../degradation/space.ts';
import { type FrozenSample, freezeSamples } from '../../../evaluate/frozen.ts';
import { psnrY } from '../../../evaluate/psnr.ts';
import { type Pair, type PairJob, synthesizePairs } from '../../../evaluate/synthesis.ts';
import type { Model } from '../../../infer/model.ts';
import { imageOfBatch, type RgbImage } from '../../../infer/pixels.ts';
import { native } from '../../../native.ts';
import type { TrainConfig } from '../../../train/config.ts';
import type { Banks } from '../../../train/open-space.ts';
import type { PhotoShare } from '../../../train/photos.ts';
import type { Probes } from '../../../train/probe.ts';

/** What the pictures of a run are made from. */
export interface Bench {
  config: TrainConfig;
  space: DegradationSpace;
  banks: Banks;
  tasks: readonly Task[];
  validation: PhotoShare;
  probes: Probes;
}

/** An image of a task, what the network and bicubic interpolation make of it, and PSNR of Y in dB. */
export interface Crop {
  task: string;
  photo: string;
  gt: RgbImage;
  lq: RgbImage;
  sr: RgbImage;
  bicubic: RgbImage;
  psnr: number;
  bicubicPsnr: number;
}

/** How much better than bicubic interpolation, in dB; no number when both are exact. */
export function gainOf({ psnr, bicubicPsnr }: Pick<Crop, 'psnr' | 'bicubicPsnr'>): number {
  return psnr - bicubicPsnr;
}

type Images = Pick<Crop, 'gt' | 'lq' | 'sr'>;

async function besideBicubic(
  of: Pick<Crop, 'task' | 'photo'>,
  { gt, lq, sr }: Images,
  border: number,
): Promise<Crop> {
  const pixels = await native.resizeImage(lq.pixels, lq, gt, { antialias: true });
  const bicubic = { width: gt.width, height: gt.height, pixels };
  const [psnr, bicubicPsnr] = [psnrY(sr, gt, border), psnrY(bicubic, gt, border)];
  return { ...of, gt, lq, sr, bicubic, psnr, bicubicPsnr };
}

/** Every probe as the network and as bicubic interpolation restore it, in the probes' order. */
export async function* restoredProbes(
  model: Model,
  { probes, config }: Pick<Bench, 'probes' | 'config'>,
): AsyncGenerator<Crop> {
  for (const { pairs, taskIds, names } of probes.batches()) {
    const lqShape = { height: pairs.lqHeight, width: pairs.lqWidth };
    const gtShape = { height: pairs.gtHeight, width: pairs.gtWidth };
    const [lq, gt] = [pairs.lq(), pairs.gt()];
    const sr = await model.forward(lq, { batch: pairs.size, ...lqShape });
    const images = (index: number): Images => ({
      lq: imageOfBatch(lq, index, lqShape).image,
      gt: imageOfBatch(gt, index, gtShape).image,
      sr: imageOfBatch(sr, index, gtShape).image,
    });
    const { border } = config.validation;
    yield* await Promise.all(
      taskIds.map((task, index) =>
        besideBicubic({ task, photo: names[index] ?? '' }, images(index), border),
      ),
    );
  }
}

/** Of test crops and their degradations; no other seed of evensr's is near it. */
const exampleSeed = 2 ** 40 + 5011;
/** Crops that a task's example is chosen from, and photographs that examples are cut from. */
const candidates = 5;
const mostPhotos = 12;
const largestExample = 256;

interface ExampleJob extends PairJob {
  sample: FrozenSample;
}

/**
 * One larger crop of each task, restored: of some crops of a photograph the one with median detail, so
 * neither flat sky nor the hardest; only gt decides. The photographs take turns.
 */
export async function restoredExamples(
  model: Model,
  bench: Bench,
  tasks: readonly Task[],
): Promise<Crop[]> {
  const crops: Crop[] = [];
  let drawn: Pair<ExampleJob>[] = [];
  const { validation, banks } = bench;
  for await (const pairs of synthesizePairs(validation.pack, exampleJobs(model, bench, tasks), {
    banks,
  })) {
    for (const pair of pairs) {
      drawn.push(pair);
      if (drawn.length < candidates) continue;
      const order = drawn.toSorted((a, b) => detailOf(a.gt) - detailOf(b.gt));
      crops.push(await restoreExample(model, bench, order[candidates >> 1] as Pair<ExampleJob>));
      drawn = [];
    }
  }
  return crops;
}

function exampleJobs(
  { multiple }: Model,
  { config, space, validation, tasks: all }: Bench,
  tasks: readonly Task[],
) {
  const { scale } = config;
  const { margin, usm } = config.degradation;
  const shown = validation.images.slice(0, mostPhotos);
  const photos = shown.map((image) => validation.photos[image] as PhotoShare['photos'][number]);
  const crop = exampleSide(photos, { scale, margin, multiple });
  const samples = freezeSamples({
    photos,
    space: withWindow(space, crop / scale + 2 * margin),
    sets: tasks.map((task) => ({ id: task.id, key: all.indexOf(task) + 1, task })),
    scale,
    crop,
    margin,
    samplesPerSet: photos.length * candidates,
    seed: exampleSeed,
  });
  return samples
    .filter(({ set, photo }) => photo === (set.key - 1) % photos.length)
    .map((sample): ExampleJob => {
      const { top, left, recipe } = sample;
      const photo = shown[sample.photo] as number;
      return { sample, photo, top, left, recipe, size: crop, margin, usm };
    });
}

/**
 * The largest crop that every photograph holds with its margin, up to a size that is quick to look at.
 * Its lq has sides that are multiples of `multiple`.
 */
export function exampleSide(
  photos: readonly { height: number; width: number }[],
  { scale, margin, multiple }: { scale: number; margin: number; multiple: number },
): number {
  const least = Math.min(...photos.map(({ height, width }) => Math.min(height, width)));
  const side = Math.min(largestExample, least - 2 * margin * scale);
  return Math.floor(side / (scale * multiple)) * scale * multiple;
}

async function restoreExample(
  model: Model,
  { config, validation }: Bench,
  { gt, lq, lqPlanes, job }: Pair<ExampleJob>,
): Promise<Crop> {
  const shape = { batch: 1, height: lq.height, width: lq.width };
  const sr = imageOfBatch(await model.forward(lqPlanes, shape), 0, gt).image;
  const of = { task: job.sample.set.id, photo: validation.photos[job.photo]?.name ?? '' };
  return await besideBicubic(of, { gt, lq, sr }, config.validation.border);
}

/** Mean difference between neighbours in green: flat sky has little of it. */
export function detailOf({ width, height, pixels }: RgbImage): number {
  let sum = 0;
  const green = (x: number, y: number) => pixels[(y * width + x) * 3 + 1] as number;
  for (let y = 1; y < height; y++) {
    for (let x = 1; x < width; x++) {
      sum += Math.abs(green(x, y) - green(x - 1, y)) + Math.abs(green(x, y) - green(x, y - 1));
    }
  }
  return sum / Math.max(1, (width - 1) * (height - 1));
}
