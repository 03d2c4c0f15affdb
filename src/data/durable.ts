/** Files that are either there in full or not at all. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EvensrError, exitCodes } from '../errors.ts';

function diskError(path: string, error: unknown): EvensrError {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === 'ENOSPC' ? 'the disk is full' : (code ?? message);
  return new EvensrError('E_DISK', exitCodes.disk, `${path} could not be written: ${reason}`, {
    hint: 'nothing that was there before was changed; make room or choose another folder',
    cause: error,
  });
}

/** Throws E_DISK (exit 5) for every failure of the file system inside `work`. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isSystem = typeof (error as NodeJS.ErrnoException).syscall === 'string';
    throw isSystem ? diskError(path, error) : error;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes all of `data` behind what was written before, or throws. A full disk often shows as a short
 * write without an error, so the count of every write is looked at.
 */
export async function writeFully(file: FileHandle, data: Uint8Array): Promise<void> {
  for (let done = 0; done < data.length; ) {
    const { bytesWritten } = await file.write(data, done, data.length - done, null);
    if (bytesWritten === 0)
      throw Object.assign(new Error('nothing written'), { code: 'ENOSPC', syscall: 'write' });
    done += bytesWritten;
  }
}

/** Makes what was written durable and sees that it is all there. */
export async function syncWritten(file: FileHandle, bytes: number): Promise<void> {
  await file.sync();
  const { size } = await file.stat();
  if (size !== bytes)
    throw Object.assign(new Error(`${size} of ${bytes} bytes`), { syscall: 'fsync' });
}

/**
 * A file written piece by piece under a temporary name. `commit` makes it durable (every byte counted,
 * size checked, fsync) and gives it its name; `discard` leaves nothing behind.
 */
export class StreamedFile {
  readonly #file: FileHandle;
  readonly #temporary: string;
  readonly #name: string;
  #bytes = 0;

  private constructor(file: FileHandle, temporary: string, name: string) {
    this.#file = file;
    this.#temporary = temporary;
    this.#name = name;
  }

  /** `name` stands for the file in messages and as the start of the temporary name. */
  static async create(folder: string, name: string): Promise<StreamedFile> {
    const temporary = join(folder, `${name}.${randomBytes(6).toString('hex')}.tmp`);
    const file = await onDisk(temporary, () => open(temporary, 'wx'));
    return new StreamedFile(file, temporary, join(folder, name));
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(data: Uint8Array): Promise<void> {
    await onDisk(this.#name, () => writeFully(this.#file, data));
    this.#bytes += data.length;
  }

  async commit(path: string): Promise<void> {
    await onDisk(path, async () => {
      await syncWritten(this.#file, this.#bytes);
      await this.#file.close();
      await rename(this.#temporary, path);
      await syncFolder(dirname(path));
    });
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#temporary, { force: true });
  }
}

/** Replaces a small file at once: after a crash it holds the old or the new text, never a mixture. */
export async function writeDurably(path: string, data: string | Uint8Array): Promise<void> {
  const file = await StreamedFile.create(dirname(path), basename(path));
  try {
    await file.write(typeof data === 'string' ? Buffer.from(data) : data);
    await file.commit(path);
  } catch (error) {
    await file.discard();
    throw error;
  }
}
