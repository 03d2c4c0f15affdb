/** Images a second over batch sizes and threads, and memory over many batches. */
import { packRecipes, recipeLength } from '../degradation/pack.ts';
import { realEsrganSpace } from '../degradation/space.ts';
import { sampledRecipes } from './cases.ts';
import { GtFile, mostPictures } from './gt.ts';
import { summaryOf } from './statistics.ts';

export const batchSizes = [1, 4, 16, 64, 256] as const;

/** 1, 2, 4, … and all. */
export function threadCounts(all: number): number[] {
  const counts = [];
  for (let threads = 1; threads < all; threads *= 2) counts.push(threads);
  return [...counts, all];
}

export interface ScalingCell {
  batch: number;
  threads: number;
  imagesPerSecond: number;
}

export interface ScalingOptions {
  side: number;
  threads: number;
  /** How often the images are gone through for one cell. */
  rounds: number;
  /** Images; every cell degrades the same ones, so that batches of all sizes are the same work. */
  images: number;
}

export async function measureScaling(
  { side, threads: all, rounds, images }: ScalingOptions,
  onCell: (cell: ScalingCell) => void,
): Promise<ScalingCell[]> {
  const gt = new GtFile(side, mostPictures);
  const packed = packRecipes(sampledRecipes(realEsrganSpace, images));
  const pass = async (batch: number, threads: number) => {
    const start = performance.now();
    for (let first = 0; first < images; first += batch) {
      const recipes = packed.subarray(first * recipeLength, (first + batch) * recipeLength);
      const range = { first, count: batch };
      (await gt.degrade(recipes, range, { usm: false, threads })).dispose();
    }
    return performance.now() - start;
  };
  const cells: ScalingCell[] = [];
  try {
    await pass(Math.min(images, 64), all);
    for (const threads of threadCounts(all)) {
      for (const batch of batchSizes.filter((size) => size <= images)) {
        const times: number[] = [];
        for (let round = 0; round < rounds; round++) times.push(await pass(batch, threads));
        const cell = { batch, threads, imagesPerSecond: (1000 * images) / summaryOf(times).median };
        cells.push(cell);
        onCell(cell);
      }
    }
  } finally {
    gt.dispose();
  }
  return cells;
}

export interface MemoryUse {
  batches: number;
  /** Resident bytes after the first tenth of the batches, at the end, and the most in between. */
  early: number;
  end: number;
  most: number;
}

/** Degrades batch after batch and watches the memory of this process. */
export async function watchMemory({
  side,
  threads,
  batches,
}: {
  side: number;
  threads: number;
  batches: number;
}): Promise<MemoryUse> {
  const gt = new GtFile(side, mostPictures);
  const batch = 64;
  const packed = packRecipes(sampledRecipes(realEsrganSpace, batch));
  const sizes: number[] = [];
  try {
    for (let i = 0; i < batches; i++) {
      const range = { first: i, count: batch };
      (await gt.degrade(packed, range, { usm: false, threads })).dispose();
      sizes.push(process.memoryUsage.rss());
    }
  } finally {
    gt.dispose();
  }
  const early = Math.floor(batches / 10);
  return {
    batches,
    early: sizes[early] as number,
    end: sizes.at(-1) as number,
    most: Math.max(...sizes.slice(early)),
  };
}
