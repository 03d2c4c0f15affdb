/** What the written formats can hold. */
import { RefusedImage } from '../data/problem.ts';
import type { PictureInfo, WrittenFormat } from './picture.ts';

/**
 * The longest side of a picture. JPEG and WebP: of their encoders (libjpeg stops 35 pixels before the
 * format does). PNG and TIFF can say 2^31 - 1, the encoder's pipeline ends at 100 million.
 */
export const formatLimits: Readonly<Record<WrittenFormat, number>> = {
  png: 100_000_000,
  jpeg: 65_500,
  webp: 16_383,
  tiff: 100_000_000,
};

export type PictureShape = Pick<PictureInfo, 'width' | 'height' | 'channels' | 'depth'>;

/**
 * Some formats are decoded or encoded in one piece only. No picture takes more than so many times the
 * memory that it is given, or than this many bytes, which are always there.
 */
const wholeShare = 4;
const alwaysAllowed = 64e6;

/** Throws RefusedImage (E_LIMIT) when `needed` bytes at once are more than `memory` allows. `who` needs them. */
export function checkMemory(who: string, needed: number, memory: number, hint: string): void {
  const allowed = Math.max(memory * wholeShare, alwaysAllowed);
  if (needed <= allowed) return;
  const [found, most] = [needed, allowed].map((bytes) => Math.ceil(bytes / 1e6));
  throw new RefusedImage(
    'E_LIMIT',
    `${who} needs ${found} MB at once, ${most} MB are allowed (more memory, or ${hint})`,
  );
}

/** Bytes a pixel that the encoder of WebP takes, measured at 25 megapixels. */
const webpBytesPerPixel = { lossy: 8, lossless: 26 };

/**
 * Throws RefusedImage (E_LIMIT) when a picture of this size cannot be written in the format: its sides
 * are too long, or the encoder (of WebP, which needs all of it at once) takes more than four times
 * `memory`.
 */
export function checkFormat(
  { format, width, height }: { format: WrittenFormat } & Pick<PictureShape, 'width' | 'height'>,
  { memory, lossless = false }: { memory: number; lossless?: boolean | undefined },
): void {
  const most = formatLimits[format];
  const hint = format === 'jpeg' || format === 'webp' ? ' (-f png can)' : '';
  if (Math.max(width, height) > most)
    throw new RefusedImage(
      'E_LIMIT',
      `${width}x${height}: ${format} holds at most ${most} pixels a side${hint}`,
    );
  if (format !== 'webp') return;
  const needed = width * height * webpBytesPerPixel[lossless ? 'lossless' : 'lossy'];
  checkMemory('the encoder of WebP', needed, memory, '-f png');
}

/** What of a picture a format cannot hold: its transparency, its 16 bits. */
export type Loss = 'alpha' | 'depth';

/** What would be lost; nothing when the format holds the picture as it is. Never done silently. */
export function canHold(
  format: WrittenFormat,
  { channels, depth }: Pick<PictureShape, 'channels' | 'depth'>,
): Loss[] {
  const losses: Loss[] = [];
  if (format === 'jpeg' && (channels === 2 || channels === 4)) losses.push('alpha');
  if ((format === 'jpeg' || format === 'webp') && depth === 16) losses.push('depth');
  return losses;
}

/** Bytes of all samples. */
export const rawBytes = ({ width, height, channels, depth }: PictureShape) =>
  width * height * channels * (depth / 8);

/** Classic TIFF ends at 4 GiB; some room is left for directories and metadata. */
export const needsBigTiff = (bytes: number) => bytes > 4e9;
