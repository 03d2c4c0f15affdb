/** The noise bank of realsr, opened: flat patches of a folder of photographs. */
import { createHash } from 'node:crypto';
import type { NativePack } from '../native.ts';
import { findNoisePatches, type NoisePatch } from './noise-bank.ts';
import { openPhotos } from './open.ts';
import type { PackedImage } from './pack-index.ts';

export interface NoiseBank {
  pack: NativePack;
  /** Side of every patch in pixels. */
  size: number;
  count: number;
  /** Image, top and left of each, the least noisy first. */
  places: Int32Array;
  /** Of the photographs and places. */
  sha256: string;
  dispose(): void;
}

export type Warn = (code: string, text: string) => void;

const patchSize = 256;

/** By variance, and where it is equal by place: the same whatever the photographs are called. */
function rising(images: readonly PackedImage[]) {
  const rank = ({ photo, top, left }: NoisePatch) =>
    `${images[photo]?.sha256} ${String(top).padStart(6)} ${String(left).padStart(6)}`;
  return (a: NoisePatch, b: NoisePatch): number =>
    a.variance - b.variance || (rank(a) < rank(b) ? -1 : 1);
}

function digest(images: readonly PackedImage[], patches: readonly NoisePatch[]): string {
  const named = patches.map(({ photo, top, left }) => [images[photo]?.sha256, top, left]);
  return createHash('sha256').update(JSON.stringify(named)).digest('hex');
}

/**
 * Finds the flat patches of a folder's photographs. What cannot be used is told and left out. The caller
 * disposes it.
 * @throws E_DATA_… (exit code 3) when there are no photographs, or no patch in them
 */
export async function openNoiseBank(folder: string, warn: Warn): Promise<NoiseBank> {
  const photos = await openPhotos({
    images: folder,
    minSize: patchSize,
    badLimit: { fraction: 1, count: Number.POSITIVE_INFINITY },
  });
  const { pack, images } = photos;
  for (const { code, name, reason } of photos.skipped) {
    warn(code, `noise bank: ${name} - ${reason} - skipped`);
  }
  try {
    const found = await findNoisePatches(photos, { size: patchSize });
    const patches = found.toSorted(rising(images));
    return {
      pack,
      size: patchSize,
      count: patches.length,
      places: Int32Array.from(patches.flatMap(({ photo, top, left }) => [photo, top, left])),
      sha256: digest(images, patches),
      dispose: () => pack.dispose(),
    };
  } catch (error) {
    pack.dispose();
    throw error;
  }
}
