import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { stateFolder } from '../batch/plan.ts';
import { chooseShard, type Shard, shardName } from '../batch/shard.ts';
import { isFolder } from '../data/folder.ts';
import { realOf } from '../data/inside.ts';
import { openPhotos, type PhotoSet } from '../data/open.ts';
import type { Warn } from '../data/open-noise-bank.ts';
import { sourceOfRecords } from '../dataset/replay.ts';
import type { Settings } from '../dataset/settings.ts';
import type { SampleSource } from '../dataset/source.ts';
import { holdsSet, type SetSummary, writeSet } from '../dataset/write.ts';
import { chooseDevice } from '../device.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import { chooseOutputFolder } from '../evaluate/output-folder.ts';
import { loadConfig } from '../train/config.ts';
import { type Banks, openSpace } from '../train/open-space.ts';
import { badLimit, tell } from './data.ts';
import {
  type DrawOptions,
  drawnSet,
  photographSettings,
  planDraws,
  requireNoDraws,
} from './degrade-options.ts';
import { DegradeSession } from './degrade-session.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';

export interface WriteOptions extends DrawOptions {
  images: string;
  output: string;
  replay?: string;
  maxBad?: number;
  overwrite?: boolean;
  shard?: string;
  threads: number;
  device: string;
  quiet?: boolean;
}

/** Opens photographs of at least this side. Bad ones are told and left out, as many as there are. */
export async function openForDegrade(
  { images, maxBad }: Pick<WriteOptions, 'images' | 'maxBad'>,
  output: Output,
  minSize: number,
): Promise<PhotoSet> {
  const bar = progressBar(output, 'read');
  const limit = badLimit({ maxBad: maxBad ?? 1 });
  const photos = await openPhotos({ images, minSize, badLimit: limit, onProgress: bar });
  bar();
  tell(output, photos.warnings, photos.skipped);
  return photos;
}

/** The input as a folder that output must not lie in; globs and lists name single files. */
export function inputFolders({ images }: Pick<WriteOptions, 'images'>): string[] {
  return isFolder(images) ? [images] : [];
}

async function placeSet(options: WriteOptions, shard: Shard): Promise<string> {
  const overwrite = options.overwrite === true;
  if (overwrite && shard.count > 1) {
    const problem = '--overwrite with --shard: the shards would remove what the others made';
    throw new EvensrError('E_USAGE', exitCodes.usage, problem, {
      hint: 'remove the folder once, before the first shard starts',
    });
  }
  const begun = isFolder(options.output) && isBegun(await realOf(resolve(options.output)));
  const inputs = inputFolders(options);
  return await chooseOutputFolder(options.output, { inputs, overwrite: overwrite || begun });
}

/** A set that goes on, or what a kill left before it was one. */
function isBegun(folder: string): boolean {
  return holdsSet(folder) || readdirSync(folder).every((name) => name === stateFolder);
}

export const warnTo =
  (output: Output): Warn =>
  (code, text) =>
    output.warn(code, text);

/** Disposes several things one after the other. */
const disposing =
  (...things: { dispose(): void }[]) =>
  () => {
    for (const thing of things) thing.dispose();
  };

interface Planned {
  photos: PhotoSet;
  banks: Banks;
  /** Closes photographs and banks. */
  dispose(): void;
  source: SampleSource;
  settings: Settings;
  inTars: boolean;
  /** Records of which the photograph is not at hand. */
  leftOut: number;
}

/** What recipes refer to, of a configuration; nothing without one. */
async function openBanks(config: string | undefined, warn: Warn) {
  if (config === undefined) return { banks: {}, dispose: () => {} };
  // How large crops are is no matter here: nothing is drawn.
  return await openSpace(loadConfig(config), { window: 1, warn });
}

async function planReplay(
  file: string,
  options: WriteOptions,
  shards: number,
  output: Output,
): Promise<Planned> {
  requireNoDraws(options);
  const opened = await openBanks(options.config, warnTo(output));
  try {
    const photos = await openForDegrade(options, output, 1);
    const dispose = disposing(opened, photos.pack);
    const { banks } = opened;
    const replay = await sourceOfRecords(file, { images: photos.images, banks });
    for (const { code, key, reason } of replay.leftOut)
      output.warn(code, `${key} - ${reason} - left out`);
    const hidden = replay.leftOutCount - replay.leftOut.length;
    if (hidden > 0) output.note(`and ${hidden} more left out`);
    const settings = { ...photographSettings(photos), 'replay of': replay.sha256, shards };
    const { source, inTars, leftOutCount: leftOut } = replay;
    return { photos, banks, dispose, source, settings, inTars, leftOut };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

async function planDrawn(options: WriteOptions, shards: number, output: Output): Promise<Planned> {
  const draws = await planDraws(options, warnTo(output));
  try {
    const side = sideWithMargin(draws.crop, draws.margin, draws.scale);
    const photos = await openForDegrade(options, output, side);
    const dispose = disposing(draws, photos.pack);
    const set = drawnSet(options, draws, photos, shards);
    return { photos, banks: draws.banks, dispose, leftOut: 0, ...set };
  } catch (error) {
    draws.dispose();
    throw error;
  }
}

async function make(
  { photos, banks, source, settings, inTars }: Planned,
  options: WriteOptions,
  { folder, shard }: { folder: string; shard: Shard },
  session: DegradeSession,
): Promise<SetSummary> {
  try {
    const summary = await writeSet({
      ...{ folder, source, inTars, photos, banks, settings, shard },
      ...{ overwrite: options.overwrite === true, threads: options.threads },
      device: chooseDevice(options.device, (text) => session.note(`degrading ${text}`)),
      ...{ control: session.signals, observer: session.observer },
    });
    session.end(summary.complete);
    return summary;
  } catch (error) {
    session.end(false);
    throw error;
  }
}

/** Writes pairs, or what of them is not there yet. */
export async function writePairs(options: WriteOptions, output: Output): Promise<ExitCode> {
  const shard = chooseShard(options.shard, process.env);
  const folder = await placeSet(options, shard);
  const planned =
    options.replay === undefined
      ? await planDrawn(options, shard.count, output)
      : await planReplay(options.replay, options, shard.count, output);
  const { skipped: badPhotographs } = planned.photos;
  const { leftOut } = planned;
  if (shard.origin !== undefined)
    output.note(`shard ${shard.index} of ${shard.count} (${shard.origin})`);
  const failedBefore = leftOut + badPhotographs.length;
  const quiet = options.quiet === true;
  const session = new DegradeSession({ folder, shard }, { failedBefore, quiet }, output);
  try {
    const summary = await make(planned, options, { folder, shard }, session);
    const different = { count: session.differentCount, first: session.different };
    output.document({
      ...{ output: folder, shard: shardName(shard) || null, ...summary },
      ...{ pairs: summary.done, badPhotographs, leftOut, different },
    });
    return session.signals.exitCode ?? (session.failed > 0 ? exitCodes.someFailed : exitCodes.ok);
  } finally {
    session.dispose();
    planned.dispose();
  }
}
