import { constants, existsSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isFolder } from '../data/folder.ts';
import { contains, realOf } from '../data/inside.ts';
import { EvensrError, exitCodes } from '../errors.ts';

/** Rejects unless the folder can be made, as far as can be told without making it. */
async function checkCanBeMade(folder: string): Promise<void> {
  const parent = dirname(folder);
  if (existsSync(folder)) throw Object.assign(new Error(), { code: 'ENOTDIR' });
  if (isFolder(parent)) await access(parent, constants.W_OK);
  else if (parent !== folder) await checkCanBeMade(parent);
}

async function namesIn(folder: string): Promise<string[]> {
  if (isFolder(folder)) return await readdir(folder);
  await checkCanBeMade(folder);
  return [];
}

/**
 * The path that output may go to; nothing is made yet. Throws E_PATH when it is the input folder or
 * lies inside it (its files would become input), E_EXISTS when something is in it already and
 * `overwrite` is not set, E_DISK when it cannot be made.
 */
export async function chooseOutputFolder(
  output: string,
  options: { inputs: readonly string[]; overwrite: boolean },
): Promise<string> {
  const folder = await realOf(resolve(output));
  for (const input of options.inputs) {
    if (!contains(await realOf(resolve(input)), folder)) continue;
    throw new EvensrError('E_PATH', exitCodes.usage, `${output} lies inside the input ${input}`, {
      hint: 'choose an output outside of it',
    });
  }
  try {
    if ((await namesIn(folder)).length === 0 || options.overwrite) return folder;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOTDIR' ? 'is no folder' : `cannot be used (${code})`;
    throw new EvensrError('E_DISK', exitCodes.disk, `${output} ${reason}`, {
      hint: 'choose another output folder',
      cause,
    });
  }
  throw new EvensrError('E_EXISTS', exitCodes.usage, `${output} is not empty`, {
    hint: 'choose another folder, or give --overwrite',
  });
}
