/** Scores on given lq/gt files, paired by their names. */
import { createHash } from 'node:crypto';
import { type DecodedPhoto, decodePhoto, defaultMaxImageBytes } from '../data/decode.ts';
import { RefusedImage } from '../data/problem.ts';
import { readPhoto } from '../data/read.ts';
import { type FoundPhoto, scanPhotos } from '../data/scan.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { Model } from '../infer/model.ts';
import { upscaleImage } from '../infer/upscale.ts';
import type { Measures } from './measures.ts';
import { scoreAgainstBicubic, withMeasures } from './restore.ts';
import type { SampleScore } from './summary.ts';

/** Id of the set that given pairs make. */
export const pairSet = 'pairs';

export interface FilePair {
  name: string;
  lq: FoundPhoto;
  gt: FoundPhoto;
}

export interface PairProblem {
  name: string;
  code: string;
  reason: string;
}

const stemOf = (name: string) => name.replace(/\.[^./]+$/, '');

function refuse(message: string): never {
  throw new EvensrError('E_PAIR', exitCodes.usage, message, {
    hint: 'every gt needs one lq of the same name; nothing was scored',
  });
}

function byStem(photos: readonly FoundPhoto[], folder: string): Map<string, FoundPhoto> {
  const found = new Map<string, FoundPhoto>();
  for (const photo of photos) {
    const stem = stemOf(photo.name);
    const twin = found.get(stem);
    if (twin) refuse(`${folder} holds both ${twin.name} and ${photo.name}`);
    found.set(stem, photo);
  }
  return found;
}

/**
 * Pairs two folders by path and name without extension; lq names may end in x and the scale
 * (0801x4.png belongs to 0801.png).
 * @throws E_PAIR naming the first file without a partner; E_DATA_MISSING when a folder is not there
 */
export async function findPairs(
  folders: { lq: string; gt: string },
  scale: number,
): Promise<FilePair[]> {
  const [lqs, gts] = [await scanPhotos(folders.lq), await scanPhotos(folders.gt)];
  const bad = [...lqs.problems, ...gts.problems][0];
  if (bad) refuse(`${bad.name}: ${bad.reason}`);
  const lqByStem = byStem(lqs.photos, folders.lq);
  const pairs: FilePair[] = [];
  for (const [stem, gt] of byStem(gts.photos, folders.gt)) {
    const key = [stem, `${stem}x${scale}`].find((name) => lqByStem.has(name));
    if (key === undefined) return refuse(`${folders.lq} has no partner for gt ${gt.name}`);
    pairs.push({ name: gt.name, gt, lq: lqByStem.get(key) as FoundPhoto });
    lqByStem.delete(key);
  }
  const [alone] = lqByStem.values();
  if (alone) refuse(`${folders.gt} has no partner for lq ${alone.name}`);
  if (pairs.length === 0) refuse(`there are no pictures in ${folders.gt}`);
  return pairs;
}

/** Reads and decodes one image of a pair. */
export async function load(photo: FoundPhoto): Promise<DecodedPhoto & { sha256: string }> {
  const bytes = await readPhoto(photo, defaultMaxImageBytes);
  const decoded = await decodePhoto(bytes, photo.name, defaultMaxImageBytes);
  return { ...decoded, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Why two decoded images are no pair; nothing when they are. */
function mismatch(lq: DecodedPhoto, gt: DecodedPhoto, scale: number): string | undefined {
  const size = ({ width, height }: DecodedPhoto) => `${width}x${height}`;
  const gray = (photo: DecodedPhoto) => photo.conversions.includes('gray');
  if (gt.width !== lq.width * scale || gt.height !== lq.height * scale) {
    return `gt is ${size(gt)}, lq ${size(lq)}: not exactly ×${scale}`;
  }
  return gray(lq) === gray(gt) ? undefined : 'one of the two is gray, the other has colours';
}

/**
 * Runs and scores every pair. A pair whose files cannot be read or do not fit each other is refused
 * by name and never enters a mean.
 */
export async function scorePairs(
  model: Model,
  pairs: readonly FilePair[],
  options: {
    border: number;
    measures?: Measures | undefined;
    onProgress?: (progress: { done: number; total: number }) => void;
  },
) {
  const scores: SampleScore[] = [];
  const photos: { name: string; sha256: string }[] = [];
  const problems: PairProblem[] = [];
  for (const [index, pair] of pairs.entries()) {
    try {
      const [lq, gt] = [await load(pair.lq), await load(pair.gt)];
      const reason = mismatch(lq, gt, model.scale);
      if (reason !== undefined) {
        problems.push({ name: pair.name, code: 'E_PAIR', reason });
      } else {
        const sr = await upscaleImage(model, lq, { name: pair.lq.name });
        const scored = await scoreAgainstBicubic({ lq, gt, sr }, options.border);
        const measured = await withMeasures([scored], options.measures ?? {}, options.border);
        for (const { model: own, bicubicScores: bicubic } of measured)
          scores.push({ set: pairSet, photo: photos.length, model: own, bicubic });
        photos.push({ name: pair.name, sha256: gt.sha256 });
      }
    } catch (error) {
      problems.push(problemOf(error, pair.name));
    }
    options.onProgress?.({ done: index + 1, total: pairs.length });
  }
  return { scores, photos, problems };
}

/** Refusals of single images; anything else is passed on. */
function problemOf(error: unknown, name: string): PairProblem {
  if (error instanceof RefusedImage) return { name, code: error.code, reason: error.message };
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'E_SHAPE' || code === 'E_OUTPUT_NONFINITE') {
    return { name, code, reason: (error as Error).message };
  }
  throw error;
}
