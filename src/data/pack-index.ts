/**
 * The index beside a pack: what was packed, from which bytes, and where the pixels are.
 *
 * `KEY.json` names the pack file `KEY-CONTENT.pack`; KEY stands for the folder and the options, CONTENT
 * for the pixels. The index is replaced last, so at every instant it names a pack that is complete.
 */
import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { z } from 'zod';
import { decoderVersion } from './decode.ts';
import { problemCodes } from './problem.ts';

const count = z.number().int().nonnegative();

const packedImage = z.strictObject({
  name: z.string(),
  fingerprint: z.string(),
  /** SHA-256 of the source file. */
  sha256: z.string().length(64),
  /** First byte of the pixels (uint8 RGB, HWC) in the pack file. */
  offset: count,
  height: count.positive(),
  width: count.positive(),
  /** CRC32C of the pixels. */
  crc32c: count,
  conversions: z.array(z.enum(['depth', 'gray', 'palette', 'alpha', 'cmyk', 'rotated'])),
});

const refusedImage = z.strictObject({
  name: z.string(),
  fingerprint: z.string(),
  problem: z.strictObject({ code: z.enum(problemCodes), reason: z.string() }),
});

const packIndex = z.strictObject({
  version: z.literal(1),
  decoder: z.literal(decoderVersion),
  sources: z.array(z.string()),
  pack: z.string().regex(/^[0-9a-f]+-[0-9a-f]+\.pack$/),
  /** Size of the pack file. */
  bytes: count,
  /** Every file that was looked at, in the order of the scan. */
  entries: z.array(z.union([packedImage, refusedImage])),
});

export type PackedImage = z.infer<typeof packedImage>;
export type RefusedEntry = z.infer<typeof refusedImage>;
export type PackEntry = PackedImage | RefusedEntry;
export type PackIndex = z.infer<typeof packIndex>;

export function isPacked(entry: PackEntry): entry is PackedImage {
  return 'sha256' in entry;
}

export function imageBytes(image: { height: number; width: number }): number {
  return image.height * image.width * 3;
}

/** Identifies a pack by where its images come from and how they are read. */
export function packKey(sources: string[], maxImageBytes: number): string {
  const what = JSON.stringify([sources.map((s) => resolve(s)), maxImageBytes]);
  return createHash('sha256').update(what).digest('hex').slice(0, 24);
}

/** Identifies the pixels of a pack. */
export function contentId(entries: PackEntry[]): string {
  const hash = createHash('sha256').update(`decoder ${decoderVersion}\n`);
  for (const image of entries.filter(isPacked))
    hash.update(`${image.sha256} ${image.height} ${image.width}\n`);
  return hash.digest('hex').slice(0, 16);
}

/** The index of a complete pack; nothing when there is none or it does not fit its pack file. */
export async function readIndex(folder: string, key: string): Promise<PackIndex | undefined> {
  try {
    const text = await readFile(join(folder, `${key}.json`), 'utf8');
    const index = packIndex.parse(JSON.parse(text));
    const { size } = await stat(join(folder, index.pack));
    const inside = index.entries.every(
      (entry) => !isPacked(entry) || entry.offset + imageBytes(entry) <= size,
    );
    return size === index.bytes && inside ? index : undefined;
  } catch {
    return undefined;
  }
}

/** Names of the images whose pixels are no longer what was packed. Reads the whole pack. */
export async function damagedImages(folder: string, index: PackIndex): Promise<string[]> {
  const damaged: string[] = [];
  const file = await open(join(folder, index.pack), 'r');
  try {
    for (const image of index.entries.filter(isPacked)) {
      const pixels = Buffer.allocUnsafe(imageBytes(image));
      const { bytesRead } = await file.read(pixels, 0, pixels.length, image.offset);
      if (bytesRead !== pixels.length || crc32c(pixels) !== image.crc32c) damaged.push(image.name);
    }
  } finally {
    await file.close();
  }
  return damaged;
}
