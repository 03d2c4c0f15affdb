import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Node reads no larger file at once. */
const maxBytes = 2 ** 31 - 1;

/**
 * Opens a regular file for reading. A FIFO, a device or a folder is refused without waiting.
 * Rejects with the reason as the message, to be put behind the file's name: "cannot be opened (ENOENT)".
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  // Without O_NONBLOCK opening a FIFO that nobody writes to never returns.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const file = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`cannot be opened (${cause.code})`, { cause });
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error('is not a regular file');
}

/** All bytes of a regular file. Rejects as openRegularFile does. */
export async function readRegularFile(path: string): Promise<Buffer> {
  const file = await openRegularFile(path);
  try {
    const status = await file.stat();
    if (status.size > maxBytes) throw new Error(`has ${status.size} bytes`);
    return await file.readFile().catch((cause: NodeJS.ErrnoException) => {
      throw new Error(`cannot be read (${cause.code})`, { cause });
    });
  } finally {
    await file.close();
  }
}
