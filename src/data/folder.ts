/** Folders: whether a path is one, and making it one. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { EvensrError, exitCodes } from '../errors.ts';

/** Whether there is a folder at the path. False, and no error, for whatever cannot be looked at. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * Makes a folder and those above it, where they are missing. Node's own `recursive` never returns on
 * file systems whose content is fixed, such as /proc. Throws E_DISK (exit 5).
 */
export function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (cause) {
    if (isFolder(path)) return; // another process was faster
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'EEXIST' ? 'is a file' : `cannot be made (${code})`;
    throw new EvensrError('E_DISK', exitCodes.disk, `${path} ${reason}`, {
      hint: 'choose another folder',
      cause,
    });
  }
}
