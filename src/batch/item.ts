/** One picture: read, upscaled, written, given its name. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { RefusedImage } from '../data/problem.ts';
import { checkUnchanged, openUnchanged, readAll, refusal } from '../data/read.ts';
import type { OpenOptions, PictureSource } from '../image/inspect.ts';
import type { PictureInfo, RowReader, RowWriter } from '../image/picture.ts';
import type { PictureUpscaler, UpscaleOptions } from '../infer/picture-upscaler.ts';
import type { Budget } from './budget.ts';
import type { ByteName } from './byte-name.ts';
import { type Decision, inputIdentity, outputIdentity } from './decide.ts';
import { ItemRefused } from './item-error.ts';
import type { Journal } from './journal.ts';
import type { Entry } from './journal-line.ts';
import type { OutputTree } from './output-tree.ts';
import type { PictureFiles } from './pictures.ts';
import { type Claim, checkPlace, giveName, type Target, targetOf } from './place.ts';
import type { PlannedItem } from './plan.ts';
import { type Settings, settingsId } from './settings.ts';
import type { BatchState } from './state.ts';

export interface ItemContext {
  tree: OutputTree;
  state: BatchState;
  journal: Journal;
  pictures: PictureFiles;
  upscaler: PictureUpscaler;
  options: UpscaleOptions;
  settings: Settings;
  overwrite: boolean;
  maxPixels: number;
  budget: Budget;
  /** Bytes that one picture may take decoded, or collected before it is encoded. */
  pictureMemory: number;
  /** No more pictures are begun. */
  isStopping(): boolean;
  /** What the files say made them. */
  provenance: string;
}

export type ItemOutcome =
  | { status: 'not-reached' }
  | { status: 'same' }
  | {
      status: 'done';
      output: ByteName;
      bytes: number;
      input: PictureInfo;
      result: PictureInfo;
      notes: string[];
    };

/** How a picture goes. */
export interface ItemWatch {
  /** There is room for it. */
  begins(): void;
  /** So many pixels of the result are through, and what share of it that is. */
  wrote(pixels: number, share: number): void;
}

type Work = Extract<Decision, { kind: 'work' }>;

/** A compressed file of at most so many bytes is read at once. */
const wholeFileBytes = 64e6;
const chunkBytes = 1 << 20;

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
    if (bytesRead === 0) return hash.digest('base64url');
    hash.update(chunk.subarray(0, bytesRead));
    at += bytesRead;
  }
}

/** The open file by a path, which leads to it whatever happens to its name. */
function pathOfOpen(file: FileHandle, { photo }: PlannedItem): string {
  return existsSync('/proc/self/fd') ? `/proc/self/fd/${file.fd}` : photo.path.toString();
}

async function readInput(file: FileHandle, item: PlannedItem) {
  const { photo } = item;
  try {
    if (photo.size > wholeFileBytes) {
      const sha256 = await hashOf(file);
      return { sha256, source: { path: pathOfOpen(file, item) } };
    }
    const bytes = await readAll(file, photo);
    return { sha256: createHash('sha256').update(bytes).digest('base64url'), source: { bytes } };
  } catch (error) {
    throw refusal(error);
  }
}

/** What one picture needs to be worked on. */
interface Job {
  item: PlannedItem;
  decision: Work;
  file: FileHandle;
  info: PictureInfo;
  target: Target;
  claim: Claim;
  watch: ItemWatch;
}

/** Bytes that a picture needs while it is worked on. */
function memoryOf(
  item: PlannedItem,
  { info, decodedBytes }: { info: PictureInfo; decodedBytes: number },
  result: PictureInfo,
  { upscaler, options, pictureMemory }: ItemContext,
): number {
  const { width, height, channels, depth } = result;
  const encoded = (width * height * channels * depth) / 8;
  const file = Math.min(item.photo.size, wholeFileBytes);
  // A decoder and an encoder take up to as much again as the pixels.
  const pixels = 2 * Math.min(decodedBytes, pictureMemory) + 2 * Math.min(encoded, pictureMemory);
  return file + pixels + upscaler.memoryFor(info, options);
}

/** Options of reading and of writing. */
function fileOptions({ photo }: PlannedItem, { pictureMemory, state }: ItemContext) {
  return { name: photo.name, memory: pictureMemory, scratch: state.temporary.path };
}

/** The header of a picture whose file is open. */
export async function probeOpen(
  file: FileHandle,
  item: PlannedItem,
  { pictures, ...options }: Omit<OpenOptions, 'name'> & { pictures: PictureFiles },
) {
  try {
    const source = { path: pathOfOpen(file, item) };
    return await pictures.probe(source, { ...options, name: item.photo.name });
  } catch (error) {
    const isPixels = error instanceof RefusedImage && /megapixels > /.test(error.message);
    throw isPixels ? new RefusedImage('E_LIMIT', `${error.message} (--max-megapixels)`) : error;
  }
}

interface Written {
  bytes: number;
  notes: string[];
}

/** Passes rows on and tells how many samples there were. */
function watched(writer: RowWriter, wrote: (samples: number) => void): RowWriter {
  return {
    write: async (rows) => {
      await writer.write(rows);
      wrote(rows.length);
    },
    finish: () => writer.finish(),
    discard: () => writer.discard(),
  };
}

async function upscaleInto(
  writer: RowWriter,
  reader: RowReader,
  { upscaler, options }: ItemContext,
): Promise<number> {
  try {
    await upscaler.upscale(reader, writer, options);
    return await writer.finish();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

async function write(
  source: PictureSource,
  temporary: ByteName,
  { item, target, watch }: Job,
  context: ItemContext,
): Promise<Written> {
  const { pictures, state, upscaler, options, settings, maxPixels } = context;
  const common = fileOptions(item, context);
  const reader = await pictures.open(source, { ...common, maxPixels });
  try {
    const result = { ...upscaler.outputInfo(reader.info, options), format: target.format };
    const { strip, quality } = settings;
    const writer = await pictures.create(state.temporary.pathOf(temporary).toString(), result, {
      ...common,
      strip,
      ...(quality === null ? {} : { quality }),
      provenance: context.provenance,
    });
    const { width, height, channels } = result;
    const wrote = (samples: number) =>
      watch.wrote(samples / channels, samples / (width * height * channels));
    const bytes = await upscaleInto(watched(writer, wrote), reader, context);
    const notes = [...reader.notes, ...writer.notes, ...(target.note ? [target.note] : [])];
    return { bytes, notes };
  } finally {
    await reader.close();
  }
}

/** The finished file gets its name, with a line in the journal before and one after. */
async function settle(temporary: ByteName, sha256: string, job: Job, context: ItemContext) {
  const { item, target, info } = job;
  const { journal, state, settings, tree } = context;
  await checkUnchanged(job.file, item.photo);
  const there = state.temporary.look(temporary);
  if (!there?.isFile()) throw new ItemRefused('E_PATH', 'the temporary file was exchanged');
  const entry: Entry = {
    with: settingsId(settings),
    sha256,
    input: inputIdentity(item),
    output: outputIdentity(there),
    alpha: info.channels % 2 === 0,
    png: target.name !== item.output,
  };
  await journal.begin(item.output, entry, settings);
  giveName(tree, { folder: state.temporary, temporary }, target.name, job.claim);
  journal.done(item.output);
}

async function work(job: Job, context: ItemContext): Promise<'same' | Written> {
  const { item, decision } = job;
  const { sha256, source } = await readInput(job.file, item);
  const { known, sameIfBytesAre } = decision;
  if (sameIfBytesAre && known?.sha256 === sha256) {
    context.journal.update(item.output, { ...known, input: inputIdentity(item) });
    return 'same';
  }
  const temporary = context.state.temporaryName();
  try {
    const written = await write(source, temporary, job, context);
    await settle(temporary, sha256, job, context);
    return written;
  } finally {
    context.state.temporary.remove(temporary);
  }
}

/**
 * Upscales one picture. Rejects with what `failureOf` reads: nothing of the output is left then, and what
 * was there before stays.
 */
export async function upscaleItem(
  item: PlannedItem,
  decision: Work,
  context: ItemContext,
  watch: ItemWatch,
): Promise<ItemOutcome> {
  const { pictures, upscaler, options, tree, overwrite, maxPixels } = context;
  const file = await openUnchanged(item.photo);
  try {
    const { memory, scratch } = fileOptions(item, context);
    const probe = await probeOpen(file, item, { pictures, memory, scratch, maxPixels });
    const result = upscaler.outputInfo(probe.info, options);
    const target = targetOf(item, result);
    const claim = { known: decision.known, overwrite, input: await file.stat({ bigint: true }) };
    checkPlace(tree, target.name, claim);
    const leave = await context.budget.enter(memoryOf(item, probe, result, context));
    try {
      if (context.isStopping()) return { status: 'not-reached' };
      watch.begins();
      const written = await work(
        { item, decision, file, info: probe.info, target, claim, watch },
        context,
      );
      if (written === 'same') return { status: 'same' };
      return { status: 'done', ...written, output: target.name, input: probe.info, result };
    } finally {
      leave();
    }
  } finally {
    await file.close();
  }
}
