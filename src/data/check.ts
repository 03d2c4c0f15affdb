import { defaultMaxImageBytes } from './decode.ts';
import { inOrder } from './in-order.ts';
import { imageWarnings, type JudgedImage, tooSmall } from './judge.ts';
import { examinePhoto, type PackProgress } from './pack-build.ts';
import type { DataWarning, ImageProblem } from './problem.ts';
import { scanPhotos } from './scan.ts';

export interface CheckReport {
  /** Files that look like photographs by their name. */
  total: number;
  good: number;
  megapixels: number;
  /** Smallest and largest shorter side of the good ones, in pixels; 0 without any. */
  shorterSide: { smallest: number; largest: number };
  /** Good ones that need each conversion. */
  conversions: Record<string, number>;
  problems: ImageProblem[];
  warnings: DataWarning[];
  /** Files whose names are not those of pictures. */
  ignored: number;
}

type SizedImage = JudgedImage & { height: number; width: number };

/** Decodes every photograph of a folder, glob pattern or list, and writes nothing. */
export async function checkPhotos(options: {
  images: string | string[];
  minSize?: number;
  maxImageBytes?: number;
  onProgress?: (progress: PackProgress) => void;
}): Promise<CheckReport> {
  const { images, minSize = 1, maxImageBytes = defaultMaxImageBytes, onProgress } = options;
  const scan = await scanPhotos(images);
  const good: SizedImage[] = [];
  const problems = [...scan.problems];
  const total = scan.photos.length + problems.length;
  let done = 0;
  let bytes = 0;
  for await (const [{ name }, seen] of inOrder(scan.photos, (p) =>
    examinePhoto(p, maxImageBytes),
  )) {
    if ('problem' in seen) {
      problems.push({ name, ...seen.problem });
    } else {
      const { height, width, sha256, conversions } = seen;
      bytes += seen.pixels.length;
      const small = tooSmall(name, seen, minSize);
      if (small) problems.push(small);
      else good.push({ name, height, width, sha256, conversions });
    }
    onProgress?.({ done: ++done, total: scan.photos.length, bytes, name });
  }
  return {
    total,
    ...summary(good),
    problems,
    warnings: [...scan.warnings, ...imageWarnings(good)],
    ignored: scan.ignored,
  };
}

function summary(good: SizedImage[]) {
  const conversions: Record<string, number> = {};
  for (const kind of good.flatMap((image) => image.conversions))
    conversions[kind] = (conversions[kind] ?? 0) + 1;
  let smallest = good.length > 0 ? Number.POSITIVE_INFINITY : 0;
  let largest = 0;
  let pixels = 0;
  for (const { height, width } of good) {
    smallest = Math.min(smallest, height, width);
    largest = Math.max(largest, Math.min(height, width));
    pixels += height * width;
  }
  return {
    good: good.length,
    megapixels: pixels / 1e6,
    shorterSide: { smallest, largest },
    conversions,
  };
}
