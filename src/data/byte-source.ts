/** Bytes at any place of a file, whether it lies in memory or on disk: what headers are read from. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { RefusedImage } from './problem.ts';

export interface ByteSource {
  readonly size: number;
  /** `count` bytes from `at`; fewer where the file ends. Not to be written to. */
  bytes(at: number, count: number): Buffer;
}

/** A whole file in memory. */
export function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    bytes: (at, count) => bytes.subarray(Math.min(at, bytes.length), at + count),
  };
}

/** Headers are small and lie side by side, so that one read serves many questions. */
const windowBytes = 65536;

/**
 * A file that is too large to hold. Reads are synchronous: only headers are asked for, a few kilobytes
 * that whoever hashed the file has just read. Throws RefusedImage: E_NOT_A_FILE, E_IMG_READ.
 */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #file: number;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  constructor(path: string) {
    this.#file = onFile(() =>
      openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY),
    );
    const status = onFile(() => fstatSync(this.#file));
    this.size = status.size;
    if (status.isFile()) return;
    this.close();
    throw new RefusedImage('E_NOT_A_FILE', 'no regular file');
  }

  bytes(at: number, count: number): Buffer {
    const inside = at >= this.#windowAt && at + count <= this.#windowAt + this.#window.length;
    if (!inside) {
      this.#window = this.#read(at, Math.max(count, windowBytes));
      this.#windowAt = at;
    }
    const from = at - this.#windowAt;
    return this.#window.subarray(from, from + count);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(at: number, count: number): Buffer {
    const wanted = Math.max(0, Math.min(count, this.size - at));
    const bytes = Buffer.allocUnsafe(wanted);
    let done = 0;
    while (done < wanted) {
      const got = onFile(() => readSync(this.#file, bytes, done, wanted - done, at + done));
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  }
}

function onFile<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new RefusedImage('E_VANISHED', 'gone since the scan');
    throw new RefusedImage('E_IMG_READ', `cannot be read (${code ?? error})`);
  }
}
