/** Where finished samples go: into files of their own, or into archives. */
import { type ByteName, bytesOfText } from '../batch/byte-name.ts';
import type { OutputTree } from '../batch/output-tree.ts';
import type { BatchState } from '../batch/state.ts';
import { formatRecord, type PairRecord } from '../evaluate/records.ts';
import { FreshFile } from '../image/fresh-file.ts';
import { extensionOf } from './encoding.ts';
import { filesOf, SampleFolders } from './set-folder.ts';
import { tarEnd, tarEntry } from './tar.ts';

/** A pair whose files are encoded. */
export interface FinishedSample {
  /** In the set. */
  index: number;
  record: PairRecord;
  gt: Uint8Array;
  lq: Uint8Array;
}

/** Told about samples that are on the disk under their names, in their order. */
export type Tell = (samples: readonly { index: number; line: string }[]) => void;

export interface Sink {
  /** Takes the next samples. Rejects with E_DISK, E_PATH. */
  add(samples: readonly FinishedSample[]): Promise<void>;
  /** Nothing more comes. */
  end(): Promise<void>;
  /** What was begun and has no name yet is removed. */
  close(): Promise<void>;
}

interface Place {
  tree: OutputTree;
  state: BatchState;
}

async function createTemporary({ state }: Place, shown: string) {
  const name: ByteName = state.temporaryName();
  const file = await FreshFile.create(state.temporary.pathOf(name).toString(), shown);
  return { file, name };
}

const lineOf = ({ index, record }: FinishedSample) => ({ index, line: formatRecord(record) });

/** gt/KEY.png and lq/KEY.png. */
class FileSink implements Sink {
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #folders: SampleFolders;

  constructor(place: Place, tell: Tell) {
    this.#place = place;
    this.#tell = tell;
    this.#folders = new SampleFolders(place.tree);
  }

  async add(samples: readonly FinishedSample[]): Promise<void> {
    const written = await Promise.allSettled(samples.map((sample) => this.#write(sample)));
    for (const one of written) if (one.status === 'rejected') throw one.reason;
    for (const kind of ['gt', 'lq']) this.#folders.of(kind).sync();
    this.#tell(samples.map(lineOf));
  }

  async #write(sample: FinishedSample): Promise<void> {
    const contents = [sample.gt, sample.lq];
    for (const [at, { folder, name }] of filesOf(sample.record).entries()) {
      const { file, name: temporary } = await createTemporary(this.#place, `${folder}/${name}`);
      try {
        await file.write(contents[at] as Uint8Array);
        await file.finish();
      } catch (error) {
        await file.discard();
        throw error;
      }
      this.#folders.of(folder).replace(this.#place.state.temporary, temporary, bytesOfText(name));
    }
  }

  async end(): Promise<void> {}

  async close(): Promise<void> {
    this.#folders.close();
  }
}

/** KEY.gt.png, KEY.json and KEY.lq.png of one sample after the other in 000000.tar. */
class TarSink implements Sink {
  readonly #place: Place;
  readonly #tell: Tell;
  #open: { tar: string; file: FreshFile; name: ByteName } | undefined;
  #lines: ReturnType<typeof lineOf>[] = [];

  constructor(place: Place, tell: Tell) {
    this.#place = place;
    this.#tell = tell;
  }

  async add(samples: readonly FinishedSample[]): Promise<void> {
    for (const sample of samples) await this.#add(sample);
  }

  async #add(sample: FinishedSample): Promise<void> {
    const { record } = sample;
    const { key, files, tar = '' } = record;
    if (this.#open?.tar !== tar) await this.end();
    this.#open ??= { tar, ...(await createTemporary(this.#place, tar)) };
    const line = lineOf(sample);
    const parts = [
      ...tarEntry(`${key}.gt.${extensionOf(files.gt)}`, sample.gt),
      ...tarEntry(`${key}.json`, Buffer.from(`${line.line}\n`)),
      ...tarEntry(`${key}.lq.${extensionOf(files.lq)}`, sample.lq),
    ];
    await this.#open.file.write(Buffer.concat(parts));
    this.#lines.push(line);
  }

  async end(): Promise<void> {
    if (!this.#open) return;
    const { tar, file, name } = this.#open;
    await file.write(tarEnd(file.bytes));
    await file.finish();
    this.#open = undefined;
    const { tree, state } = this.#place;
    tree.root.replace(state.temporary, name, bytesOfText(tar));
    tree.root.sync();
    this.#tell(this.#lines);
    this.#lines = [];
  }

  async close(): Promise<void> {
    await this.#open?.file.discard();
  }
}

export function openSink(inTars: boolean, place: Place, tell: Tell): Sink {
  return inTars ? new TarSink(place, tell) : new FileSink(place, tell);
}
