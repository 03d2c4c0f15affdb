/** A folder of photographs and a place for its packs, for tests. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PackPhotosOptions, packPhotos } from '../src/data/pack.ts';
import { png, temporaryFolder } from './data-corpus.ts';

export interface Place {
  images: string;
  packDir: string;
}

export function place(t: { after(done: () => void): void }): Place {
  const folder = temporaryFolder(t);
  const [images, packDir] = [join(folder, 'images'), join(folder, 'packs')];
  mkdirSync(images);
  return { images, packDir };
}

export async function withPngs(
  t: { after(done: () => void): void },
  count: number,
): Promise<Place> {
  const where = place(t);
  for (let seed = 0; seed < count; seed++)
    writeFileSync(join(where.images, `${seed}.png`), await png(seed));
  return where;
}

/** A pack, and how many photographs were looked at for it. */
export async function packCounting(options: PackPhotosOptions) {
  let looked = 0;
  const packed = await packPhotos({ ...options, onProgress: () => looked++ });
  return { packed, looked };
}
