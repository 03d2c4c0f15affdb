/** The file that a picture is written to: new, exclusive, and durable once it is complete. */
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { onDisk, syncWritten, writeFully } from '../data/durable.ts';

/**
 * A file that did not exist before and is written from its first byte to its last. Every failure of the
 * file system is E_DISK and names `name`.
 */
export class FreshFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #name: string;
  #bytes = 0;

  private constructor(file: FileHandle, path: string, name: string) {
    this.#file = file;
    this.#path = path;
    this.#name = name;
  }

  /** Fails where anything, also a dangling link, has the name already. */
  static async create(path: string, name: string): Promise<FreshFile> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
    return new FreshFile(await onDisk(name, () => open(path, flags, 0o666)), path, name);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(data: Uint8Array): Promise<void> {
    await onDisk(this.#name, () => writeFully(this.#file, data));
    this.#bytes += data.length;
  }

  /** Writes `count` bytes of another open file, from `at` on. */
  async copy(from: FileHandle, at: number, count: number): Promise<void> {
    const chunk = Buffer.allocUnsafe(Math.min(count, 1 << 20));
    for (let done = 0; done < count; ) {
      const wanted = Math.min(chunk.length, count - done);
      const { bytesRead } = await onDisk(this.#name, () => from.read(chunk, 0, wanted, at + done));
      if (bytesRead === 0) throw new Error(`${this.#name}: the temporary file is too short`);
      await this.write(chunk.subarray(0, bytesRead));
      done += bytesRead;
    }
  }

  /** Makes it durable. Its folder is not: whoever gives the file its last name does that. */
  async finish(): Promise<number> {
    await onDisk(this.#name, async () => {
      await syncWritten(this.#file, this.#bytes);
      await this.#file.close();
    });
    return this.#bytes;
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await rm(this.#path, { force: true });
  }
}
