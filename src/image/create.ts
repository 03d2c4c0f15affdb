/** Rows of pixels to a picture's file. */
import { open, rm } from 'node:fs/promises';
import { FileSource, sourceOf } from '../data/byte-source.ts';
import { largestImageBytes } from '../data/decode.ts';
import { onDisk } from '../data/durable.ts';
import { type EncodeOptions, encoder } from './encode.ts';
import { canHold, checkFormat, rawBytes } from './formats.ts';
import { FreshFile } from './fresh-file.ts';
import type { PictureInfo, Rows, RowWriter, WrittenFormat } from './picture.ts';
import { checkEnd, checkRoom, diskFailure, scratchPath } from './room.ts';
import { tiffHead } from './scratch-tiff.ts';
import { spaceOf } from './spaces.ts';
import { type Piece, type Wrapping, wrapped, wrapping } from './splice.ts';

export interface PictureSpec extends PictureInfo {
  format: WrittenFormat;
}

export interface CreateOptions extends EncodeOptions {
  /** Stands for the file in messages; its path if it is missing. */
  name?: string;
  /** Bytes of pixels that are collected in memory; larger pictures go through `scratch`. */
  memory: number;
  /** An existing folder for temporary files. */
  scratch: string;
  /** Writes no EXIF, no XMP and no provenance. The ICC profile and the density stay. */
  strip?: boolean;
  /** What made the picture: PNG's "Software", JPEG's comment. */
  provenance?: string;
}

export interface NotingWriter extends RowWriter {
  /** What of the metadata the format cannot hold; complete from the beginning. */
  readonly notes: readonly string[];
}

/** Where rows are until all of them are there. */
interface Store {
  add(bytes: Uint8Array): Promise<void>;
  /** Encodes all rows and writes them, with what belongs around them, to the file. */
  encodeTo(file: FreshFile): Promise<void>;
  close(): Promise<void>;
}

const bytesOf = (rows: Rows) => new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);

/** What is to be written, and how. */
interface Task {
  spec: PictureSpec;
  options: CreateOptions;
  around: Wrapping;
}

class MemoryStore implements Store {
  readonly #task: Task;
  #bytes: Buffer;
  #filled = 0;

  constructor(task: Task) {
    this.#task = task;
    this.#bytes = Buffer.from(new ArrayBuffer(rawBytes(task.spec)));
  }

  add(bytes: Uint8Array): Promise<void> {
    this.#bytes.set(bytes, this.#filled);
    this.#filled += bytes.length;
    return Promise.resolve();
  }

  async encodeTo(file: FreshFile): Promise<void> {
    const { spec, options, around } = this.#task;
    const { width, height, channels, depth } = spec;
    const { default: sharp } = await import('sharp');
    const samples = depth === 8 ? this.#bytes : new Uint16Array(this.#bytes.buffer);
    const image = sharp(samples, { raw: { width, height, channels }, limitInputPixels: false });
    const pipeline = encoder(image, spec, options, false);
    const encoded = await pipeline.toColourspace(spaceOf(spec)).toBuffer();
    for (const piece of wrapped(sourceOf(encoded), spec, around))
      await file.write(
        piece instanceof Uint8Array ? piece : encoded.subarray(piece.at, piece.at + piece.count),
      );
  }

  close(): Promise<void> {
    this.#bytes = Buffer.alloc(0);
    return Promise.resolve();
  }
}

/** Of the raw size, how much the encoded temporary file may take at most, for the look at the disk. */
const encodedShare: Record<WrittenFormat, number> = { png: 1, tiff: 1, jpeg: 0.5, webp: 0.5 };

class ScratchStore implements Store {
  readonly #task: Task;
  readonly #raw: FreshFile;
  readonly #rawPath: string;
  readonly #encodedPath: string;

  private constructor(task: Task, raw: FreshFile, rawPath: string) {
    this.#task = task;
    this.#raw = raw;
    this.#rawPath = rawPath;
    this.#encodedPath = scratchPath(task.options.scratch, 'encoded');
  }

  static async create(task: Task): Promise<ScratchStore> {
    const { spec, options } = task;
    await checkRoom(options.scratch, rawBytes(spec) * (1 + encodedShare[spec.format]));
    const path = scratchPath(options.scratch, 'rows');
    const raw = await FreshFile.create(path, path);
    const store = new ScratchStore(task, raw, path);
    await raw.write(tiffHead(spec)).catch(async (error) => {
      await store.close();
      throw error;
    });
    return store;
  }

  add(bytes: Uint8Array): Promise<void> {
    return this.#raw.write(bytes);
  }

  async encodeTo(file: FreshFile): Promise<void> {
    const { spec, options } = this.#task;
    const { default: sharp } = await import('sharp');
    const image = sharp(this.#rawPath, {
      ignoreIcc: true,
      limitInputPixels: false,
      sequentialRead: true,
      failOn: 'warning',
    });
    const pipeline = encoder(image, spec, options, true);
    try {
      await pipeline.toColourspace(spaceOf(spec)).toFile(this.#encodedPath);
    } catch (error) {
      throw await diskFailure(options.scratch, error);
    }
    await this.#raw.discard();
    const encoded = await onDisk(this.#encodedPath, () => open(this.#encodedPath, 'r'));
    try {
      for (const piece of this.#pieces())
        await (piece instanceof Uint8Array
          ? file.write(piece)
          : file.copy(encoded, piece.at, piece.count));
    } finally {
      await encoded.close();
    }
  }

  async close(): Promise<void> {
    await this.#raw.discard();
    await rm(this.#encodedPath, { force: true });
  }

  #pieces(): Piece[] {
    const source = new FileSource(this.#encodedPath);
    try {
      checkEnd(source, this.#task.spec.format, this.#encodedPath);
      return wrapped(source, this.#task.spec, this.#task.around);
    } finally {
      source.close();
    }
  }
}

class PictureWriter implements NotingWriter {
  readonly notes: readonly string[];
  readonly #file: FreshFile;
  readonly #store: Store;
  #missing: number;

  constructor(file: FreshFile, store: Store, { spec, around }: Task) {
    this.notes = around.notes;
    this.#file = file;
    this.#store = store;
    this.#missing = rawBytes(spec);
  }

  async write(rows: Rows): Promise<void> {
    if (rows.byteLength > this.#missing) throw new RangeError('more rows than the picture has');
    this.#missing -= rows.byteLength;
    await this.#store.add(bytesOf(rows));
  }

  async finish(): Promise<number> {
    if (this.#missing > 0) throw new RangeError(`${this.#missing} bytes of rows are missing`);
    try {
      await this.#store.encodeTo(this.#file);
      return await this.#file.finish();
    } catch (error) {
      await this.#file.discard();
      throw error;
    } finally {
      await this.#store.close();
    }
  }

  async discard(): Promise<void> {
    await this.#store.close();
    await this.#file.discard();
  }
}

/**
 * Begins a picture's file. `file` must not exist (also below /proc/self/fd); it is complete and durable
 * when `finish` resolves, and gone when anything failed. Throws RefusedImage (E_LIMIT) when the format
 * holds no picture of this size (see `checkFormat`), RangeError when it would lose alpha or depth (see `canHold`), E_DISK.
 */
export async function createPicture(
  file: string,
  spec: PictureSpec,
  options: CreateOptions,
): Promise<NotingWriter> {
  checkFormat(spec, options);
  const losses = canHold(spec.format, spec);
  if (losses.length > 0) throw new RangeError(`${spec.format} cannot hold ${losses.join(', ')}`);
  const task = { spec, options, around: wrapping(spec, options) };
  const fresh = await FreshFile.create(file, options.name ?? file);
  try {
    const isSmall = rawBytes(spec) <= Math.min(options.memory, largestImageBytes);
    const store = isSmall ? new MemoryStore(task) : await ScratchStore.create(task);
    return new PictureWriter(fresh, store, task);
  } catch (error) {
    await fresh.discard();
    throw error;
  }
}
