/** How good the network is at each task: PSNR on fixed probes, the same for every run. */
import { packRecipes } from '../degradation/pack.ts';
import type { Task } from '../degradation/region.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { cropRequest, type FrozenSample, freezeSamples } from '../evaluate/frozen.ts';
import { imageOfBatch } from '../infer/pixels.ts';
import {
  type NativeBatch,
  type NativePack,
  type NativeTrainer,
  native,
  type WeightSet,
} from '../native.ts';
import type { Warn } from './checkpoint-folder.ts';
import type { Banks } from './open-space.ts';

export interface ProbeOptions {
  pack: NativePack;
  /** Positions in the pack of the photographs that probes are cut from, and all images' sizes. */
  images: readonly number[];
  sizes: readonly { height: number; width: number; name: string }[];
  tasks: readonly Task[];
  space: DegradationSpace;
  scale: number;
  gtSize: number;
  margin: number;
  samplesPerTask: number;
  usm: boolean;
  border: number;
  threads: number;
  banks: Banks;
  warn: Warn;
}

/** One number for all runs and seeds, so that their probes can be compared; training cannot reach it. */
const probeSeed = 2 ** 40 + 2506;

/** Samples that run through the network together: bounds the memory of a measurement. */
const batchSize = 32;

/** PSNR on Y in dB, by task; null when every sample was restored exactly or none was finite. */
export type TaskPsnr = Record<string, number | null>;

interface ProbeBatch {
  pairs: NativeBatch;
  /** Task of every sample. */
  taskIds: string[];
}

/** Fixed pairs of every task in native memory. The caller disposes them. */
export class Probes {
  readonly #taskIds: readonly string[];
  readonly #border: number;
  readonly #warn: Warn;
  readonly #batches: readonly ProbeBatch[];
  readonly names: readonly string[];

  private constructor(options: ProbeOptions, batches: ProbeBatch[], names: string[]) {
    this.#taskIds = options.tasks.map((task) => task.id);
    this.#border = options.border;
    this.#warn = options.warn;
    this.#batches = batches;
    this.names = names;
  }

  /** Cuts and degrades all probes; they stay in native memory. */
  static async create(options: ProbeOptions): Promise<Probes> {
    const { images, sizes, tasks } = options;
    const samples = freezeSamples({
      photos: images.map(
        (image) => sizes[image] as { height: number; width: number; name: string },
      ),
      space: options.space,
      sets: tasks.map((task, index) => ({ id: task.id, key: index + 1, task })),
      scale: options.scale,
      crop: options.gtSize,
      margin: options.margin,
      samplesPerSet: options.samplesPerTask,
      seed: probeSeed,
    });
    const batches: ProbeBatch[] = [];
    for (let start = 0; start < samples.length; start += batchSize) {
      const part = samples.slice(start, start + batchSize);
      batches.push({
        pairs: await synthesize(part, options),
        taskIds: part.map(({ set }) => set.id),
      });
    }
    const names = samples.map(({ photo }) => sizes[images[photo] as number]?.name ?? '');
    return new Probes(options, batches, names);
  }

  /** Samples that run through the network together, at most. */
  get atOnce(): number {
    return Math.max(...this.#batches.map(({ pairs }) => pairs.size));
  }

  /**
   * Mean PSNR of each task. A sample that is restored exactly has no finite PSNR and is left out of
   * the mean; so is, with a warning, one whose result is not finite.
   * @param only measures these tasks; default: all
   */
  async measure(
    trainer: NativeTrainer,
    weights: WeightSet,
    only: readonly string[] = this.#taskIds,
  ): Promise<TaskPsnr> {
    const means = new TaskMeans(only);
    for (const { pairs, taskIds } of this.#batches) {
      if (!taskIds.some((id) => only.includes(id))) continue;
      const { psnrY } = await trainer.measure(pairs, { weights, border: this.#border });
      means.add(taskIds, psnrY);
    }
    for (const [id, { bad }] of means.sums) {
      if (bad === 0) continue;
      this.#warn('W_NONFINITE', `${bad} probes of task ${id} are not finite - not in its PSNR`);
    }
    return means.toJSON();
  }

  /** The same for bicubic interpolation: what a task reaches without any training. */
  async bicubic(): Promise<TaskPsnr> {
    const means = new TaskMeans(this.#taskIds);
    for (const { pairs, taskIds } of this.#batches) {
      means.add(taskIds, await bicubicPsnr(pairs, this.#border));
    }
    return means.toJSON();
  }

  /** All probes, as many at once as are measured at once. */
  *batches(): Generator<{ pairs: NativeBatch; taskIds: readonly string[]; names: string[] }> {
    let at = 0;
    for (const batch of this.#batches) {
      yield { ...batch, names: this.names.slice(at, at + batch.taskIds.length) };
      at += batch.taskIds.length;
    }
  }

  /** The probes one after the other with their tasks, for pictures. */
  *samples(): Generator<{ pairs: NativeBatch; index: number; taskId: string; name: string }> {
    for (const { pairs, taskIds, names } of this.batches())
      for (const [index, taskId] of taskIds.entries())
        yield { pairs, index, taskId, name: names[index] ?? '' };
  }

  dispose(): void {
    for (const { pairs } of this.#batches) pairs.dispose();
  }
}

function synthesize(part: readonly FrozenSample[], options: ProbeOptions): Promise<NativeBatch> {
  const { pack, images, gtSize: crop, margin, scale, usm, threads, banks } = options;
  const places = part.map((sample) => ({ ...sample, photo: images[sample.photo] as number }));
  const recipes = packRecipes(part.map(({ recipe }) => recipe));
  return native.synthesize(pack, cropRequest(places, { crop, margin, scale }), recipes, {
    usm,
    threads,
    ...banks,
  });
}

/** Means by task of values that are finite. */
export class TaskMeans {
  /** `bad` counts the values that are no numbers. */
  readonly sums: ReadonlyMap<string, { sum: number; count: number; bad: number }>;

  constructor(taskIds: readonly string[]) {
    this.sums = new Map(taskIds.map((id) => [id, { sum: 0, count: 0, bad: 0 }]));
  }

  /** Adds a value a sample; those of other tasks are ignored. */
  add(taskIds: readonly string[], values: ArrayLike<number>): void {
    for (const [sample, id] of taskIds.entries()) {
      const total = this.sums.get(id);
      const value = values[sample] as number;
      if (total && Number.isNaN(value)) total.bad++;
      if (!total || !Number.isFinite(value)) continue;
      total.sum += value;
      total.count++;
    }
  }

  toJSON(): TaskPsnr {
    const means = [...this.sums].map(([id, { sum, count }]) => [
      id,
      count > 0 ? sum / count : null,
    ]);
    return Object.fromEntries(means);
  }
}

/** PSNR on Y of every sample of a batch, interpolated as the benchmarks of the field do it. */
async function bicubicPsnr(pairs: NativeBatch, border: number): Promise<number[]> {
  const lqShape = { height: pairs.lqHeight, width: pairs.lqWidth };
  const gtShape = { height: pairs.gtHeight, width: pairs.gtWidth };
  const [lq, gt] = [pairs.lq(), pairs.gt()];
  const scores = Array.from({ length: pairs.size }, async (_, index) => {
    const small = imageOfBatch(lq, index, lqShape).image;
    const target = imageOfBatch(gt, index, gtShape).image;
    const pixels = await native.resizeImage(small.pixels, lqShape, gtShape, { antialias: true });
    return (await native.scoreImages(pixels, target.pixels, gtShape, border)).psnrY;
  });
  return await Promise.all(scores);
}

/** Plain mean over the tasks that were measured; null without any. */
export function meanPsnr(psnr: TaskPsnr): number | null {
  const known = Object.values(psnr).filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length;
}
