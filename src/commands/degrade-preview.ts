import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { sideWithMargin } from '../evaluate/frozen.ts';
import { previewOf } from '../evaluate/preview.ts';
import { native } from '../native.ts';
import { planDraws } from './degrade-options.ts';
import { openForDegrade, type WriteOptions } from './degrade-write.ts';
import type { Output } from './output.ts';

export async function writePreview(options: WriteOptions, output: Output): Promise<ExitCode> {
  const draws = await planDraws({ ...options, tasks: options.tasks ?? ['all'] });
  const tasks = draws.sets.flatMap((set) => set.task ?? []);
  const isFile = options.output.toLowerCase().endsWith('.png');
  const path = isFile ? options.output : join(options.output, 'preview.png');
  if (existsSync(path) && !options.overwrite) {
    throw new EvensrError('E_EXISTS', exitCodes.usage, `${path} is there already`, {
      hint: 'choose another name, or give --overwrite',
    });
  }
  const side = sideWithMargin(draws.crop, draws.margin, draws.scale);
  const photos = await openForDegrade(options, output, side);
  try {
    const png = await previewOf(photos, tasks, draws);
    makeFolder(dirname(path));
    await native.writeFileDurably(path, [png]);
  } finally {
    photos.pack.dispose();
  }
  output.line(path);
  output.document({ output: path, tasks: tasks.map((task) => task.id) });
  return exitCodes.ok;
}
