import type { CanvasPlacement } from '../native.ts';
import type { TileEngine, TileShape } from './engine.ts';

interface Job {
  planes: Float32Array;
  height: number;
  width: number;
  placement: CanvasPlacement;
  condition: Float32Array | undefined;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** One batch is worked on and one waits for it, so that the engine never stands still. */
const batchesInFlight = 2;

/**
 * Tiles of all pictures that are worked on, in the order in which they came. Tiles of the same size
 * share a batch, whichever picture they are of.
 */
export class TileQueue {
  readonly #engine: TileEngine;
  readonly #waiting: Job[] = [];
  #running = 0;

  constructor(engine: TileEngine) {
    this.#engine = engine;
  }

  /** Resolves when the tile, planar (3, height, width), is on its canvas. `condition`: of its picture. */
  add(
    planes: Float32Array,
    size: { height: number; width: number },
    placement: CanvasPlacement,
    condition?: Float32Array,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ planes, ...size, placement, condition, resolve, reject });
      // Not at once: what else is added now may share the batch.
      queueMicrotask(() => this.#pump());
    });
  }

  #pump(): void {
    while (this.#running < batchesInFlight && this.#waiting.length > 0) {
      this.#running++;
      void this.#work(this.#nextBatch());
    }
  }

  async #work(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#run(jobs);
      for (const job of jobs) job.resolve();
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
    this.#running--;
    this.#pump();
  }

  /** The oldest tile and those of its size that fit beside it. A picture's own tiles stay in order. */
  #nextBatch(): Job[] {
    const { height, width, condition } = this.#waiting[0] as Job;
    const fits = (job: Job) =>
      job.height === height && job.width === width && !job.condition === !condition;
    const most = Math.max(1, Math.floor(this.#engine.batchPixels / (height * width)));
    const jobs: Job[] = [];
    for (let i = 0; i < this.#waiting.length && jobs.length < most; ) {
      const job = this.#waiting[i] as Job;
      if (fits(job)) jobs.push(...this.#waiting.splice(i, 1));
      else i++;
    }
    return jobs;
  }

  async #run(jobs: readonly Job[]): Promise<void> {
    const { height, width, condition } = jobs[0] as Job;
    const shape: TileShape = { batch: jobs.length, height, width };
    await this.#engine.run(
      joined(jobs.map((job) => job.planes)),
      shape,
      jobs.map((job) => job.placement),
      condition && joined(jobs.map((job) => job.condition as Float32Array)),
    );
  }
}

/** Arrays of one length, one after the other. */
function joined(arrays: readonly Float32Array[]): Float32Array {
  const [first] = arrays as [Float32Array];
  if (arrays.length === 1) return first;
  const all = new Float32Array(arrays.length * first.length);
  for (const [i, one] of arrays.entries()) all.set(one, i * first.length);
  return all;
}
