/** What `evensr degrade` takes, checked and put together. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { isFolder } from '../data/folder.ts';
import type { PhotoSet } from '../data/open.ts';
import type { Warn } from '../data/open-noise-bank.ts';
import { readRegularFile } from '../data/regular-file.ts';
import { type DrawPlan, sourceOfDraws } from '../dataset/draws.ts';
import { type EncoderRange, type Encoding, parseEncoders } from '../dataset/encoding.ts';
import type { Settings } from '../dataset/settings.ts';
import type { SampleSource } from '../dataset/source.ts';
import type { Task } from '../degradation/region.ts';
import type { SpaceName } from '../degradation/space.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { allSets, chooseSets, type FrozenSet, requireCrop } from '../evaluate/frozen.ts';
import { openSource, sourceNamed, tasksOf } from '../evaluate/setup.ts';
import { taskHistories } from '../report/history.ts';
import { loadConfig } from '../train/config.ts';

export type PictureFormat = Encoding['format'];

/** Options that say what is drawn: a replay takes none of them, its records say it. */
export interface DrawOptions {
  tasks?: string[];
  quotas?: string;
  count?: number;
  total?: number;
  crop?: number;
  scale?: number;
  config?: string;
  space?: SpaceName;
  seed?: number;
  format?: PictureFormat | 'tar';
  gtFormat?: PictureFormat;
  quality?: number;
  shardsOf?: number;
  encode?: string;
}

export const drawDefaults = { count: 1, crop: 256, seed: 0, quality: 95, samplesPerTar: 1000 };

function usage(message: string, hint: string): EvensrError {
  return new EvensrError('E_USAGE', exitCodes.usage, message, { hint });
}

const formatNames: Record<string, PictureFormat | 'tar'> = {
  png: 'png',
  jpeg: 'jpeg',
  jpg: 'jpeg',
  webp: 'webp',
  tar: 'tar',
  webdataset: 'tar',
};

/** Parser of --format. */
export function parseFormat(text: string): PictureFormat | 'tar' {
  const format = Object.hasOwn(formatNames, text) ? formatNames[text] : undefined;
  if (format) return format;
  throw new InvalidArgumentError('It must be one of: png, jpeg, webp, tar.');
}

/** Parser of --gt-format. */
export function parsePictureFormat(text: string): PictureFormat {
  const format = parseFormat(text);
  if (format !== 'tar') return format;
  throw new InvalidArgumentError('It must be one of: png, jpeg, webp.');
}

function encodingOf(format: PictureFormat, quality: number): Encoding {
  return format === 'png' ? { format } : { format, quality };
}

/** How the pictures of a set are written, and whether into archives of so many samples. */
function outputOf({ format, gtFormat, quality, shardsOf }: DrawOptions) {
  const lq = format === undefined || format === 'tar' ? 'png' : format;
  const gt = gtFormat ?? 'png';
  if (quality !== undefined && lq === 'png' && gt === 'png')
    throw usage('--quality is of JPEG and WebP, and PNG is written', 'give --format jpeg or webp');
  const files = {
    gt: encodingOf(gt, quality ?? drawDefaults.quality),
    lq: encodingOf(lq, quality ?? drawDefaults.quality),
  };
  const samplesPerTar = shardsOf ?? (format === 'tar' ? drawDefaults.samplesPerTar : undefined);
  return { files, samplesPerTar };
}

/** The shares of tasks that a run asked for last. */
async function sharesOfRun(path: string): Promise<Map<string, number>> {
  const file = isFolder(path) ? join(path, 'metrics.jsonl') : path;
  const bytes = await readRegularFile(file).catch((cause: Error) => {
    throw usage(
      `--quotas: ${file} ${cause.message}`,
      'give small-clean=1,full-noisy=3, a run folder or its metrics.jsonl',
    );
  });
  let tasks: ReturnType<typeof taskHistories>['tasks'] = [];
  try {
    tasks = taskHistories(bytes.toString('utf8')).tasks;
  } catch {
    // Told below: a file of another kind has no shares either.
  }
  if (tasks.length === 0) throw usage(`--quotas: ${file} has no shares`, 'give a metrics.jsonl');
  return new Map(tasks.map(({ id, lastShare }) => [id, lastShare]));
}

function sharesInWords(text: string): Map<string, number> {
  const shares = new Map<string, number>();
  for (const word of text.split(',')) {
    const [, id = '', number = ''] = /^\s*([^=\s]+)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(word) ?? [];
    if (!(Number(number) > 0) || shares.has(id)) {
      const problem = shares.has(id) ? `names ${id} twice` : `"${word}" is no id=share`;
      throw usage(`--quotas: ${problem}`, 'for example small-clean=1,full-noisy=3');
    }
    shares.set(id, Number(number));
  }
  return shares;
}

const sharesOf = async (text: string): Promise<Map<string, number>> =>
  text.includes('=') && !isFolder(text) ? sharesInWords(text) : await sharesOfRun(text);

/** The sets that are drawn from, each with its weight; `define` makes the tasks, which takes a while. */
async function setsOf({ tasks, quotas }: DrawOptions, define: () => Task[]) {
  if (tasks === undefined && quotas === undefined) return { sets: allSets([]), weights: [1] };
  const all = allSets(define());
  if (quotas !== undefined) {
    const shares = await sharesOf(quotas);
    const sets = chooseSets(all, [...shares.keys()]);
    return { sets, weights: sets.map(({ id }) => shares.get(id) as number) };
  }
  const sets = tasks?.includes('all') ? all.slice(1) : chooseSets(all, tasks ?? []);
  return { sets, weights: sets.map(() => 1) };
}

function requireOneOfEach({ tasks, quotas, count, total }: DrawOptions): void {
  if (tasks !== undefined && quotas !== undefined)
    throw usage('--tasks and --quotas both name the tasks', 'give one of them');
  if (count !== undefined && total !== undefined)
    throw usage('--count and --total both say how many', 'give one of them');
}

/**
 * What is drawn from and how; all that can be refused without a photograph is refused here. The caller
 * disposes it.
 */
export async function planDraws(options: DrawOptions, warn: Warn) {
  requireOneOfEach(options);
  const output = outputOf(options);
  const encoders =
    options.encode === undefined ? undefined : parseEncoders(options.encode, '--encode');
  const config = options.config === undefined ? undefined : loadConfig(options.config);
  const from = config ?? sourceNamed(options.space ?? 'real-esrgan');
  const scale = options.scale ?? config?.scale ?? 4;
  const crop = options.crop ?? drawDefaults.crop;
  const seed = options.seed ?? drawDefaults.seed;
  const opened = await openSource(from, { scale, crop, warn });
  try {
    requireCrop(crop, { scale, ...opened });
    const sets = await setsOf(options, () => tasksOf(opened.space, from, scale));
    const { usm } = from.degradation;
    return { ...opened, scale, crop, seed, usm, ...sets, ...output, encoders };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

export type Draws = Awaited<ReturnType<typeof planDraws>>;

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** What tells that photographs are the same. */
export function photographSettings({ images }: Pick<PhotoSet, 'images'>): Settings {
  const named = images.map(({ name, sha256 }) => [name, sha256]);
  return { photographs: images.length, 'their digest': digest(named) };
}

const setText = (sets: readonly FrozenSet[], weights: readonly number[]): string =>
  sets.map(({ id }, at) => `${id}=${weights[at]}`).join(',');

const encodingText = (encoding: Encoding): string =>
  encoding.format === 'png' ? 'png' : `${encoding.format}:${encoding.quality}`;

const encodersText = (encoders: readonly EncoderRange[] | undefined): string | null =>
  encoders?.map(({ format, least, most }) => `${format}:${least}-${most}`).join(',') ?? null;

/** Pairs of the whole set. */
function samplesOf(options: DrawOptions, sets: number, photos: number): number {
  if (options.total !== undefined) return options.total;
  const perPhoto = options.quotas === undefined ? sets : 1;
  return (options.count ?? drawDefaults.count) * photos * perPhoto;
}

/** The set, and what its bytes depend on. */
export function drawnSet(
  options: DrawOptions,
  draws: Draws,
  photos: PhotoSet,
  shards: number,
): { source: SampleSource; settings: Settings; inTars: boolean } {
  const { encoders, samplesPerTar, ...rest } = draws;
  const samples = samplesOf(options, draws.sets.length, photos.images.length);
  const plan: DrawPlan = {
    ...rest,
    photos: photos.images,
    samples,
    ...(samplesPerTar === undefined ? {} : { samplesPerTar }),
    ...(encoders === undefined ? {} : { encoders }),
  };
  const bounds = draws.sets.map(({ task }) => task?.bounds);
  const settings = {
    ...photographSettings(photos),
    pairs: samples,
    tasks: setText(draws.sets, draws.weights),
    space: draws.space.name,
    'its digest': digest([draws.space, bounds]),
    ...{ crop: draws.crop, margin: draws.margin, scale: draws.scale, seed: draws.seed },
    ...{ usm: draws.usm, encode: encodersText(encoders) },
    ...{ gt: encodingText(draws.files.gt), lq: encodingText(draws.files.lq) },
    'shards-of': samplesPerTar ?? null,
    shards,
  };
  return { source: sourceOfDraws(plan), settings, inTars: samplesPerTar !== undefined };
}

/** All but --config, which also names the files that recipes refer to. */
const optionNames: Record<Exclude<keyof DrawOptions, 'config'>, string> = {
  tasks: '--tasks',
  quotas: '--quotas',
  count: '--count',
  total: '--total',
  crop: '--crop',
  scale: '--scale',
  space: '--space',
  seed: '--seed',
  format: '--format',
  gtFormat: '--gt-format',
  quality: '--quality',
  shardsOf: '--shards-of',
  encode: '--encode',
};

/** Throws E_USAGE when an option beside --replay says what the records say. */
export function requireNoDraws(options: DrawOptions): void {
  const keys = Object.keys(optionNames) as (keyof typeof optionNames)[];
  const given = keys.filter((key) => options[key] !== undefined).map((key) => optionNames[key]);
  if (given.length === 0) return;
  throw usage(
    `--replay makes what the records say, so it takes no ${given.join(', ')}`,
    'leave them out, or draw anew without --replay',
  );
}
