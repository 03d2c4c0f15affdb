/** Makes a set, or what of it is not there yet. */
import { type ByteName, bytesOfText } from '../batch/byte-name.ts';
import { linesOf } from '../batch/journal-file.ts';
import { OutputTree } from '../batch/output-tree.ts';
import { stateFolder } from '../batch/plan.ts';
import type { Shard } from '../batch/shard.ts';
import { BatchState } from '../batch/state.ts';
import { onDisk } from '../data/durable.ts';
import type { PhotoSet } from '../data/open.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { placeOfRecord } from '../evaluate/records.ts';
import { type Pair, synthesizePairs } from '../evaluate/synthesis.ts';
import { native } from '../native.ts';
import type { Banks } from '../train/open-space.ts';
import { finishPair } from './finish.ts';
import { joinRecords, RecordsFile } from './records-file.ts';
import { recordsName, SampleFolders, settingsName, settleSettings } from './set-folder.ts';
import type { Settings } from './settings.ts';
import { openSink, type Sink } from './sink.ts';
import { type Range, type SampleJob, type SampleSource, shardRange, unitAt } from './source.ts';

export interface SetProgress {
  /** Samples of the shard. */
  total: number;
  /** Made now, and made before. */
  done: number;
  skipped: number;
}

export interface SetObserver {
  /** What there is to do is known; the object changes as it is done. */
  planned(progress: Readonly<SetProgress>): void;
  /** A sample that was made before has other pixels now; it is written all the same. */
  different(key: string): void;
}

export interface WriteSetOptions {
  /** The output folder, without links. */
  folder: string;
  source: SampleSource;
  inTars: boolean;
  photos: Pick<PhotoSet, 'images' | 'pack'>;
  /** What recipes refer to. */
  banks?: Banks;
  settings: Settings;
  shard: Shard;
  /** Remove what an earlier run wrote into the folder. */
  overwrite: boolean;
  /** 0: all CPUs. */
  threads: number;
  /** Where pairs are degraded (default: cpu); they are the same on every device. */
  device?: string;
  control: { readonly stopping: boolean };
  observer: SetObserver;
}

export interface SetSummary extends SetProgress {
  /** recipes.jsonl is there: no shard has anything left to do. */
  complete: boolean;
}

/** Samples with consecutive numbers as ranges. */
function rangesOf(samples: readonly number[]): Range[] {
  const ranges: Range[] = [];
  for (const sample of samples) {
    const last = ranges.at(-1);
    if (last?.end === sample) last.end++;
    else ranges.push({ first: sample, end: sample + 1 });
  }
  return ranges;
}

/** Asks for no more jobs once the work is to stop. */
function* until(jobs: Iterable<SampleJob>, control: { readonly stopping: boolean }) {
  for (const job of jobs) {
    if (control.stopping) return;
    yield job;
  }
}

class Work {
  readonly #options: WriteSetOptions;
  readonly #records: RecordsFile;
  readonly #range: Range;
  readonly progress: SetProgress;

  constructor(options: WriteSetOptions, records: RecordsFile, range: Range) {
    this.#options = options;
    this.#records = records;
    this.#range = range;
    const skipped = records.count - records.missing.length;
    this.progress = { total: range.end - range.first, done: 0, skipped };
  }

  /** What is to be made: what is gone, then what never was. */
  get #ranges(): Range[] {
    const next = { first: this.#range.first + this.#records.count, end: this.#range.end };
    return [...rangesOf(this.#records.missing), ...(next.first < next.end ? [next] : [])];
  }

  /** Samples are on the disk: those that had no line get one. */
  readonly tell = (samples: readonly { index: number; line: string }[]): void => {
    const next = this.#range.first + this.#records.count;
    this.#records.append(samples.filter(({ index }) => index >= next).map(({ line }) => line));
    this.progress.done += samples.length;
  };

  async run(sink: Sink): Promise<void> {
    const { source, photos, banks, control, observer } = this.#options;
    const { device = 'cpu' } = this.#options;
    const threads = this.#options.threads || native.info().threads;
    observer.planned(this.progress);
    const ranges = this.#ranges;
    if (ranges.length === 0) return;
    const jobs = until(source.jobs(ranges), control);
    let writing: Promise<void> = Promise.resolve();
    try {
      for await (const pairs of synthesizePairs(photos.pack, jobs, { threads, device, banks })) {
        const finished = await Promise.all(
          pairs.map((pair: Pair<SampleJob>) => finishPair(pair, photos.images)),
        );
        for (const { record, different } of finished) if (different) observer.different(record.key);
        // A batch is written while the next is encoded and the one after it degraded.
        await writing;
        writing = sink.add(finished);
        writing.catch(() => {});
      }
    } finally {
      await writing;
    }
    // An archive that is not whole is given up.
    if (!control.stopping) await sink.end();
  }

  get isDone(): boolean {
    return this.progress.done + this.progress.skipped === this.progress.total;
  }
}

/** Removes what an earlier run wrote, so that the pairs of two runs never mix. Throws E_RECIPES, E_DISK. */
function clear(tree: OutputTree, state: BatchState): void {
  const isRecords = (name: ByteName) => /^records-.*\.jsonl$/.test(name);
  const files = [
    { folder: tree.root, name: recordsName },
    ...state.folder
      .names()
      .filter(isRecords)
      .map((name) => ({ folder: state.folder, name })),
  ];
  const folders = new SampleFolders(tree);
  try {
    for (const { folder, name } of files) {
      linesOf(folder, name, (text) => {
        const place = placeOfRecord(text);
        if (place) folders.remove(place);
        else if (folder === tree.root) throw foreign(name);
      });
    }
  } finally {
    folders.close();
  }
  for (const { folder, name } of files) folder.remove(name);
  state.folder.remove(settingsName);
}

function foreign(name: ByteName): EvensrError {
  const problem = `${name} in the output folder has lines of another version`;
  return new EvensrError('E_RECIPES', exitCodes.usage, problem, {
    hint: 'remove the folder yourself, or choose another',
  });
}

async function inFolder(options: WriteSetOptions, tree: OutputTree): Promise<SetSummary> {
  const { folder, source, shard, inTars } = options;
  const state = BatchState.open(tree, shard, folder);
  let records: RecordsFile | undefined;
  let sink: Sink | undefined;
  try {
    if (options.overwrite) clear(tree, state);
    settleSettings(state, options.settings, folder);
    const range = shardRange(source, shard);
    const { first, end } = range;
    records = RecordsFile.open(tree, state, shard, {
      first,
      samples: end - first,
      boundary: (lines) => source.startOf(unitAt(source, first + lines)) - first,
    });
    const work = new Work(options, records, range);
    sink = openSink(inTars, { tree, state }, work.tell);
    await work.run(sink);
    if (work.isDone) records.finish();
    const complete = work.isDone && (await joinRecords(tree, state, shard.count));
    return { ...work.progress, complete };
  } finally {
    await sink?.close();
    records?.close();
    state.close();
  }
}

/**
 * Makes the samples of a set that are not there yet, or the shard's part of them. A kill at any moment
 * costs the samples in work; what is done has its line and is not made again. The bytes depend on the
 * source alone. Throws E_CHANGED when the folder holds another set, E_LOCKED, E_DISK, E_PATH.
 */
export async function writeSet(options: WriteSetOptions): Promise<SetSummary> {
  const tree = OutputTree.make(options.folder);
  try {
    return await onDisk(options.folder, () => inFolder(options, tree));
  } finally {
    tree.close();
  }
}

/** Whether a folder holds a set, or what is left of one that was begun. */
export function holdsSet(folder: string): boolean {
  const tree = OutputTree.open(folder);
  const state = tree?.folder(bytesOfText(stateFolder), 'leave');
  try {
    return state?.look(settingsName)?.isFile() === true;
  } finally {
    state?.close();
    tree?.close();
  }
}
