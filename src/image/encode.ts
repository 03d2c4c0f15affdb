/** Rows to the bytes of a format, without metadata. */
import type { Sharp } from 'sharp';
import { needsBigTiff, rawBytes } from './formats.ts';
import type { PictureInfo, WrittenFormat } from './picture.ts';

export interface EncodeOptions {
  /** JPEG and lossy WebP, 1 to 100. */
  quality?: number;
  /** WebP: keeps every number. */
  lossless?: boolean;
  /** PNG, 0 (fast, large) to 9 (slow, small). */
  compression?: number;
}

/**
 * 95 with full chroma: what the network restored is the point of the file, and with less the encoder
 * would draw blocks and smear colours again at the finest scale.
 */
const defaultQuality = { jpeg: 95, webp: 90 };

/**
 * On three photographs (5 to 24 MB, one thread), adaptive filters: level 1 70-84% of the size at 40-50
 * MB/s, 2 50-61% at 30-37, 6 47-60% at 20-30, 9 47-60% at 8-11. Without adaptive filters level 6 leaves
 * 71-90% and is hardly faster.
 */
const defaultCompression = 2;

/**
 * A pipeline that encodes into the format. `streamed`: nothing that would hold all of the picture in
 * memory; the pixels are the same.
 */
export function encoder(
  image: Sharp,
  spec: PictureInfo & { format: WrittenFormat },
  options: EncodeOptions,
  streamed: boolean,
): Sharp {
  switch (spec.format) {
    case 'png':
      return image.png({
        compressionLevel: options.compression ?? defaultCompression,
        adaptiveFiltering: true,
      });
    case 'jpeg':
      return image.jpeg({
        quality: options.quality ?? defaultQuality.jpeg,
        chromaSubsampling: '4:4:4',
        optimiseCoding: !streamed,
      });
    case 'webp':
      return image.webp({
        quality: options.quality ?? defaultQuality.webp,
        lossless: options.lossless ?? false,
        exact: true,
      });
    case 'tiff':
      return image.tiff({
        compression: 'deflate',
        predictor: 'horizontal',
        bigtiff: needsBigTiff(rawBytes(spec)),
      });
  }
}
