/** Room for temporary files, looked at before hours of work are put into them. */
import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { EvensrError, exitCodes } from '../errors.ts';

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

/** A name in a folder that nobody else uses. */
export const scratchPath = (folder: string, use: string) =>
  join(folder, `${use}-${randomBytes(8).toString('hex')}.tmp`);
