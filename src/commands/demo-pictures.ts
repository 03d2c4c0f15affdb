/** Three damaged pictures through the trained network, on both engines. */
import { join } from 'node:path';
import { wholeBatch } from '../batch/shard.ts';
import { writeDurably } from '../data/durable.ts';
import { openPhotos, type PhotoSet } from '../data/open.ts';
import { jobOfSample } from '../dataset/draws.ts';
import { type SampleJob, sourceOfJobs } from '../dataset/source.ts';
import { writeSet } from '../dataset/write.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { allSets, chooseSets, frozenSampler, sideWithMargin } from '../evaluate/frozen.ts';
import { scoreAgainstBicubic } from '../evaluate/restore.ts';
import { degradationsOf } from '../evaluate/setup.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { type ComparisonRow, renderComparison } from '../report/comparison.ts';
import type { TrainConfig } from '../train/config.ts';
import { uninterrupted } from '../train/signals.ts';
import { badLimit } from './data.ts';
import type { Output } from './output.ts';
import { upscale, upscaleDefaults } from './upscale.ts';

/** Which photographs are shown, each with another kind of damage. */
const shown = [
  { photo: 'castle-maintenon', task: 'small-noisy' },
  { photo: 'citrus-fruits', task: 'full-noisy' },
  { photo: 'cincinnati-bridge', task: 'medium-very-noisy' },
];
const crop = 512;

export interface DemoPictures {
  lq: string;
  native: string;
  /** null when onnxruntime is not installed. */
  onnx: string | null;
  /** Before and after. */
  sheet: string;
  /** Largest difference between the two engines in 8-bit levels; null without onnxruntime. */
  difference: number | null;
}

function missing(photo: string): never {
  throw new EvensrError('E_DATA', exitCodes.bug, `the held-out photographs lack ${photo}`);
}

/** One crop of each of the photographs, with one draw of its task. */
function jobsOf(photos: PhotoSet, config: TrainConfig): Omit<SampleJob, 'index'>[] {
  const { scale } = config;
  const { space, margin, tasks } = degradationsOf(config, scale);
  const sets = chooseSets(
    allSets(tasks),
    shown.map(({ task }) => task),
  );
  const sample = frozenSampler({ photos: photos.images, space, margin, scale, crop, seed: 0 });
  const files = { gt: { format: 'png' }, lq: { format: 'png' } } as const;
  const options = { size: crop, margin, seed: 0, usm: false, files };
  return shown.map(({ photo, task }) => {
    const at = photos.images.findIndex(({ name }) => name.includes(photo));
    const set = sets.find(({ id }) => id === task);
    if (at < 0 || !set) return missing(photo);
    return jobOfSample(sample(set, at), photos.images, options);
  });
}

/** Writes lq/ and gt/ of the pictures into `folder` and returns the names of their files. */
async function damage(folder: string, images: string, config: TrainConfig): Promise<string[]> {
  const { margin } = degradationsOf(config, config.scale);
  const photos = await openPhotos({
    images,
    minSize: sideWithMargin(crop, margin, config.scale),
    badLimit: badLimit({ maxBad: 1 }),
  });
  try {
    const jobs = jobsOf(photos, config);
    await writeSet({
      ...{ folder, photos, source: sourceOfJobs(jobs), inTars: false, shard: wholeBatch },
      ...{ settings: { demo: jobs.length }, overwrite: true, threads: 0 },
      control: uninterrupted,
      observer: { planned: () => {}, different: () => {} },
    });
    return jobs.map(({ key }) => `${key}.png`);
  } finally {
    photos.pack.dispose();
  }
}

async function upscaleWithBoth(
  { lq, native, onnx }: { lq: string; native: string; onnx: string },
  models: { run: string; onnx: string },
  output: Output,
): Promise<{ code: ExitCode; hasOnnx: boolean }> {
  const both = { ...upscaleDefaults, input: [lq], quiet: true };
  output.line('native core');
  const code =
    (await upscale({ ...both, model: models.run, output: native }, output)) ?? exitCodes.ok;
  if (code !== exitCodes.ok) return { code, hasOnnx: false };
  output.line('onnxruntime');
  try {
    const second = await upscale({ ...both, model: models.onnx, output: onnx }, output);
    return { code: second ?? exitCodes.ok, hasOnnx: true };
  } catch (error) {
    if (!(error instanceof EvensrError) || error.code !== 'E_ENGINE') throw error;
    output.warn('W_ONNX', `${error.message} - only the native core was used`);
    return { code: exitCodes.ok, hasOnnx: false };
  }
}

async function readRgb(file: string): Promise<RgbImage> {
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

function largestDifference(a: RgbImage, b: RgbImage): number {
  return a.pixels.reduce((most, v, i) => Math.max(most, Math.abs(v - (b.pixels[i] as number))), 0);
}

/** Draws what the native engine wrote beside what it was made of, and compares the engines' files. */
async function look(
  folder: string,
  names: readonly string[],
  hasOnnx: boolean,
  border: number,
): Promise<Pick<DemoPictures, 'sheet' | 'difference'>> {
  const rows: ComparisonRow[] = [];
  let difference = 0;
  for (const [i, name] of names.entries()) {
    const read = (from: string) => readRgb(join(folder, from, name));
    const [lq, gt, sr] = [await read('lq'), await read('gt'), await read('native')];
    const { photo, task } = shown[i] as (typeof shown)[number];
    rows.push({ task, photo, restored: await scoreAgainstBicubic({ lq, gt, sr }, border) });
    if (hasOnnx) difference = Math.max(difference, largestDifference(sr, await read('onnx')));
  }
  const sheet = join(folder, 'before-after.png');
  const title = 'Three pictures that training never saw';
  const notes = ['What evensr upscale wrote. dB: PSNR on Y against the ground truth.'];
  await writeDurably(sheet, await renderComparison({ title, notes, rows }));
  return { sheet, difference: hasOnnx ? difference : null };
}

/**
 * Damages three held-out photographs, upscales them with the network on both engines and draws a sheet
 * of them. The exit code of a batch that did not do all its pictures.
 */
export async function upscaleThree(
  folder: string,
  from: { images: string; config: TrainConfig; run: string; onnx: string },
  output: Output,
): Promise<DemoPictures | ExitCode> {
  const names = await damage(folder, from.images, from.config);
  const [lq, native, onnx] = ['lq', 'native', 'onnx'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const { code, hasOnnx } = await upscaleWithBoth({ lq, native, onnx }, from, output);
  if (code !== exitCodes.ok) return code;
  const seen = await look(folder, names, hasOnnx, from.config.scale);
  return { lq, native, onnx: hasOnnx ? onnx : null, ...seen };
}
