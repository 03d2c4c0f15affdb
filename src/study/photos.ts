/** The photographs of a study: packed before anything is trained, and told apart by their contents. */
import { sharedImages } from '../data/judge.ts';
import { type PackedPhotos, packPhotos } from '../data/pack.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import { photosId } from '../train/config-change.ts';
import type { Parts } from './identity.ts';
import type { StudyObserver } from './observer.ts';
import type { StudyPlan } from './plan.ts';

type Photo = { name: string; sha256: string };

function contentsOf(photos: readonly Photo[]): string {
  return photosId(photos.map(({ sha256 }, index) => ({ name: String(index), sha256 })));
}

function refuseShared(role: string, photos: readonly Photo[], heldOut: readonly Photo[]): void {
  const shared = sharedImages([...photos], [...heldOut]);
  if (!shared) return;
  const names = heldOut.filter(({ sha256 }) => photos.some((one) => one.sha256 === sha256));
  const some = names.slice(0, 3).map(({ name }) => name);
  throw new EvensrError(
    'E_STUDY_IMAGES',
    exitCodes.usage,
    `${names.length} photographs of images.heldOut are in images.${role} too: ${some.join(', ')}${names.length > 3 ? ' …' : ''}`,
    { hint: 'scores say something only of photographs that no run has seen' },
  );
}

/**
 * Packs the photographs that runs train on and are measured on, so that no run has to.
 * @returns ids of their contents
 * @throws E_STUDY_IMAGES (exit code 2) when a held-out photograph is among them; E_DATA_… (3)
 */
export async function packTraining(
  { images, base }: StudyPlan,
  heldOut: readonly Photo[],
  observer: StudyObserver,
): Promise<Parts> {
  const { training, scale, degradation } = base;
  const pack = async (folder: string): Promise<PackedPhotos> => {
    const packed = await packPhotos({
      images: folder,
      minSize: sideWithMargin(training.lqSize * scale, degradation.margin, scale),
      badLimit: { fraction: base.images.maxBadShare },
      onProgress: (progress) => observer.packing(progress),
    });
    observer.packing();
    return packed;
  };
  const train = await pack(images.train);
  refuseShared('train', train.images, heldOut);
  const ids = { train: contentsOf(train.images) };
  if (images.validation === null) return ids;
  const validation = await pack(images.validation);
  refuseShared('validation', validation.images, heldOut);
  return { ...ids, validation: contentsOf(validation.images) };
}
