/** The photographs of a run: some to train on, others for the probes. */
import { sharedImages } from '../data/judge.ts';
import { openPhotos, type PhotoSet } from '../data/open.ts';
import { type DataWarning, warningText } from '../data/problem.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import type { NativePack } from '../native.ts';
import type { TrainConfig } from './config.ts';
import type { TrainObserver } from './observer.ts';

/** Some photographs of a pack. */
export interface PhotoShare {
  pack: NativePack;
  /** Positions in the pack. */
  images: readonly number[];
  /** All photographs of the pack. */
  photos: readonly { name: string; sha256: string; height: number; width: number }[];
}

export interface RunPhotos {
  training: PhotoShare;
  validation: PhotoShare;
  dispose(): void;
}

function tell(observer: TrainObserver, warnings: readonly DataWarning[]): void {
  for (const warning of warnings) observer.warn(warning.code, warningText(warning));
}

async function open(
  images: string,
  { config, observer }: { config: TrainConfig; observer: TrainObserver },
): Promise<PhotoSet> {
  const { training, degradation, scale } = config;
  const { maxBadShare } = config.images;
  const set = await openPhotos({
    images,
    minSize: sideWithMargin(training.lqSize * scale, degradation.margin, scale),
    badLimit: { fraction: maxBadShare },
    onProgress: (progress) => observer.packing(progress),
  });
  observer.packing();
  tell(observer, set.warnings);
  for (const { code, name, reason } of set.skipped) {
    observer.warn(code, `${name} - ${reason} - skipped`);
  }
  return set;
}

/**
 * Sets photographs aside for the probes: those whose contents have the lowest checksums, so that the
 * choice depends neither on names nor on the seed, and hardly changes when photographs are added.
 * What is there twice is never on both sides.
 */
export function setAside(
  photos: readonly { sha256: string }[],
  share: number,
): { training: number[]; validation: number[] } {
  const count = Math.max(1, Math.round(photos.length * share));
  const order = photos
    .map(({ sha256 }, index) => ({ sha256, index }))
    .sort((a, b) => (a.sha256 === b.sha256 ? a.index - b.index : a.sha256 < b.sha256 ? -1 : 1))
    .map(({ index }) => index);
  const rising = (positions: number[]) => positions.sort((a, b) => a - b);
  const validation = order.slice(0, count);
  const held = new Set(validation.map((index) => photos[index]?.sha256));
  const training = order.slice(count).filter((index) => !held.has(photos[index]?.sha256));
  return { training: rising(training), validation: rising(validation) };
}

/**
 * Packs and opens the photographs of a configuration's probes and no others.
 * @throws E_DATA_… (exit code 3)
 */
export async function openProbePhotos(
  config: TrainConfig,
  observer: TrainObserver,
): Promise<PhotoShare> {
  const { train, validation, setAside: share } = config.images;
  const { pack, images } = await open(validation ?? train, { config, observer });
  const held = validation ? images.map((_, index) => index) : setAside(images, share).validation;
  return { pack, images: held, photos: images };
}

/**
 * Packs and opens the photographs of a configuration.
 * @throws E_DATA_… (exit code 3) when there are none, too many are bad, or none is left to train on
 */
export async function openRunPhotos(
  config: TrainConfig,
  observer: TrainObserver,
): Promise<RunPhotos> {
  const context = { config, observer };
  const all = await open(config.images.train, context);
  const every = all.images.map((_, index) => index);
  if (config.images.validation !== null) {
    const probes = await open(config.images.validation, context);
    const shared = sharedImages(all.images, probes.images);
    if (shared) tell(observer, [shared]);
    return {
      training: { pack: all.pack, images: every, photos: all.images },
      validation: {
        pack: probes.pack,
        images: probes.images.map((_, index) => index),
        photos: probes.images,
      },
      dispose: () => {
        all.pack.dispose();
        probes.pack.dispose();
      },
    };
  }
  const { training, validation } = setAside(all.images, config.images.setAside);
  if (training.length === 0) {
    all.pack.dispose();
    throw new EvensrError(
      'E_DATA_EMPTY',
      exitCodes.nothingUsable,
      `${config.images.train} holds one usable photograph, copies aside: none is left for the probes`,
      { hint: 'add photographs, or name others in images.validation' },
    );
  }
  return {
    training: { pack: all.pack, images: training, photos: all.images },
    validation: { pack: all.pack, images: validation, photos: all.images },
    dispose: () => all.pack.dispose(),
  };
}
