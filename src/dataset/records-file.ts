/** The lines of a shard's samples while they are made, and all shards' lines together at the end. */
import { createReadStream } from 'node:fs';
import { type ByteName, bytesOfText } from '../batch/byte-name.ts';
import { LineFile, linesOf } from '../batch/journal-file.ts';
import type { OpenFolder, OutputTree } from '../batch/output-tree.ts';
import type { Shard } from '../batch/shard.ts';
import type { BatchState } from '../batch/state.ts';
import { placeOfRecord, type RecordPlace } from '../evaluate/records.ts';
import { FreshFile } from '../image/fresh-file.ts';
import { recordsName, SampleFolders } from './set-folder.ts';

export function partName({ index, count }: Shard, isWhole: boolean): ByteName {
  return bytesOfText(`records-${index}-of-${count}${isWhole ? '' : '.part'}.jsonl`);
}

interface Opening {
  /** Of the shard in the set. */
  first: number;
  samples: number;
  /** How many of so many samples with a line are kept: those of a unit only together. */
  boundary: (lines: number) => number;
}

/** A file that holds the lines of all the shard's samples, behind so many others; nothing when there is none. */
function wholeFile(tree: OutputTree, state: BatchState, shard: Shard, first: number) {
  if (tree.root.look(recordsName)) return { folder: tree.root, name: recordsName, before: first };
  const name = partName(shard, true);
  return state.folder.look(name) ? { folder: state.folder, name, before: 0 } : undefined;
}

/** Lines at the beginning of a file that are records. */
function countRecords(folder: OpenFolder, name: ByteName): number {
  let count = 0;
  let isBroken = false;
  linesOf(folder, name, (text) => {
    isBroken ||= placeOfRecord(text) === undefined;
    if (!isBroken) count++;
  });
  return count;
}

export class RecordsFile {
  /** Samples of the shard that have their line; the next line is the next sample's. */
  count: number;
  /** Those among them of which a file is gone, by their numbers in the set. */
  readonly missing: readonly number[];
  readonly #state: BatchState;
  readonly #shard: Shard;
  readonly #file: LineFile | undefined;

  private constructor(
    at: { state: BatchState; shard: Shard },
    found: { count: number; missing: number[]; file?: LineFile },
  ) {
    this.#state = at.state;
    this.#shard = at.shard;
    this.#file = found.file;
    this.count = found.count;
    this.missing = found.missing;
  }

  /** Reads what is there and looks for the files. Throws E_DISK, E_PATH. */
  static open(tree: OutputTree, state: BatchState, shard: Shard, opening: Opening): RecordsFile {
    const { first, samples, boundary } = opening;
    const folders = new SampleFolders(tree);
    const missing: number[] = [];
    const look = (place: RecordPlace, sample: number) => {
      if (!folders.hold(place)) missing.push(sample);
    };
    try {
      const whole = wholeFile(tree, state, shard, first);
      if (whole) {
        let sample = -whole.before;
        linesOf(whole.folder, whole.name, (text) => {
          const place = sample >= 0 && sample < samples ? placeOfRecord(text) : undefined;
          if (place) look(place, first + sample);
          sample++;
        });
        return new RecordsFile({ state, shard }, { count: samples, missing });
      }
      const name = partName(shard, false);
      const kept = boundary(Math.min(samples, countRecords(state.folder, name)));
      let count = 0;
      const file = LineFile.open(state.folder, name, (text) => {
        const place = count < kept ? placeOfRecord(text) : undefined;
        if (place) look(place, first + count++);
        return place !== undefined;
      });
      return new RecordsFile({ state, shard }, { count, missing, file });
    } finally {
      folders.close();
    }
  }

  /** Adds the lines of the next samples, whose files are on the disk. Throws E_DISK. */
  append(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#file?.append(lines.map((line) => `${line}\n`).join(''));
    this.count += lines.length;
  }

  /** All samples of the shard have their line. */
  finish(): void {
    if (!this.#file) return;
    this.#file.syncNow();
    const { folder } = this.#state;
    folder.replace(folder, partName(this.#shard, false), partName(this.#shard, true));
    folder.sync();
  }

  close(): void {
    this.#file?.close();
  }
}

function shardsOf(count: number): Shard[] {
  return Array.from({ length: count }, (_, at) => ({ index: at + 1, count }));
}

/** Whether every shard of so many has all its lines in this folder. */
function isWhole(state: BatchState, count: number): boolean {
  return shardsOf(count).every((shard) => state.folder.look(partName(shard, true)));
}

async function writeJoined(tree: OutputTree, state: BatchState, count: number): Promise<void> {
  const name = state.temporaryName();
  const file = await FreshFile.create(state.temporary.pathOf(name).toString(), 'recipes.jsonl');
  try {
    for (const shard of shardsOf(count))
      for await (const piece of createReadStream(state.folder.pathOf(partName(shard, true))))
        await file.write(piece as Buffer);
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
  tree.root.replace(state.temporary, name, recordsName);
  tree.root.sync();
}

/**
 * Joins the lines of all shards to recipes.jsonl when they are all there, whichever shard was the last.
 * Returns whether recipes.jsonl is there.
 */
export async function joinRecords(
  tree: OutputTree,
  state: BatchState,
  count: number,
): Promise<boolean> {
  const isThere = () => tree.root.look(recordsName) !== undefined;
  if (isThere()) return true;
  if (!isWhole(state, count)) return false;
  try {
    await writeJoined(tree, state, count);
  } catch (error) {
    // Another shard that ended at the same time was faster and has removed the parts.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && isThere()) return true;
    throw error;
  }
  for (const shard of shardsOf(count)) state.folder.remove(partName(shard, true));
  return true;
}
