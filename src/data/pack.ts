/** A pack of photographs that is there and right: found in the cache, or built. */
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { defaultMaxImageBytes } from './decode.ts';
import { onDisk } from './durable.ts';
import { makeFolder } from './folder.ts';
import { type BadLimit, defaultBadLimit, imageWarnings, tooSmall, whyRefused } from './judge.ts';
import { withLock } from './lock.ts';
import { type BuildOptions, buildPack, type PackProgress } from './pack-build.ts';
import {
  damagedImages,
  isPacked,
  type PackedImage,
  type PackIndex,
  packKey,
  readIndex,
} from './pack-index.ts';
import { type DataWarning, type ImageProblem, warning } from './problem.ts';
import { type PhotoScan, scanPhotos } from './scan.ts';

export interface PackPhotosOptions {
  /** Folder, glob pattern or `.txt` list, or several. */
  images: string | string[];
  /** Where packs are kept; default: packs/ in evensr's cache. */
  packDir?: string;
  /** Shorter side below which an image is refused (the crop), in pixels. */
  minSize?: number;
  maxImageBytes?: number;
  badLimit?: Partial<BadLimit>;
  /** Read the whole pack and compare its checksums first; damaged images are decoded again. */
  verify?: boolean;
  onProgress?: (progress: PackProgress) => void;
  signal?: AbortSignal;
}

export interface PackedPhotos {
  /** The pack file. */
  path: string;
  bytes: number;
  /** Good images in the order of the bytes of their names. */
  images: PackedImage[];
  skipped: ImageProblem[];
  warnings: DataWarning[];
  /** True when a pack of an earlier call was complete and still right. */
  reused: boolean;
}

const allowAll: BadLimit = { fraction: 1, count: Number.POSITIVE_INFINITY };

function isCurrent(index: PackIndex, scan: PhotoScan): boolean {
  return (
    index.entries.length === scan.photos.length &&
    index.entries.every((entry, at) => {
      const photo = scan.photos[at];
      return entry.name === photo?.name && entry.fingerprint === photo.fingerprint;
    })
  );
}

function judged(
  index: PackIndex,
  scan: PhotoScan,
  options: PackPhotosOptions,
): Omit<PackedPhotos, 'path' | 'reused'> {
  const minSize = options.minSize ?? 1;
  const images: PackedImage[] = [];
  const skipped: ImageProblem[] = [...scan.problems];
  for (const entry of index.entries) {
    const { name } = entry;
    const problem = isPacked(entry) ? tooSmall(name, entry, minSize) : { name, ...entry.problem };
    if (problem) skipped.push(problem);
    else images.push(entry as PackedImage);
  }
  const limit = { ...defaultBadLimit, ...options.badLimit };
  const refused = whyRefused([options.images].flat(), images.length, skipped, limit);
  if (refused) throw refused;
  return {
    bytes: index.bytes,
    images,
    skipped,
    warnings: [...scan.warnings, ...imageWarnings(images)],
  };
}

/**
 * Makes sure that a pack of these photographs exists and is right; decodes what is new or changed.
 *
 * Throws E_DATA_MISSING, E_DATA_EMPTY or E_DATA_BAD (exit 3: nothing there, nothing usable, more bad
 * images than the limit) and E_DISK (exit 5; an earlier pack is then still whole).
 */
export async function packPhotos(options: PackPhotosOptions): Promise<PackedPhotos> {
  const sources = [options.images].flat();
  const folder = options.packDir ?? cacheFolder('packs');
  const maxImageBytes = options.maxImageBytes ?? defaultMaxImageBytes;
  const key = packKey(sources, maxImageBytes);
  const scan = await scanPhotos(sources);
  const repaired: DataWarning[] = [];
  const current = async () => {
    const index = await readIndex(folder, key);
    return index && isCurrent(index, scan) ? index : undefined;
  };
  const build = async () => {
    const index = await readIndex(folder, key);
    const damaged = index && options.verify ? await damagedImages(folder, index) : [];
    if (damaged.length > 0)
      repaired.push(
        warning('W_PACK_DAMAGED', 'packed image(s) were damaged, decoded again', damaged),
      );
    if (index && isCurrent(index, scan) && damaged.length === 0) return { index, reused: true };
    const { onProgress, signal } = options;
    const how: BuildOptions = { folder, key, sources, maxImageBytes };
    if (onProgress) how.onProgress = onProgress;
    if (signal) how.signal = signal;
    return { index: await buildPack(scan.photos, index, how), reused: false };
  };
  const nothing = whyRefused(sources, scan.photos.length, scan.problems, allowAll);
  if (nothing) throw nothing;
  const ready = options.verify ? undefined : await current();
  const { index, reused } = ready
    ? { index: ready, reused: true }
    : await onDisk(folder, async () => {
        makeFolder(folder);
        return await withLock(join(folder, `${key}.lock`), build, options);
      });
  const result = judged(index, scan, options);
  result.warnings.unshift(...repaired);
  return { path: join(folder, index.pack), reused, ...result };
}
