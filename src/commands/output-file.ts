import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { isFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';

/**
 * What can be told before work that may take long is told before it.
 * @throws E_DISK when the file cannot be written; E_EXISTS when it is there and may not be replaced
 */
export function requireWritable(
  file: string | undefined,
  { overwrite }: { overwrite?: boolean },
): void {
  if (file === undefined) return;
  try {
    accessSync(dirname(file), constants.W_OK);
    if (!isFolder(dirname(file))) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new EvensrError('E_DISK', exitCodes.disk, `${file} cannot be written (${code})`, {
      hint: 'choose another place',
      cause,
    });
  }
  if (overwrite || !existsSync(file)) return;
  throw new EvensrError('E_EXISTS', exitCodes.usage, `${file} is there already`, {
    hint: 'choose another name, or give --overwrite',
  });
}
