/** The crops of a study as they stand in its page. */
import sharp from 'sharp';
import { encodePicture, type Picture } from '../../report/page/gather/encode.ts';
import type { StudyInput } from '../results-input.ts';

export interface CropPicture {
  label: string;
  picture: Picture;
}

export interface CropCard {
  task: string;
  photo: number;
  pictures: readonly CropPicture[];
}

/** WebP; what is smaller than the largest picture of its crop is shown enlarged and stays without loss. */
export async function encodeCrops(crops: StudyInput['crops']): Promise<CropCard[]> {
  return await Promise.all(
    crops.map(async ({ task, photo, pictures }) => {
      const decoded = await Promise.all(
        pictures.map(async ({ label, png }) => ({ label, image: await decode(png) })),
      );
      const widest = Math.max(0, ...decoded.map(({ image }) => image.width));
      const encoded = await Promise.all(
        decoded.map(async ({ label, image }) => ({
          label,
          picture: await encodePicture(image, image.width < widest ? 'png' : 'webp'),
        })),
      );
      return { task, photo, pictures: encoded };
    }),
  );
}

async function decode(png: Uint8Array) {
  const { data, info } = await sharp(png)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: new Uint8Array(data) };
}
