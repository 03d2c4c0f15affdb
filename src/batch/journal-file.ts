/** An append-only file of lines. */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { EvensrError, exitCodes } from '../errors.ts';
import { type ByteName, textOf } from './byte-name.ts';
import type { OpenFolder } from './output-tree.ts';

const syncData = promisify(fdatasync);
const chunkBytes = 1 << 20;
/** No line of ours is longer; whatever is longer is skipped without being kept in memory. */
const longestLine = 1 << 16;

/** What the file system said as E_DISK; what a reader of the lines threw as it is. */
function diskError(name: ByteName, cause: unknown, verb = 'written'): unknown {
  if (cause instanceof EvensrError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const reason = code === 'ENOSPC' ? 'the disk is full' : (code ?? message);
  return new EvensrError('E_DISK', exitCodes.disk, `${textOf(name)} cannot be ${verb}: ${reason}`, {
    hint: 'make room and run the command again: what is done is kept',
    cause,
  });
}

export interface Line {
  /** "" for one that is far too long. */
  text: string;
  /** Where the next one begins. */
  end: number;
  /** Ends with a newline, as all but the last one do. */
  isWhole: boolean;
}

/** The lines of an open file, a piece of it in memory at a time. */
export function* readLines(descriptor: number): Generator<Line> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let rest = Buffer.alloc(0);
  let skipping = false;
  let position = 0;
  for (;;) {
    const count = readSync(descriptor, chunk, 0, chunk.length, position);
    if (count === 0) break;
    position += count;
    rest = Buffer.concat([rest, chunk.subarray(0, count)]);
    let start = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
      const text = skipping || end - start > longestLine ? '' : rest.toString('utf8', start, end);
      skipping = false;
      start = end + 1;
      yield { text, end: position - (rest.length - start), isWhole: true };
    }
    rest = Buffer.from(rest.subarray(start));
    if (rest.length > longestLine) {
      rest = Buffer.alloc(0);
      skipping = true;
    }
  }
  if (skipping) yield { text: '', end: position, isWhole: false };
  else if (rest.length > 0) yield { text: rest.toString('utf8'), end: position, isWhole: false };
}

/** Reads the lines of a file in the folder; whatever is not there or no file has none. Throws E_DISK. */
export function linesOf(folder: OpenFolder, name: ByteName, take: (line: string) => void): void {
  if (!folder.look(name)?.isFile()) return;
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder.pathOf(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return;
    for (const { text, isWhole } of readLines(descriptor)) if (isWhole) take(text);
  } catch (error) {
    throw diskError(name, error, 'read');
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

export class LineFile {
  readonly #name: ByteName;
  readonly #descriptor: number;
  #length: number;
  #syncing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(name: ByteName, descriptor: number, length: number) {
    this.#name = name;
    this.#descriptor = descriptor;
    this.#length = length;
  }

  /**
   * Opens or makes the file. `take` gets every whole line ("" for one that is far too long); what is
   * behind the last one, which a kill tore, is cut off, and so is a line for which `take` says false with
   * all that follows. Throws E_DISK.
   */
  static open(folder: OpenFolder, name: ByteName, take: (line: string) => unknown): LineFile {
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    let descriptor: number | undefined;
    try {
      const flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK;
      descriptor = openSync(folder.pathOf(name), flags, 0o666);
      const status = fstatSync(descriptor);
      if (!status.isFile()) throw Object.assign(new Error('no file'), { code: 'no regular file' });
      let length = 0;
      for (const { text, end, isWhole } of readLines(descriptor)) {
        if (!isWhole || take(text) === false) break;
        length = end;
      }
      if (length < status.size) ftruncateSync(descriptor, length);
      return new LineFile(name, descriptor, length);
    } catch (error) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw diskError(name, error);
    }
  }

  /** Bytes of all lines. */
  get length(): number {
    return this.#length;
  }

  /** Adds text that ends its line: all of it or nothing, since a full disk often takes a part. Throws E_DISK. */
  append(text: string): void {
    const bytes = Buffer.from(text);
    try {
      for (let done = 0; done < bytes.length; ) {
        const left = bytes.length - done;
        const count = writeSync(this.#descriptor, bytes, done, left, this.#length + done);
        if (count === 0) throw Object.assign(new Error('nothing written'), { code: 'ENOSPC' });
        done += count;
      }
      this.#length += bytes.length;
    } catch (error) {
      ftruncateSync(this.#descriptor, this.#length);
      throw diskError(this.#name, error);
    }
  }

  /** Resolves when all that was appended before is on the disk. Calls that come meanwhile share the next. */
  sync(): Promise<void> {
    if (this.#next) return this.#next;
    const start = () => {
      this.#next = undefined;
      this.#syncing = syncData(this.#descriptor)
        .catch((error) => {
          throw diskError(this.#name, error);
        })
        .finally(() => {
          this.#syncing = undefined;
        });
      return this.#syncing;
    };
    if (!this.#syncing) return start();
    this.#next = this.#syncing.then(start, start);
    return this.#next;
  }

  /** Puts all on the disk, now. */
  syncNow(): void {
    try {
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw diskError(this.#name, error);
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
