import { mkdir, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { EvensrError, exitCodes } from '../errors.ts';

/** The path with every link resolved, for a path whose end need not exist yet. */
async function realOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realOf(parent), basename(path));
  }
}

function contains(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`));
}

/**
 * Makes an output folder and returns its path. Throws E_PATH when it is the input folder or lies
 * inside it (its files would become input), E_EXISTS when something is in it already and
 * `overwrite` is not set, E_DISK when it cannot be made.
 */
export async function prepareOutputFolder(
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
    await mkdir(folder, { recursive: true });
    if (options.overwrite || (await readdir(folder)).length === 0) return folder;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'EEXIST' ? 'is a file' : `cannot be used (${code})`;
    throw new EvensrError('E_DISK', exitCodes.disk, `${output} ${reason}`, {
      hint: 'choose another output folder',
      cause,
    });
  }
  throw new EvensrError('E_EXISTS', exitCodes.usage, `${output} is not empty`, {
    hint: 'choose another folder, or give --overwrite',
  });
}
