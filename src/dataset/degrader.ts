/** Degradation for programs: pictures and recipes in, low-quality pictures out. */
import { packRecipes } from '../degradation/pack.ts';
import type { Recipe } from '../degradation/recipe.ts';
import { chooseDevice } from '../device.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { imageOfBatch, type RgbImage } from '../infer/pixels.ts';
import { native, type SynthesizeOptions } from '../native.ts';
import { type GtImage, type PlanarImage, planarImage } from './gt-image.ts';

export interface DegraderOptions {
  /** `cpu`, which is the default, `cuda` or `cuda:N`. Results do not depend on it. */
  device?: string;
  /** Of one call; all CPUs by default. Results do not depend on it. */
  threads?: number;
  /** Sharpen gt first, as Real-ESRGAN does; see SynthesizeOptions. */
  usm?: boolean;
  /** What recipes with estimated kernels and real noise refer to. */
  kernels?: NonNullable<SynthesizeOptions['kernels']>;
  patches?: NonNullable<SynthesizeOptions['patches']>;
}

/** A picture both ways: 8 bits, HWC, and planar float32 in [0, 1], (3, height, width). */
export interface DegradedImage extends RgbImage, PlanarImage {}

export interface Degraded {
  /** What was degraded: cut to multiples of the scale, and sharpened when that was asked for. */
  gt: PlanarImage[];
  /** One for each recipe; gt's size divided by the scale. */
  lq: DegradedImage[];
  /** That the degradation took, without reading and decoding. */
  milliseconds: number;
}

interface Job {
  gt: PlanarImage;
  recipe: Recipe;
}

/** Values of gt that go to the core together: enough to keep its threads busy, and a bounded copy. */
const batchValues = 2 ** 24;
const batchImages = 64;

/** Jobs that may share a native batch, in their order. */
function batchesOf(jobs: readonly Job[]): Job[][] {
  const kind = ({ gt, recipe }: Job) => `${gt.width} ${gt.height} ${recipe.scale}`;
  const batches: Job[][] = [];
  for (const job of jobs) {
    const last = batches.at(-1);
    const most = Math.min(batchImages, batchValues / job.gt.planes.length);
    if (last && last.length < most && kind(last[0] as Job) === kind(job)) last.push(job);
    else batches.push([job]);
  }
  return batches;
}

function requireCounts(gts: number, recipes: number): void {
  if (gts > 0 && recipes > 0 && (gts === recipes || gts === 1 || recipes === 1)) return;
  const problem = `${gts} pictures and ${recipes} recipes do not go together`;
  throw new EvensrError('E_SHAPE', exitCodes.usage, problem, {
    hint: 'give as many of each, or one of either',
  });
}

const isList = <Item>(value: Item | readonly Item[]): value is readonly Item[] =>
  Array.isArray(value);
const listOf = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  isList(value) ? value : [value];

/**
 * Degrades pictures by recipes. The result depends on the picture and its recipe alone: not on the batch,
 * the threads or the machine.
 */
export class Degrader {
  readonly #options: DegraderOptions;

  /** Throws E_DEVICE for a device that is not there. */
  constructor(options: DegraderOptions = {}) {
    const device = chooseDevice(options.device ?? 'cpu', () => {});
    this.#options = { ...options, device };
  }

  /**
   * One low-quality picture for each pair of picture and recipe; one picture goes with every recipe, one
   * recipe with every picture. Sizes may differ. Rejects with E_SHAPE for numbers and sizes that do not go
   * together, E_RECIPE for recipes out of range, E_PIXEL for values outside [0, 1], E_IMG_… for pictures
   * that cannot be read, E_MEMORY.
   */
  async run(
    gt: GtImage | readonly GtImage[],
    recipes: Recipe | readonly Recipe[],
  ): Promise<Degraded> {
    const jobs = await this.#jobs(listOf(gt), listOf(recipes));
    const degraded: Degraded = { gt: [], lq: [], milliseconds: 0 };
    for (const batch of batchesOf(jobs)) await this.#add(batch, degraded);
    return degraded;
  }

  async #jobs(gts: readonly GtImage[], recipes: readonly Recipe[]): Promise<Job[]> {
    requireCounts(gts.length, recipes.length);
    const known = new Map<string, Promise<PlanarImage>>();
    const imageAt = (at: number, scale: number): Promise<PlanarImage> => {
      const key = `${at} ${scale}`;
      const image = known.get(key) ?? planarImage(gts[at] as GtImage, scale);
      known.set(key, image);
      return image;
    };
    const jobs: Job[] = [];
    for (let at = 0; at < Math.max(gts.length, recipes.length); at++) {
      const recipe = recipes[recipes.length === 1 ? 0 : at] as Recipe;
      jobs.push({ recipe, gt: await imageAt(gts.length === 1 ? 0 : at, recipe.scale) });
    }
    return jobs;
  }

  async #add(jobs: readonly Job[], degraded: Degraded): Promise<void> {
    const { usm = false, threads, device, kernels, patches } = this.#options;
    const { width, height } = (jobs[0] as Job).gt;
    const values = 3 * width * height;
    const gt = new Float32Array(jobs.length * values);
    for (const [at, job] of jobs.entries()) gt.set(job.gt.planes, at * values);
    const shape = { batch: jobs.length, height, width };
    const recipes = packRecipes(jobs.map(({ recipe }) => recipe));
    const batch = await native.synthesizeFrom(gt, shape, recipes, {
      usm,
      threads: threads ?? native.info().threads,
      ...(device === undefined ? {} : { device }),
      ...(kernels === undefined ? {} : { kernels }),
      ...(patches === undefined ? {} : { patches }),
    });
    try {
      const sharpened = usm ? batch.gt() : gt;
      const lq = batch.lq();
      const size = { height: batch.lqHeight, width: batch.lqWidth };
      const lqValues = 3 * size.height * size.width;
      degraded.milliseconds += batch.milliseconds;
      for (const [at, job] of jobs.entries()) {
        const planes = sharpened.subarray(at * values, (at + 1) * values);
        degraded.gt.push(usm ? { width, height, planes } : job.gt);
        degraded.lq.push({
          ...imageOfBatch(lq, at, size).image,
          planes: lq.subarray(at * lqValues, (at + 1) * lqValues),
        });
      }
    } finally {
      batch.dispose();
    }
  }
}

/**
 * The planes of pictures of one size as one array, (B, 3, height, width): what networks take. Throws
 * E_SHAPE for pictures of several sizes, and for none.
 */
export function stackPlanes(images: readonly PlanarImage[]): {
  data: Float32Array;
  dims: [number, number, number, number];
} {
  const [first] = images;
  const isAlike = ({ width, height }: PlanarImage) =>
    width === first?.width && height === first.height;
  if (!first || !images.every(isAlike)) {
    throw new EvensrError('E_SHAPE', exitCodes.usage, 'a batch needs pictures of one size');
  }
  const values = first.planes.length;
  const data = new Float32Array(images.length * values);
  for (const [at, { planes }] of images.entries()) data.set(planes, at * values);
  return { data, dims: [images.length, 3, first.height, first.width] };
}
