import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { makeFolder } from '../data/folder.ts';
import type { PhotoSet } from '../data/open.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { native } from '../native.ts';
import type { Banks } from '../train/open-space.ts';
import type { FrozenSample } from './frozen.ts';
import { formatRecords, type PairRecord, parseRecords } from './records.ts';
import { type Pair, type PairJob, synthesizePairs } from './synthesis.ts';

/** A pair to write; `expected` is what its pixels hashed to when it was first made. */
export interface WriteJob extends PairJob {
  file: string;
  task: string;
  seed: number;
  expected?: PairRecord['pixels'];
}

export interface WrittenPairs {
  records: PairRecord[];
  /** Files whose pixels differ from what the record says. */
  different: string[];
}

type Photos = Pick<PhotoSet, 'images' | 'pack'> & { banks?: Banks };

function fileName(photo: number, name: string, task: string, repetition: number): string {
  const stem = name.replace(/\.[^.]*$/, '').replace(/[^A-Za-z0-9._-]/g, '_');
  const number = String(photo).padStart(4, '0');
  return `${number}-${stem.slice(-80)}-${task}-${repetition}.png`;
}

/** Jobs for frozen samples, named by photograph, task and repetition. */
export function jobsOfSamples(
  samples: readonly FrozenSample[],
  photos: Photos,
  options: { size: number; margin: number; seed: number; usm: boolean },
): WriteJob[] {
  return samples.map(({ set, photo, repetition, top, left, recipe }) => ({
    ...options,
    photo,
    top,
    left,
    recipe,
    task: set.id,
    file: fileName(photo, photos.images[photo]?.name ?? '', set.id, repetition),
  }));
}

/**
 * Jobs that make the recorded pairs again.
 * @throws E_CHANGED when a photograph is not there or is not the one that was recorded; E_CROP when
 *   a crop does not lie in its photograph
 */
export function jobsOfRecords(records: readonly PairRecord[], photos: Photos): WriteJob[] {
  const byName = new Map(photos.images.map((image, index) => [image.name, index]));
  return records.map(({ file, photo: name, photoSha256, task, seed, gt, usm, recipe, pixels }) => {
    const photo = byName.get(name);
    const image = photo === undefined ? undefined : photos.images[photo];
    if (photo === undefined || image?.sha256 !== photoSha256) {
      const what = photo === undefined ? 'is not among the photographs' : 'is another file now';
      throw new EvensrError('E_CHANGED', exitCodes.usage, `${name} ${what}`, {
        hint: 'replay needs the photographs that the pairs were made from',
      });
    }
    const around = gt.margin * recipe.scale;
    const lies = (first: number, length: number) =>
      first >= around && first + gt.size + around <= length;
    if (!lies(gt.top, image.height) || !lies(gt.left, image.width)) {
      const crop = `the crop of ${gt.size} pixels at row ${gt.top}, column ${gt.left}, margin ${around},`;
      throw new EvensrError('E_CROP', exitCodes.usage, `${file}: ${crop} leaves ${name}`, {
        hint: 'give a recipes.jsonl that evensr degrade wrote',
      });
    }
    return { file, task, seed, photo, ...gt, usm, recipe, expected: pixels };
  });
}

const hashOf = (image: RgbImage) => createHash('sha256').update(image.pixels).digest('hex');

async function writePng(path: string, image: RgbImage): Promise<void> {
  const { width, height, pixels } = image;
  const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  try {
    await writeFile(path, png);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new EvensrError('E_DISK', exitCodes.disk, `${path} could not be written (${code})`, {
      hint: 'make room, then run again with --overwrite',
      cause,
    });
  }
}

async function writePair(
  folder: string,
  pair: Pair<WriteJob>,
  photos: Photos,
): Promise<PairRecord> {
  const { gt, lq, job } = pair;
  await Promise.all([
    writePng(join(folder, 'gt', job.file), gt),
    writePng(join(folder, 'lq', job.file), lq),
  ]);
  const photo = photos.images[job.photo] as PhotoSet['images'][number];
  return {
    file: job.file,
    photo: photo.name,
    photoSha256: photo.sha256,
    task: job.task,
    seed: job.seed,
    gt: { top: job.top, left: job.left, size: job.size, margin: job.margin },
    usm: job.usm,
    recipe: job.recipe as PairRecord['recipe'],
    pixels: { gt: hashOf(gt), lq: hashOf(lq) },
  };
}

/** Removes what an earlier run wrote into the folder, so that the pairs of two runs never mix. */
export async function removePairs(folder: string): Promise<void> {
  const path = join(folder, 'recipes.jsonl');
  const text = await readFile(path, 'utf8').catch(() => '');
  for (const { file } of parseRecords(text, path)) {
    await rm(join(folder, 'gt', file), { force: true });
    await rm(join(folder, 'lq', file), { force: true });
  }
  await rm(path, { force: true });
}

/**
 * Writes gt/FILE.png and lq/FILE.png for every job, and recipes.jsonl last: a folder without it is
 * not complete. Throws E_DISK.
 */
export async function writePairs(
  folder: string,
  jobs: readonly WriteJob[],
  photos: Photos,
  onProgress: (done: number) => void = () => {},
): Promise<WrittenPairs> {
  makeFolder(join(folder, 'gt'));
  makeFolder(join(folder, 'lq'));
  const records: PairRecord[] = [];
  const different: string[] = [];
  for await (const pairs of synthesizePairs(photos.pack, jobs, { banks: photos.banks })) {
    const written = await Promise.all(pairs.map((pair) => writePair(folder, pair, photos)));
    for (const [i, record] of written.entries()) {
      const expected = pairs[i]?.job.expected;
      const same = expected?.gt === record.pixels.gt && expected.lq === record.pixels.lq;
      if (expected && !same) different.push(record.file);
      records.push(record);
    }
    onProgress(records.length);
  }
  const text = Buffer.from(formatRecords(records));
  await native.writeFileDurably(join(folder, 'recipes.jsonl'), [text]);
  return { records, different };
}
