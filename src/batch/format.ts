/** Which format an output has. */
import { formatOfExtension } from '../data/names.ts';
import { type PictureInfo, type WrittenFormat, writtenFormats } from '../image/picture.ts';
import { type ByteName, bytesOfText } from './byte-name.ts';

export type FormatChoice = WrittenFormat | 'keep';

const usualExtension: Record<WrittenFormat, ByteName> = {
  png: bytesOfText('png'),
  jpeg: bytesOfText('jpg'),
  webp: bytesOfText('webp'),
  tiff: bytesOfText('tif'),
};

function written(format: string | undefined): WrittenFormat | undefined {
  return writtenFormats.find((known) => known === format);
}

/**
 * Format and extension of an output, by the extension of its input. `keep` keeps both where the format
 * can be written, and takes PNG elsewhere; an extension that names the format stays as it is spelled.
 */
export function outputFormat(
  inputExtension: ByteName,
  choice: FormatChoice,
): { format: WrittenFormat; ext: ByteName } {
  const found = written(formatOfExtension.get(inputExtension.toLowerCase()));
  const format = choice === 'keep' ? (found ?? 'png') : choice;
  return { format, ext: found === format ? inputExtension : usualExtension[format] };
}

/** What takes the place of a format that cannot hold a picture. */
export const fallbackExtension = usualExtension.png;

/** Longest side that the encoders write. */
const longestSide: Partial<Record<WrittenFormat, number>> = { jpeg: 65_500, webp: 16_383 };

/** Why the format cannot hold a picture without a loss; nothing when it can. */
export function whyNot(format: WrittenFormat, info: PictureInfo): string | undefined {
  const { channels, depth, width, height } = info;
  if (format === 'jpeg' && channels % 2 === 0) return 'JPEG has no alpha';
  if (depth === 16 && (format === 'jpeg' || format === 'webp'))
    return `${format === 'jpeg' ? 'JPEG' : 'WebP'} has no 16 bits`;
  const most = longestSide[format];
  if (most === undefined || Math.max(width, height) <= most) return undefined;
  return `${format === 'jpeg' ? 'JPEG' : 'WebP'} has at most ${most} pixels a side`;
}
