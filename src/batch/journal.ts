/**
 * What was made of which bytes with which settings. A line is on the disk before an output gets its name,
 * so that a file whose line is there is known to be ours, also after a kill between the two.
 */
import { type ByteName, bytesOfText } from './byte-name.ts';
import { LineFile, linesOf } from './journal-file.ts';
import { type Entry, entryLine, parseLine, settingsLine } from './journal-line.ts';
import type { OpenFolder } from './output-tree.ts';
import { type Settings, settingsId } from './settings.ts';
import { type Shard, shardName } from './shard.ts';

export interface JournalOptions {
  shard: Shard;
  warn: (code: string, text: string) => void;
}

const fileName = (shard: Shard): ByteName => bytesOfText(`journal${shardName(shard)}.jsonl`);

/** A journal of which less than this share is in force is written anew when it is opened. */
const worthKeeping = 0.5;
const smallJournal = 1 << 16;

/** Reads lines; keeps what is in force. */
class Contents {
  /** What an output may be, the latest first: whether one that was begun got its name shows on the disk. */
  readonly entries = new Map<ByteName, Entry[]>();
  readonly settings = new Map<string, Settings>();
  damaged = 0;

  take(text: string): void {
    const line = parseLine(text);
    if (!line) this.damaged++;
    else if (line.kind === 'settings') this.settings.set(line.id, line.settings);
    else if (line.kind === 'begin') this.begin(line.name, line.entry);
    else this.done(line.name, line.entry);
  }

  begin(name: ByteName, entry: Entry): void {
    this.entries.set(name, [entry, ...(this.entries.get(name) ?? [])]);
  }

  done(name: ByteName, entry = this.entries.get(name)?.[0]): void {
    if (entry) this.entries.set(name, [entry]);
  }

  /** What is in force, as lines. */
  *lines(): Generator<string> {
    for (const [id, settings] of this.settings) yield settingsLine(id, settings);
    for (const [name, entries] of this.entries) {
      for (const [index, entry] of entries.toReversed().entries())
        yield entryLine(index === 0 ? 'done' : 'begin', name, entry);
    }
  }
}

/** What the journals of other shard counts know of the outputs. */
function learnFromOthers(
  folder: OpenFolder,
  own: ByteName,
  shard: Shard,
  contents: Contents,
): void {
  for (const name of folder.names()) {
    const [matches, count] = /^journal(?:-\d{1,9}-of-(\d{1,9}))?\.jsonl$/.exec(name) ?? [];
    if (matches === undefined || name === own || Number(count ?? 1) === shard.count) continue;
    const other = new Contents();
    linesOf(folder, name, (line) => other.take(line));
    for (const [id, settings] of other.settings) contents.settings.set(id, settings);
    for (const [output, theirs] of other.entries)
      contents.entries.set(output, [...(contents.entries.get(output) ?? []), ...theirs]);
  }
}

export class Journal {
  readonly #file: LineFile | undefined;
  readonly #contents: Contents;
  readonly #written = new Set<string>();

  private constructor(contents: Contents, file?: LineFile) {
    this.#contents = contents;
    this.#file = file;
  }

  /** Reads without changing anything: for a plan. */
  static peek(folder: OpenFolder | undefined, shard: Shard): Journal {
    const contents = new Contents();
    const own = fileName(shard);
    if (folder) linesOf(folder, own, (line) => contents.take(line));
    if (folder) learnFromOthers(folder, own, shard, contents);
    return new Journal(contents);
  }

  /**
   * Opens the journal of the shard; a torn tail is cut off, damaged lines are told and passed over, and
   * one that is mostly out of date is written anew. Throws E_DISK.
   */
  static open(folder: OpenFolder, temporary: OpenFolder, options: JournalOptions): Journal {
    const own = fileName(options.shard);
    const contents = new Contents();
    let file = LineFile.open(folder, own, (line) => contents.take(line));
    try {
      if (contents.damaged > 0)
        options.warn(
          'W_JOURNAL',
          `${contents.damaged} damaged line(s) of the journal are passed over`,
        );
      file = compacted(file, contents, { folder, temporary, own });
      learnFromOthers(folder, own, options.shard, contents);
    } catch (error) {
      file.close();
      throw error;
    }
    return new Journal(contents, file);
  }

  /** What an output that is on the disk may be, the latest first. */
  candidates(name: ByteName): readonly Entry[] {
    return this.#contents.entries.get(name) ?? [];
  }

  settings(id: string): Settings | undefined {
    return this.#contents.settings.get(id);
  }

  /** Says durably what the output is about to be. Rejects with E_DISK. */
  async begin(name: ByteName, entry: Entry, settings: Settings): Promise<void> {
    this.#refer(settings);
    this.#file?.append(entryLine('begin', name, entry));
    this.#contents.begin(name, entry);
    await this.#file?.sync();
  }

  /** The output has its name. */
  done(name: ByteName): void {
    this.#file?.append(entryLine('done', name));
    this.#contents.done(name);
  }

  /** A look at the disk showed that the output is this, or what else its input goes by. */
  update(name: ByteName, entry: Entry): void {
    const settings = this.settings(entry.with);
    if (settings) this.#refer(settings);
    this.#file?.append(entryLine('done', name, entry));
    this.#contents.done(name, entry);
  }

  close(): void {
    this.#file?.close();
  }

  /** Settings are written before the first line that refers to them. */
  #refer(settings: Settings): void {
    const id = settingsId(settings);
    if (this.#written.has(id)) return;
    this.#file?.append(settingsLine(id, settings));
    this.#contents.settings.set(id, settings);
    this.#written.add(id);
  }
}

function compacted(
  file: LineFile,
  contents: Contents,
  { folder, temporary, own }: Record<'folder' | 'temporary', OpenFolder> & { own: ByteName },
): LineFile {
  if (file.length < smallJournal) return file;
  const name = bytesOfText('journal');
  temporary.remove(name);
  let text = '';
  let fresh: LineFile | undefined;
  let length = 0;
  for (const line of contents.lines()) length += Buffer.byteLength(line);
  if (length > worthKeeping * file.length) return file;
  try {
    fresh = LineFile.open(temporary, name, () => {});
    for (const line of contents.lines()) {
      text += line;
      if (text.length < 1 << 20) continue;
      fresh.append(text);
      text = '';
    }
    fresh.append(text);
    fresh.syncNow();
    folder.replace(temporary, name, own);
    folder.sync();
  } catch (error) {
    fresh?.close();
    temporary.remove(name);
    throw error;
  }
  file.close();
  return fresh;
}
