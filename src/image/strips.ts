/** Pictures that do not fit into memory: decoded into an uncompressed temporary TIFF, read back in strips. */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { FileSource } from '../data/byte-source.ts';
import { onDisk } from '../data/durable.ts';
import { decoder, samplesOf } from './decoder.ts';
import { needsBigTiff } from './formats.ts';
import type { PictureProbe, PictureSource } from './inspect.ts';
import type { PictureInfo, RowReader, Rows } from './picture.ts';
import { checkRoom, diskFailure, scratchPath } from './room.ts';
import { numbersOf, tiffDirectory, tiffLayout } from './tiff-directory.ts';

/** Where the rows of an uncompressed TIFF lie. */
interface Strips {
  offsets: number[];
  rowsPerStrip: number;
}

const tags = { stripOffsets: 273, rowsPerStrip: 278 };

function stripsOf(path: string): Strips {
  const source = new FileSource(path);
  try {
    const layout = tiffLayout(source);
    const directory = layout && tiffDirectory(source, layout, layout.first);
    const find = (tag: number) => {
      const entry = directory?.entries.find((one) => one.tag === tag);
      return layout && entry ? numbersOf(source, layout, entry) : [];
    };
    const [rowsPerStrip] = find(tags.rowsPerStrip);
    if (!rowsPerStrip) throw new Error('the temporary TIFF has no strips');
    return { offsets: find(tags.stripOffsets), rowsPerStrip };
  } finally {
    source.close();
  }
}

class StripReader implements RowReader {
  readonly info: PictureInfo;
  readonly notes: readonly string[];
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #strips: Strips;
  #row = 0;

  constructor({ info, notes }: PictureProbe, path: string, file: FileHandle, strips: Strips) {
    this.info = info;
    this.notes = notes;
    this.#path = path;
    this.#file = file;
    this.#strips = strips;
  }

  async read(count: number): Promise<Rows> {
    const { width, channels, depth, height } = this.info;
    if (this.#row + count > height) throw new RangeError(`${count} rows are more than are left`);
    const rowBytes = (width * channels * depth) / 8;
    const bytes = Buffer.from(new ArrayBuffer(count * rowBytes));
    const { offsets, rowsPerStrip } = this.#strips;
    for (let done = 0; done < count; ) {
      const row = this.#row + done;
      const inStrip = row % rowsPerStrip;
      const rows = Math.min(count - done, rowsPerStrip - inStrip);
      const at = (offsets[Math.floor(row / rowsPerStrip)] as number) + inStrip * rowBytes;
      await this.#readAt(bytes.subarray(done * rowBytes, (done + rows) * rowBytes), at);
      done += rows;
    }
    this.#row += count;
    return samplesOf(bytes, depth);
  }

  async rewind(): Promise<void> {
    this.#row = 0;
  }

  async close(): Promise<void> {
    await this.#file.close();
    await rm(this.#path, { force: true });
  }

  async #readAt(bytes: Buffer, at: number): Promise<void> {
    await onDisk(this.#path, async () => {
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await this.#file.read(bytes, done, bytes.length - done, at + done);
        if (bytesRead === 0)
          throw Object.assign(new Error('ends too early'), { code: 'EIO', syscall: 'read' });
        done += bytesRead;
      }
    });
  }
}

/**
 * Decodes a picture that need not fit into memory. The rows are as they stand in the file (never turned).
 * Throws E_DISK when `scratch` cannot hold them, and the decoder's own errors.
 */
export async function decodeToStrips(
  source: PictureSource,
  probe: PictureProbe,
  scratch: string,
): Promise<RowReader> {
  await checkRoom(scratch, probe.decodedBytes);
  const path = scratchPath(scratch, 'decoded');
  try {
    const image = await decoder(source, probe);
    await image
      .tiff({ compression: 'none', bigtiff: needsBigTiff(probe.decodedBytes) })
      .toFile(path);
    const strips = stripsOf(path);
    const file = await onDisk(path, () => open(path, 'r'));
    return new StripReader(probe, path, file, strips);
  } catch (error) {
    const failure = await diskFailure(scratch, error);
    await rm(path, { force: true });
    throw failure;
  }
}
