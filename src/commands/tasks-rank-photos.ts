import { openPhotos } from '../data/open.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import type { NativePack } from '../native.ts';
import type { TrainConfig } from '../train/config.ts';
import { openProbePhotos } from '../train/photos.ts';
import { badLimit, tell } from './data.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { openScreen } from './screen/live.ts';
import { observerFor } from './train.ts';

export interface RankPhotos {
  pack: NativePack;
  /** Positions in the pack, and the photographs there. */
  photos: { image: number; name: string; sha256: string; height: number; width: number }[];
}

export interface RankPhotoOptions {
  images?: string;
  maxBad?: number;
  run: TrainConfig | undefined;
  crop: number;
  scale: number;
  margin: number;
}

/**
 * The photographs that were named, or those of the run's probes. The caller disposes the pack.
 * @throws E_USAGE when there are neither; E_DATA_…
 */
export async function openRankPhotos(
  options: RankPhotoOptions,
  output: Output,
): Promise<RankPhotos> {
  const { images, run, crop, scale, margin } = options;
  if (images !== undefined) return await named(images, options, output);
  if (!run) {
    throw new EvensrError('E_USAGE', exitCodes.usage, 'the model belongs to no run with probes', {
      hint: 'name photographs: -i photos/held-out',
    });
  }
  const screen = openScreen(output);
  try {
    const training = { ...run.training, lqSize: crop / scale };
    const degradation = { ...run.degradation, margin };
    const config = { ...run, training, degradation };
    const share = await openProbePhotos(config, observerFor(output, screen));
    const photos = share.images.map((image) => ({
      ...(share.photos[image] as (typeof share.photos)[number]),
      image,
    }));
    return { pack: share.pack, photos };
  } finally {
    screen.close();
  }
}

async function named(
  images: string,
  { crop, scale, margin, ...rest }: RankPhotoOptions,
  output: Output,
): Promise<RankPhotos> {
  const bar = progressBar(output, 'read');
  const set = await openPhotos({
    images,
    minSize: sideWithMargin(crop, margin, scale),
    badLimit: badLimit(rest),
    onProgress: bar,
  });
  bar();
  tell(output, set.warnings, set.skipped);
  return { pack: set.pack, photos: set.images.map((photo, image) => ({ ...photo, image })) };
}
