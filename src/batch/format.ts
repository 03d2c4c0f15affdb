/** Which format an output has. */
import { formatOfExtension } from '../data/names.ts';
import { canHold, formatLimits } from '../image/formats.ts';
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

const names: Record<WrittenFormat, string> = {
  png: 'PNG',
  jpeg: 'JPEG',
  webp: 'WebP',
  tiff: 'TIFF',
};

/** Why the format cannot hold a picture without a loss; nothing when it can. */
export function whyNot(format: WrittenFormat, info: PictureInfo): string | undefined {
  const [loss] = canHold(format, info);
  if (loss) return `${names[format]} has no ${loss === 'alpha' ? 'alpha' : '16 bits'}`;
  const most = formatLimits[format];
  if (Math.max(info.width, info.height) <= most) return undefined;
  return `${names[format]} has at most ${most} pixels a side`;
}
