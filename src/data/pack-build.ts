/** Decodes photographs into a pack; pixels of unchanged files are taken over from the pack before. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { type Conversion, decodePhoto, decoderVersion } from './decode.ts';
import { StreamedFile, writeDurably } from './durable.ts';
import { inOrder } from './in-order.ts';
import {
  contentId,
  imageBytes,
  isPacked,
  type PackEntry,
  type PackedImage,
  type PackIndex,
} from './pack-index.ts';
import { RefusedImage } from './problem.ts';
import { readPhoto } from './read.ts';
import type { FoundPhoto } from './scan.ts';

export interface PackProgress {
  /** Images looked at so far, of `total`. */
  done: number;
  total: number;
  /** Bytes of pixels so far. */
  bytes: number;
  name: string;
}

export interface BuildOptions {
  folder: string;
  key: string;
  sources: string[];
  maxImageBytes: number;
  onProgress?: (progress: PackProgress) => void;
  signal?: AbortSignal;
}

/** What became of one file: its pixels, or why there are none. */
export type Examined =
  | { pixels: Buffer; height: number; width: number; sha256: string; conversions: Conversion[] }
  | { problem: { code: RefusedImage['code']; reason: string } };

/** Reads and decodes one photograph; a refusal is a result, not an exception. */
export async function examinePhoto(
  photo: FoundPhoto,
  maxImageBytes: number,
  known?: (sha256: string) => Promise<Examined | undefined>,
): Promise<Examined> {
  try {
    const bytes = await readPhoto(photo, maxImageBytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const before = await known?.(sha256);
    if (before) return before;
    const { pixels, height, width, conversions } = await decodePhoto(
      bytes,
      photo.name,
      maxImageBytes,
    );
    return { pixels, height, width, sha256, conversions };
  } catch (error) {
    if (!(error instanceof RefusedImage)) throw error;
    return { problem: { code: error.code, reason: error.message } };
  }
}

/** The pack of an earlier build, as a source of pixels that need not be decoded again. */
class EarlierPack {
  readonly #entries: Map<string, PackEntry>;
  readonly #file: FileHandle;

  private constructor(index: PackIndex, file: FileHandle) {
    this.#entries = new Map(index.entries.map((entry) => [entry.name, entry]));
    this.#file = file;
  }

  static async open(folder: string, index: PackIndex | undefined) {
    if (!index) return undefined;
    return new EarlierPack(index, await open(join(folder, index.pack), 'r'));
  }

  async #pixelsOf(image: PackedImage): Promise<Examined | undefined> {
    const pixels = Buffer.allocUnsafe(imageBytes(image));
    const { bytesRead } = await this.#file.read(pixels, 0, pixels.length, image.offset);
    if (bytesRead !== pixels.length || crc32c(pixels) !== image.crc32c) return undefined;
    const { height, width, sha256, conversions } = image;
    return { pixels, height, width, sha256, conversions };
  }

  async unchanged(photo: FoundPhoto): Promise<Examined | undefined> {
    const entry = this.#entries.get(photo.name);
    if (entry?.fingerprint !== photo.fingerprint) return undefined;
    return isPacked(entry) ? await this.#pixelsOf(entry) : { problem: entry.problem };
  }

  async withHash(photo: FoundPhoto, sha256: string): Promise<Examined | undefined> {
    const entry = this.#entries.get(photo.name);
    if (!entry || !isPacked(entry) || entry.sha256 !== sha256) return undefined;
    return await this.#pixelsOf(entry);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** Refusals that say nothing lasting about the file: such a file is looked at again next time. */
const passing = new Set(['E_CHANGED', 'E_VANISHED', 'E_IMG_READ', 'E_NOT_A_FILE']);

function entryOf(photo: FoundPhoto, examined: Examined, offset: number): PackEntry {
  const { name, fingerprint } = photo;
  if ('problem' in examined) {
    const { problem } = examined;
    return { name, fingerprint: passing.has(problem.code) ? '' : fingerprint, problem };
  }
  const { pixels, height, width, sha256, conversions } = examined;
  return { name, fingerprint, sha256, offset, height, width, crc32c: crc32c(pixels), conversions };
}

async function removeOthers(folder: string, key: string, keep: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const isOurs = name.startsWith(`${key}-`) || name.startsWith(`${key}.json.`);
    if (isOurs && name !== keep) await rm(join(folder, name), { force: true });
  }
}

/**
 * Builds the pack of `photos` beside its index and removes the one before. Stopped at any point, the
 * earlier pack and its index are whole. The caller holds the lock of this key. Throws E_DISK (exit 5).
 */
export async function buildPack(
  photos: FoundPhoto[],
  earlierIndex: PackIndex | undefined,
  options: BuildOptions,
): Promise<PackIndex> {
  const { folder, key, sources, maxImageBytes, onProgress, signal } = options;
  const entries: PackEntry[] = [];
  const earlier = await EarlierPack.open(folder, earlierIndex);
  const file = await StreamedFile.create(folder, `${key}-new.pack`);
  try {
    const look = async (photo: FoundPhoto) =>
      (await earlier?.unchanged(photo)) ??
      (await examinePhoto(photo, maxImageBytes, async (sha256) =>
        earlier?.withHash(photo, sha256),
      ));
    for await (const [photo, examined] of inOrder(photos, look)) {
      signal?.throwIfAborted();
      entries.push(entryOf(photo, examined, file.bytes));
      if ('pixels' in examined) await file.write(examined.pixels);
      const { bytes } = file;
      onProgress?.({ done: entries.length, total: photos.length, bytes, name: photo.name });
    }
    const pack = `${key}-${contentId(entries)}.pack`;
    const { bytes } = file;
    await file.commit(join(folder, pack));
    const index = { version: 1, decoder: decoderVersion, sources, pack, bytes, entries } as const;
    await writeDurably(join(folder, `${key}.json`), JSON.stringify(index));
    await removeOthers(folder, key, pack);
    return index;
  } catch (error) {
    await file.discard();
    throw error;
  } finally {
    await earlier?.close();
  }
}
