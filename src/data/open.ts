/** Photographs as training and evaluation use them: one memory-mapped pack. */
import { existsSync } from 'node:fs';
import { type NativePack, native } from '../native.ts';
import { type PackedPhotos, type PackPhotosOptions, packPhotos } from './pack.ts';

export interface PhotoSet extends PackedPhotos {
  /** Image i of the pack is images[i]. */
  pack: NativePack;
}

/** packPhotos, then the pack mapped into memory. The caller disposes `pack`. */
export async function openPhotos(options: PackPhotosOptions): Promise<PhotoSet> {
  for (let attempt = 1; ; attempt++) {
    const packed = await packPhotos(options);
    const table = new Float64Array(packed.images.length * 3);
    for (const [at, image] of packed.images.entries())
      table.set([image.offset, image.height, image.width], at * 3);
    try {
      return { ...packed, pack: native.openPack(packed.path, table) };
    } catch (error) {
      // Another process may have replaced the pack since it was looked up.
      if (existsSync(packed.path) || attempt === 3) throw error;
    }
  }
}
