import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { largestImageBytes } from './decode.ts';
import { RefusedImage } from './problem.ts';
import { type FoundPhoto, fingerprintOf } from './scan.ts';

/** What an error of the file system says about an image that is read. */
export function refusal(error: unknown): RefusedImage {
  if (error instanceof RefusedImage) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new RefusedImage('E_VANISHED', 'gone since the scan');
  return new RefusedImage('E_IMG_READ', `cannot be read (${code ?? error})`);
}

/** Throws RefusedImage (E_NOT_A_FILE, E_VANISHED, E_CHANGED) unless the open file is as it was at the scan. */
export async function checkUnchanged(file: FileHandle, photo: FoundPhoto): Promise<void> {
  const stats = await file.stat({ bigint: true });
  if (!stats.isFile()) throw new RefusedImage('E_NOT_A_FILE', 'no regular file any more');
  if (stats.nlink === 0n) throw new RefusedImage('E_VANISHED', 'removed while it was read');
  if (fingerprintOf(stats) !== photo.fingerprint)
    throw new RefusedImage('E_CHANGED', 'changed since the scan');
}

/**
 * Opens a photograph without waiting, and looks at it again through the open file, so that whatever took
 * the file's place since the scan can neither block nor be read. Throws as readPhoto.
 */
export async function openUnchanged(photo: FoundPhoto): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(photo.path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    await checkUnchanged(file, photo);
    if (photo.size === 0) throw new RefusedImage('E_IMG_EMPTY', 'the file is empty');
    return file;
  } catch (error) {
    await file?.close();
    throw refusal(error);
  }
}

/** A file holds at most as many bytes as its pixels, and perhaps this much beside them. */
const metadataBytes = 64e6;

function checkSize({ size }: FoundPhoto, maxImageBytes: number): void {
  const most = Math.min(maxImageBytes, largestImageBytes);
  if (size <= most + metadataBytes) return;
  const [found, limit] = [size, most].map((bytes) => Math.round(bytes / 1e6));
  throw new RefusedImage(
    'E_LIMIT',
    `a file of ${found} MB, pixels of ${limit} MB (--max-image-mb)`,
  );
}

/**
 * All bytes of a photograph, as it was at the scan; see openUnchanged. A file that is larger than pixels of `maxImageBytes` can make it is refused unread.
 * Throws RefusedImage: E_VANISHED, E_CHANGED, E_NOT_A_FILE, E_IMG_READ, E_IMG_EMPTY, E_LIMIT.
 */
export async function readPhoto(photo: FoundPhoto, maxImageBytes: number): Promise<Buffer> {
  const file = await openUnchanged(photo);
  try {
    checkSize(photo, maxImageBytes);
    return await readAll(file, photo);
  } finally {
    await file.close();
  }
}

/** All bytes of an open photograph. Throws as readPhoto when it is changed meanwhile. */
export async function readAll(file: FileHandle, photo: FoundPhoto): Promise<Buffer> {
  try {
    const bytes = Buffer.allocUnsafe(photo.size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw new RefusedImage('E_CHANGED', 'became shorter while it was read');
      at += bytesRead;
    }
    await checkUnchanged(file, photo);
    return bytes;
  } catch (error) {
    throw refusal(error);
  }
}
