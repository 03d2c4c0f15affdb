/** Places in photographs that show hardly more than their camera's noise. */
import { type FileHandle, open } from 'node:fs/promises';
import { EvensrError, exitCodes } from '../errors.ts';
import type { PackedPhotos } from './pack.ts';
import type { PackedImage } from './pack-index.ts';

export interface NoiseBankOptions {
  /** Side of a patch in pixels; default 256. */
  size?: number;
  /** The variance of the gray levels (0 to 255) is below this; default 20. */
  maxVariance?: number;
  /** The mean of the gray levels is above this; default 0, which leaves out black. */
  minMean?: number;
  signal?: AbortSignal;
}

/** A square of a photograph: its position in the pack and the patch's first pixel. */
export interface NoisePatch {
  photo: number;
  top: number;
  left: number;
  /** Of its gray levels (0 to 255). */
  variance: number;
}

/** Luma of ITU-R BT.601 in 16-bit fixed point, as an 8-bit level. */
function grayLevel(pixels: Buffer, at: number): number {
  const [r, g, b] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number];
  return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;
}

/** Mean and variance of the gray levels of the patch whose left column is given. */
function statistics(band: Buffer, width: number, left: number, size: number) {
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < size; y++) {
    const end = 3 * (y * width + left + size);
    for (let at = end - 3 * size; at < end; at += 3) {
      const level = grayLevel(band, at);
      sum += level;
      squares += level * level;
    }
  }
  const mean = sum / size ** 2;
  return { mean, variance: squares / size ** 2 - mean ** 2 };
}

async function readBand(file: FileHandle, image: PackedImage, top: number, size: number) {
  const band = Buffer.allocUnsafe(3 * image.width * size);
  const start = image.offset + 3 * image.width * top;
  const { bytesRead } = await file.read(band, 0, band.length, start);
  if (bytesRead === band.length) return band;
  throw new EvensrError('E_PACK', exitCodes.disk, `the pack ends inside ${image.name}`, {
    hint: 'Run the command again: the pack is then built anew.',
  });
}

/**
 * The noise bank of RealSR (Ji et al., "Real-world super-resolution via kernel estimation and noise
 * injection", CVPRW 2020, section 3.2): patches side by side whose gray levels vary little, so that a
 * patch minus its mean is noise. In the order of the pack, then of the rows.
 *
 * Throws E_DATA_EMPTY (exit 3) when there is none, E_PACK (exit 5) when the pack was cut meanwhile.
 */
export async function findNoisePatches(
  { path, images }: Pick<PackedPhotos, 'path' | 'images'>,
  { size = 256, maxVariance = 20, minMean = 0, signal }: NoiseBankOptions = {},
): Promise<NoisePatch[]> {
  const patches: NoisePatch[] = [];
  const file = await open(path, 'r');
  try {
    for (const [photo, image] of images.entries()) {
      if (image.width < size) continue;
      for (let top = 0; top + size <= image.height; top += size) {
        signal?.throwIfAborted();
        const band = await readBand(file, image, top, size);
        for (let left = 0; left + size <= image.width; left += size) {
          const { mean, variance } = statistics(band, image.width, left, size);
          if (variance < maxVariance && mean > minMean)
            patches.push({ photo, top, left, variance });
        }
      }
    }
  } finally {
    await file.close();
  }
  if (patches.length > 0) return patches;
  throw new EvensrError(
    'E_DATA_EMPTY',
    exitCodes.nothingUsable,
    `${images.length} photograph(s) hold no noise patch: no ${size}x${size} square has a gray variance below ${maxVariance} and a mean above ${minMean}`,
    { hint: 'Take photographs with even, noisy areas such as sky or walls, or a smaller patch.' },
  );
}
