/** Room for temporary files, looked at before hours of work are put into them. */
import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../data/byte-source.ts';
import { recognise } from '../data/container.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { WrittenFormat } from './picture.ts';

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6).toLocaleString('en-US');

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Throws E_DISK (exit 5) when a folder has no room for a temporary file of this many bytes. */
export async function checkRoom(folder: string, needed: number): Promise<void> {
  const free = await freeBytes(folder);
  if (free >= needed) return;
  throw new EvensrError(
    'E_DISK',
    exitCodes.disk,
    `${folder} has ${megabytes(free)} MB free, a temporary file of ${megabytes(needed)} MB is needed`,
    { hint: 'make room, or allow more memory' },
  );
}

/** Less than this much free after a failure means that the failure was the full disk. */
const fullBelow = 1e6;

/** sharp does not tell a full disk from a damaged picture: E_DISK if it was that, else the error as it is. */
export async function diskFailure(folder: string, error: unknown): Promise<unknown> {
  if (error instanceof EvensrError) return error;
  const text = (error as Error).message;
  const isFull = /no space left/i.test(text) || (await freeBytes(folder)) < fullBelow;
  if (!isFull) return error;
  return new EvensrError('E_DISK', exitCodes.disk, `${folder}: the disk is full`, {
    hint: 'make room, or allow more memory',
    cause: error,
  });
}

/** What a complete file ends with. WebP says in front how long it is, TIFF where its directory lies. */
const ends: Partial<Record<WrittenFormat, Buffer>> = {
  png: Buffer.from('IEND\xae\x42\x60\x82', 'latin1'),
  jpeg: Buffer.from([0xff, 0xd9]),
};

function isComplete(source: ByteSource, format: WrittenFormat): boolean {
  const end = ends[format];
  if (end) return source.bytes(source.size - end.length, end.length).equals(end);
  try {
    return recognise(source) === format;
  } catch {
    return false;
  }
}

/** A disk that is full need not fail the encoder's last write: E_DISK when the end is not there. */
export function checkEnd(source: ByteSource, format: WrittenFormat, path: string): void {
  if (isComplete(source, format)) return;
  throw new EvensrError('E_DISK', exitCodes.disk, `${path} is incomplete`, {
    hint: 'make room, or allow more memory',
  });
}

/** A name in a folder that nobody else uses. */
export const scratchPath = (folder: string, use: string) =>
  join(folder, `${use}-${randomBytes(8).toString('hex')}.tmp`);
