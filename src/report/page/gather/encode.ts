/** Pictures as they stand in the page. */
import sharp from 'sharp';
import type { RgbImage } from '../../../infer/pixels.ts';

/** A picture inside the page: a data URI and its size in pixels. */
export interface Picture {
  source: string;
  width: number;
  height: number;
}

/** High enough that what the eye sees is the network's doing. */
const quality = 90;

/** WebP; small pictures, which are shown enlarged, as PNG without any loss. */
export async function encodePicture(
  { width, height, pixels }: RgbImage,
  form: 'webp' | 'png' = 'webp',
): Promise<Picture> {
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  const bytes =
    form === 'png'
      ? await image.png({ compressionLevel: 9 }).toBuffer()
      : await image.webp({ quality, smartSubsample: true }).toBuffer();
  return { source: `data:image/${form};base64,${bytes.toString('base64')}`, width, height };
}
