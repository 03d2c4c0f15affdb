import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { isFolder, makeFolder } from '../data/folder.ts';
import { openPhotos, type PhotoSet } from '../data/open.ts';
import { readRegularFile } from '../data/regular-file.ts';
import type { SpaceName } from '../degradation/space.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import {
  allSets,
  chooseSets,
  freezeSamples,
  naturalSet,
  requireCrop,
  sideWithMargin,
} from '../evaluate/frozen.ts';
import { chooseOutputFolder } from '../evaluate/output-folder.ts';
import { previewOf } from '../evaluate/preview.ts';
import { parseRecords } from '../evaluate/records.ts';
import { openSource, sourceNamed, tasksOf } from '../evaluate/setup.ts';
import {
  jobsOfRecords,
  jobsOfSamples,
  removePairs,
  type WriteJob,
  writePairs,
} from '../evaluate/write-pairs.ts';
import { native } from '../native.ts';
import { loadConfig } from '../train/config.ts';
import type { Banks } from '../train/open-space.ts';
import { badLimit, tell } from './data.ts';
import { integerWithin, maxBadOption, spaceOption, wordList } from './options.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';

interface Options {
  images: string;
  output: string;
  tasks?: string[];
  preview?: boolean;
  replay?: string;
  count: number;
  crop: number;
  scale?: number;
  config?: string;
  space?: SpaceName;
  seed: number;
  maxBad?: number;
  overwrite?: boolean;
}

const example = `
Examples:
  evensr degrade -i photos -o preview.png --preview
  evensr degrade -i photos -o pairs --tasks all --count 2
  evensr degrade -i photos -o again --replay pairs/recipes.jsonl`;

async function open(options: Options, output: Output, minSize: number): Promise<PhotoSet> {
  const bar = progressBar(output, 'read');
  const photos = await openPhotos({
    images: options.images,
    minSize,
    badLimit: badLimit(options),
    onProgress: bar,
  });
  bar();
  tell(output, photos.warnings, photos.skipped);
  return photos;
}

/** The input as a folder that output must not lie in; globs and lists name single files. */
function inputFolders({ images }: Options): string[] {
  return isFolder(images) ? [images] : [];
}

/** What is drawn from, and the sets of draws that were asked for. */
async function planSets(
  { tasks: ids, crop, scale: wanted, config: file, space: name }: Options,
  output: Output,
) {
  const config = file === undefined ? undefined : loadConfig(file);
  const source = config ?? sourceNamed(name ?? 'real-esrgan');
  const scale = wanted ?? config?.scale ?? 4;
  const opened = await openSource(source, {
    scale,
    crop,
    warn: (code, text) => output.warn(code, text),
  });
  try {
    requireCrop(crop, { scale, ...opened });
    const all = allSets(ids === undefined ? [] : tasksOf(opened.space, source, scale));
    const sets = ids?.includes('all') ? all.slice(1) : chooseSets(all, ids ?? [naturalSet]);
    return { ...opened, scale, usm: source.degradation.usm, sets };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

/** What is to be written; all that can be refused is refused here, before any photograph is read. */
async function planJobs(options: Options, output: Output) {
  if (options.replay !== undefined) {
    const records = parseRecords(await readText(options.replay), options.replay);
    const photos = { ...(await open(options, output, 1)), banks: {}, dispose: () => {} };
    return { photos, jobs: jobsOfRecords(records, photos) };
  }
  const { crop, seed, count } = options;
  const { usm, banks, dispose, ...degradation } = await planSets(options, output);
  const { margin, scale } = degradation;
  const opened = await open(options, output, sideWithMargin(crop, margin, scale));
  const photos = { ...opened, banks, dispose };
  const samples = freezeSamples({
    ...degradation,
    photos: photos.images,
    crop,
    samplesPerSet: count * photos.images.length,
    seed,
  });
  return { photos, jobs: jobsOfSamples(samples, photos, { size: crop, margin, seed, usm }) };
}

async function readText(path: string): Promise<string> {
  const bytes = await readRegularFile(path).catch((cause: Error) => {
    throw new EvensrError('E_RECIPES', exitCodes.usage, `${path} ${cause.message}`, {
      hint: 'give a recipes.jsonl that evensr degrade wrote',
      cause,
    });
  });
  return bytes.toString('utf8');
}

async function writeAll(options: Options, output: Output): Promise<ExitCode> {
  const folder = await chooseOutputFolder(options.output, {
    inputs: inputFolders(options),
    overwrite: options.overwrite === true,
  });
  const { photos, jobs } = await planJobs(options, output);
  const { records, different } = await writeJobs(folder, jobs, photos, output);
  for (const file of different) {
    output.warn('E_REPLAY', `${file} differs from its record - written all the same`);
  }
  const failed = different.length + photos.skipped.length;
  output.line(`done ${records.length} pairs | skipped ${photos.skipped.length} photographs`);
  output.line(`${folder}: gt/, lq/, recipes.jsonl`);
  output.document({ output: folder, pairs: records.length, skipped: photos.skipped, different });
  return failed > 0 ? exitCodes.someFailed : exitCodes.ok;
}

interface DegradedPhotos extends PhotoSet {
  banks: Banks;
  /** Closes the banks. */
  dispose(): void;
}

async function writeJobs(folder: string, jobs: WriteJob[], photos: DegradedPhotos, output: Output) {
  const bar = progressBar(output, 'degraded');
  try {
    await removePairs(folder);
    return await writePairs(folder, jobs, photos, (done) => bar({ done, total: jobs.length }));
  } finally {
    bar();
    photos.pack.dispose();
    photos.dispose();
  }
}

async function writePreview(options: Options, output: Output): Promise<ExitCode> {
  const { crop, seed } = options;
  const plan = await planSets({ ...options, tasks: options.tasks ?? ['all'] }, output);
  const tasks = plan.sets.flatMap((set) => set.task ?? []);
  const isFile = options.output.toLowerCase().endsWith('.png');
  const path = isFile ? options.output : join(options.output, 'preview.png');
  if (existsSync(path) && !options.overwrite) {
    throw new EvensrError('E_EXISTS', exitCodes.usage, `${path} is there already`, {
      hint: 'choose another name, or give --overwrite',
    });
  }
  const photos = await open(options, output, sideWithMargin(crop, plan.margin, plan.scale));
  try {
    const png = await previewOf(photos, tasks, { ...plan, crop, seed });
    makeFolder(dirname(path));
    await native.writeFileDurably(path, [png]);
  } finally {
    photos.pack.dispose();
    plan.dispose();
  }
  output.line(path);
  output.document({ output: path, tasks: tasks.map((task) => task.id) });
  return exitCodes.ok;
}

export function registerDegrade(program: Command): void {
  const command = program
    .command('degrade')
    .description('write lq/gt pairs with their recipes, or a picture of every kind of damage')
    .requiredOption('-i, --images <photos>', 'folder, glob pattern, or .txt list of photographs')
    .requiredOption('-o, --output <folder>', 'new folder for gt/, lq/ and recipes.jsonl')
    .option('--tasks <ids>', 'tasks to draw from: ids, or all (plain draws)', wordList)
    .option('--preview', 'one contact sheet instead: the first photograph under each task')
    .option('--replay <file>', 'make the pairs of a recipes.jsonl again')
    .option('--count <n>', 'pairs per photograph, and per task if given', integerWithin(1, 1e6), 1)
    .option('--crop <pixels>', 'side of the gt crop', integerWithin(16, 4096), 256)
    .option('--scale <factor>', 'gt size / lq size (4)', integerWithin(1, 16))
    .option('--config <file>', 'degradations, tasks and scale of this training configuration')
    .addOption(spaceOption())
    .option('--seed <number>', 'of crops and draws', integerWithin(0, 2 ** 53 - 1), 0)
    .option(...maxBadOption)
    .option('--overwrite', 'replace what an earlier run wrote')
    .addHelpText('after', example);
  runs<Options>(command, async (options, output) =>
    options.preview ? await writePreview(options, output) : await writeAll(options, output),
  );
}
