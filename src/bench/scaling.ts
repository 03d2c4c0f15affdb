/** Images a second over batch sizes and threads, as a loader gets them that asks ahead. */
import { packRecipes, recipeLength } from '../degradation/pack.ts';
import { realEsrganSpace } from '../degradation/space.ts';
import { native } from '../native.ts';
import { sampledRecipes } from './cases.ts';
import { floorOfAll, measureHardware } from './floor.ts';
import { GtFile, mostPictures } from './gt.ts';
import type { RecordedCase } from './record.ts';
import { pairedRatio, summaryOf } from './statistics.ts';

export const batchSizes = [1, 4, 16, 64, 256] as const;

/** 1, 2, 4, … and all. */
export function threadCounts(all: number): number[] {
  const counts = [];
  for (let threads = 1; threads < all; threads *= 2) counts.push(threads);
  return [...counts, all];
}

/** A batch size on a number of threads. */
export interface ScalingCell {
  batch: number;
  threads: number;
  /** Milliseconds for an image, one sample a round; the same place of all cells is the same round. */
  samples: number[];
  floorShare: number;
}

export interface ScalingOptions {
  side: number;
  threads: number;
  /** How often every cell goes through the images. */
  rounds: number;
  /** Images; every cell degrades the same ones, so that batches of all sizes are the same work. */
  images: number;
}

/** What a loader asks for at once: four images a thread, in no fewer batches than leave one waiting. */
export function batchesAhead(batch: number, threads: number): number {
  return Math.max(threads + 1, Math.ceil((4 * threads) / batch));
}

class ScalingRun {
  private readonly gt: GtFile;
  private readonly images: number;
  private readonly packed: Float64Array;

  constructor(gt: GtFile, images: number) {
    this.gt = gt;
    this.images = images;
    this.packed = packRecipes(sampledRecipes(realEsrganSpace, images));
  }

  private degrade(first: number, count: number, options: { threads: number; profile?: boolean }) {
    const recipes = this.packed.subarray(first * recipeLength, (first + count) * recipeLength);
    return this.gt.degrade(recipes, { first, count }, { usm: false, ...options });
  }

  /** Goes through `images` in batches, always some of them asked for ahead. */
  private async through(images: number, batch: number, threads: number): Promise<void> {
    let next = 0;
    const caller = async () => {
      while (next < images) {
        const first = next % this.images;
        next += batch;
        (await this.degrade(first, batch, { threads })).dispose();
      }
    };
    await Promise.all(Array.from({ length: batchesAhead(batch, threads) }, caller));
  }

  /**
   * Milliseconds for an image. Calls that are not counted go first: they start the threads and leave
   * arrays of this batch's size behind, which the following calls take over.
   */
  async once(batch: number, threads: number): Promise<number> {
    await this.through(batchesAhead(batch, threads) * batch, batch, threads);
    const start = performance.now();
    await this.through(this.images, batch, threads);
    return (performance.now() - start) / this.images;
  }

  /** Milliseconds of one thread for an image at the hardware's floor. */
  async floor(): Promise<number> {
    const batch = await this.degrade(0, this.images, { threads: 1, profile: true });
    const { profile } = batch;
    batch.dispose();
    return floorOfAll(profile, await measureHardware(this.gt.side)) / this.images / 1e6;
  }
}

/**
 * The cells in turn, round after round: a machine that gets slower meanwhile does so for all of them.
 * Those of one batch size are neighbours. `images` must be a multiple of every batch that it holds.
 */
export async function measureScaling(
  { side, threads: all, rounds, images }: ScalingOptions,
  onRound: (round: number) => void,
): Promise<ScalingCell[]> {
  const gt = new GtFile(side, mostPictures);
  try {
    const run = new ScalingRun(gt, images);
    const cells = batchSizes
      .filter((batch) => batch <= images)
      .flatMap((batch) => threadCounts(all).map((threads) => ({ batch, threads })))
      .map((cell) => ({ ...cell, samples: [] as number[] }));
    for (let round = 0; round < rounds; round++) {
      onRound(round);
      for (const { batch, threads, samples } of cells) samples.push(await run.once(batch, threads));
    }
    const floor = await run.floor();
    return cells.map((cell) => ({
      ...cell,
      floorShare: floor / cell.threads / summaryOf(cell.samples).median,
    }));
  } finally {
    gt.dispose();
  }
}

/** Images a second. */
export function speedOf({ samples }: ScalingCell): number {
  return 1000 / summaryOf(samples).median;
}

/** The cell of as large a batch on one thread. */
export function onOneThread(cell: ScalingCell, cells: readonly ScalingCell[]) {
  return cells.find(({ batch, threads }) => batch === cell.batch && threads === 1);
}

/**
 * How much longer than in the fastest batch an image takes in the slowest, as a share. NaN when nothing
 * ran with that many threads.
 */
export function spreadOfBatches(cells: readonly ScalingCell[], threads: number): number {
  const speeds = cells.filter((cell) => cell.threads === threads).map(speedOf);
  return Math.max(...speeds) / Math.min(...speeds) - 1;
}

/** The cells as cases whose peers are ourselves: on one thread, and in the largest batch. */
export function recordedScaling(cells: readonly ScalingCell[]): RecordedCase[] {
  const { version } = native.info();
  const largest = Math.max(...cells.map(({ batch }) => batch));
  return cells.map((cell) => {
    const { batch, threads, samples, floorShare } = cell;
    const asPeer = (name: string, other: ScalingCell | undefined) => {
      if (!other || other === cell) return [];
      const { median } = summaryOf(other.samples);
      return [{ name, version, median, ratio: pairedRatio(other.samples, samples) }];
    };
    const inLargest = cells.find((one) => one.batch === largest && one.threads === threads);
    return {
      ...{ name: `scaling/batch-${batch}/threads-${threads}`, unit: 'ms/image' },
      ...{ ...summaryOf(samples), floorShare },
      peers: [
        ...asPeer('evensr, 1 thread', onOneThread(cell, cells)),
        ...asPeer(`evensr, batch ${largest}`, inLargest),
      ],
    };
  });
}
