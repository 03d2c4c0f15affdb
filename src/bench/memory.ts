/** Memory over many batches. */
import { packRecipes } from '../degradation/pack.ts';
import { realEsrganSpace } from '../degradation/space.ts';
import { sampledRecipes } from './cases.ts';
import { GtFile, mostPictures } from './gt.ts';

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
