/** What a set of photographs as a whole gives reason to say or to refuse. Pure. */
import { EvensrError, exitCodes } from '../errors.ts';
import type { Conversion } from './decode.ts';
import { type DataWarning, type ImageProblem, listedNames, warning } from './problem.ts';

/** Bad images that are put up with, as a share of all and as a number; more of either stops. */
export interface BadLimit {
  fraction: number;
  count: number;
}

/** One in a hundred, and no more than a hundred. */
export const defaultBadLimit: BadLimit = { fraction: 0.01, count: 100 };

const conversionWarnings: Record<Conversion, [string, string]> = {
  depth: ['W_IMG_DEPTH', 'image(s) with 16 bits a channel, the high 8 are used'],
  gray: ['W_IMG_GRAY', 'gray image(s), copied to R, G and B'],
  palette: ['W_IMG_PALETTE', 'image(s) with a palette, its colours are used'],
  alpha: ['W_IMG_ALPHA', 'image(s) with an opaque alpha channel, it is dropped'],
  cmyk: ['W_IMG_CMYK', 'CMYK or Lab image(s), converted to sRGB'],
  rotated: ['W_IMG_ROTATED', 'image(s) turned as their EXIF orientation says'],
};

export interface JudgedImage {
  name: string;
  sha256: string;
  conversions: Conversion[];
}

/** One warning a kind of conversion, and one about images that are there more than once. */
export function imageWarnings(images: JudgedImage[]): DataWarning[] {
  const found: DataWarning[] = [];
  for (const [kind, [code, message]] of Object.entries(conversionWarnings)) {
    const names = images.filter((image) => image.conversions.includes(kind as Conversion));
    if (names.length > 0)
      found.push(
        warning(
          code,
          message,
          names.map((image) => image.name),
        ),
      );
  }
  const seen = new Set<string>();
  const again = images.filter((image) => {
    const twice = seen.has(image.sha256);
    seen.add(image.sha256);
    return twice;
  });
  if (again.length > 0) {
    const names = again.map((image) => image.name);
    found.push(warning('W_IMG_DUPLICATE', 'image(s) with the same bytes as another', names));
  }
  return found;
}

/** A warning when images of one set are also in another (by the bytes of their files). */
export function sharedImages(
  first: { name: string; sha256: string }[],
  second: { name: string; sha256: string }[],
): DataWarning | undefined {
  const hashes = new Set(first.map((image) => image.sha256));
  const shared = second.filter((image) => hashes.has(image.sha256)).map((image) => image.name);
  if (shared.length === 0) return undefined;
  return warning('W_IMG_SHARED', 'image(s) in both the training and the validation set', shared);
}

/** The problem of an image that is good but smaller than the crop; nothing when it is large enough. */
export function tooSmall(
  name: string,
  { height, width }: { height: number; width: number },
  minSize: number,
): ImageProblem | undefined {
  if (Math.min(height, width) >= minSize) return undefined;
  const reason = `${width}x${height}, at least ${minSize}x${minSize} are needed`;
  return { name, code: 'E_IMG_SMALL', reason };
}

function firstOf(problems: ImageProblem[]): string {
  const listed = problems.slice(0, listedNames).map((p) => `${p.code} ${p.name}: ${p.reason}`);
  const rest = problems.length - listed.length;
  return listed.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/**
 * Why a set cannot be used, if so: E_DATA_EMPTY without one good image, E_DATA_BAD with more bad ones
 * than the limit (both exit 3).
 */
export function whyRefused(
  sources: string[],
  good: number,
  problems: ImageProblem[],
  limit: BadLimit,
): EvensrError | undefined {
  const where = sources.join(', ');
  const bad = problems.length;
  if (good === 0) {
    const why = bad > 0 ? `: ${firstOf(problems)}` : '';
    return new EvensrError(
      'E_DATA_EMPTY',
      exitCodes.nothingUsable,
      `no usable photograph in ${where}${why}`,
      { hint: 'JPEG, PNG, WebP, TIFF, GIF and AVIF files are read' },
    );
  }
  if (bad <= limit.count && bad <= limit.fraction * (good + bad)) return undefined;
  const allowed = `limit ${limit.fraction * 100}%${Number.isFinite(limit.count) ? ` and ${limit.count}` : ''}`;
  return new EvensrError(
    'E_DATA_BAD',
    exitCodes.nothingUsable,
    `${bad} of ${good + bad} images in ${where} cannot be used (${allowed}): ${firstOf(problems)}`,
    {
      hint: 'repair or remove them (evensr data check lists them all), or allow more: --max-bad, in training images.maxBadShare',
    },
  );
}
