/** Training batches, prepared one ahead: drawn here, cut and degraded natively. */
import { setImmediate as breathe } from 'node:timers/promises';
import { sampleCompat } from '../degradation/compat.ts';
import { packRecipes } from '../degradation/pack.ts';
import { pooledSamples } from '../degradation/pool.ts';
import type { Recipe } from '../degradation/recipe.ts';
import type { Task } from '../degradation/region.ts';
import { sampleRecipe } from '../degradation/sample.ts';
import { type SeverityName, severitiesOf } from '../degradation/severities.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { taskOf } from '../degradation/task.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import { type NativeBatch, type NativePack, native } from '../native.ts';
import type { CropDrawer } from './crops.ts';
import type { Banks } from './open-space.ts';

export interface BatchOptions {
  pack: NativePack;
  crops: CropDrawer;
  tasks: readonly Task[];
  space: DegradationSpace;
  seed: number;
  scale: number;
  batchSize: number;
  /** Side of the gt crop, and lq pixels around it that are degraded with it. */
  gtSize: number;
  margin: number;
  usm: boolean;
  /** Keep what was sharpened beside the result, for losses that want it so. */
  plainGt?: boolean;
  /**
   * Draws once a batch what Real-ESRGAN draws once a batch, and mixes batches in a pool of so many
   * pairs; the task of a sample then follows from its recipe.
   */
  compat: { readonly poolSize: number } | null;
  /** Draws the recipe of a sample by its number; its task, too, then follows from the recipe. */
  recipeOf: ((sample: number) => Recipe) | null;
  /** What the network estimates of each sample's degradation; nothing for most. */
  severities?: readonly SeverityName[];
  threads: number;
  /** Where pairs are degraded; they are the same on every device. */
  device: string;
  banks: Banks;
}

/** Says which task each sample of a batch comes from; asked for batches 0, 1, 2, … in order. */
export interface TaskSource {
  next(batch: number): readonly string[];
}

export interface TrainBatch {
  taskIds: readonly string[];
  crops: Int32Array;
  pairs: NativeBatch;
  /** (B, K), the truth that a network's estimates are compared with. */
  severities?: Float32Array;
}

/** What a step on the batch is told beside its pairs. */
export const stepTruth = ({ severities }: TrainBatch) => (severities ? { severities } : {});

/** Drawing a rare task takes many attempts; other work gets its turn after this many milliseconds. */
const sliceMilliseconds = 4;

/** Makes the batches of a run: one is prepared in the background while another trains. */
export class BatchSource {
  readonly #options: BatchOptions;
  readonly #tasks: ReadonlyMap<string, Task>;
  #source: TaskSource;
  #next: { step: number; batch: Promise<TrainBatch> } | undefined;

  constructor(source: TaskSource, options: BatchOptions) {
    this.#source = source;
    this.#options = options;
    this.#tasks = new Map(options.tasks.map((task) => [task.id, task]));
  }

  /** Whether its samples are of the tasks that its source names. */
  get followsQuotas(): boolean {
    const { compat, recipeOf } = this.#options;
    return compat === null && recipeOf === null;
  }

  /** Begins the batch of a step. Steps are prepared in order. */
  prepare(step: number): void {
    const taskIds = this.#source.next(step - 1);
    const batch = this.#make(step, taskIds);
    batch.catch(() => {}); // met in take()
    this.#next = { step, batch };
  }

  /** The batch of a step, waiting for it if need be. The caller disposes `pairs`. */
  take(step: number): Promise<TrainBatch> {
    if (this.#next?.step !== step) this.prepare(step);
    const batch = this.#next?.batch as Promise<TrainBatch>;
    this.#next = undefined;
    return batch;
  }

  /** Forgets what was prepared; goes on with another source, or with an earlier state of the same. */
  async restart(source: TaskSource): Promise<void> {
    const forgotten = this.#next;
    this.#next = undefined;
    this.#source = source;
    await forgotten?.batch.then(
      ({ pairs }) => pairs.dispose(),
      () => {},
    );
  }

  async #make(step: number, quotaIds: readonly string[]): Promise<TrainBatch> {
    const { pack, crops, seed, batchSize, gtSize, margin, scale, compat, banks } = this.#options;
    const { usm, plainGt = false, threads, device, recipeOf, severities = [] } = this.#options;
    const first = (step - 1) * batchSize;
    const samples = compat
      ? pooledSamples({ seed, batchSize, ...compat }, step - 1)
      : Array.from({ length: batchSize }, (_, i) => first + i);
    const recipes = compat ? this.#drawCompat(samples) : await this.#draw(samples, quotaIds);
    const places = crops.draw(samples);
    const request = { size: sideWithMargin(gtSize, margin, scale), margin, crops: places };
    const pairs = await native.synthesize(pack, request, packRecipes(recipes), {
      usm,
      plainGt,
      threads,
      device,
      ...banks,
    });
    const taskIds =
      compat || recipeOf
        ? recipes.map((recipe) => taskOf(recipe, this.#options.tasks).id)
        : quotaIds;
    const batch = { taskIds, crops: places, pairs };
    if (severities.length === 0) return batch;
    return { ...batch, severities: severitiesOf(recipes, severities) };
  }

  async #draw(samples: readonly number[], taskIds: readonly string[]): Promise<Recipe[]> {
    const { space, seed, scale, recipeOf } = this.#options;
    const recipes: Recipe[] = [];
    let sliceEnd = performance.now() + sliceMilliseconds;
    for (const [position, index] of samples.entries()) {
      const task = this.#tasks.get(taskIds[position] as string) as Task;
      recipes.push(recipeOf?.(index) ?? sampleRecipe(space, { seed, index, scale, task }));
      if (performance.now() < sliceEnd) continue;
      await breathe();
      sliceEnd = performance.now() + sliceMilliseconds;
    }
    return recipes;
  }

  #drawCompat(samples: readonly number[]): Recipe[] {
    const { space, seed, scale, batchSize } = this.#options;
    return samples.map((index) => sampleCompat(space, { seed, index, batchSize, scale }));
  }
}
