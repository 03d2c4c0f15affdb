/** Specialists' weights that `tasks measure` keeps beside a checkpoint. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isFolder } from '../../data/folder.ts';
import { EvensrError, exitCodes } from '../../errors.ts';
import { type Model, openModel } from '../../infer/model.ts';
import type { Warn } from '../../train/checkpoint-folder.ts';

/** By task. */
export type Specialists = ReadonlyMap<string, Model>;

/** Where the specialists of a checkpoint lie: `NAME.specialists` beside `NAME.safetensors`. */
export function specialistsBeside(checkpoint: string): string | undefined {
  const folder = checkpoint.replace(/(\.safetensors)?$/, '.specialists');
  return isFolder(folder) ? folder : undefined;
}

/**
 * Opens the specialist of every task. The caller disposes them.
 * @param folder holds TASK.safetensors for each task
 * @throws E_SPECIALISTS when one is missing or is of another scale; what openModel throws
 */
export async function openSpecialists(
  folder: string,
  taskIds: readonly string[],
  { scale, warn }: { scale: number; warn: Warn },
): Promise<Specialists> {
  const missing = taskIds.find((id) => !existsSync(join(folder, `${id}.safetensors`)));
  if (missing !== undefined) refuse(`${folder} holds no specialist of task ${missing}`);
  const models = new Map<string, Model>();
  try {
    for (const id of taskIds) {
      const file = join(folder, `${id}.safetensors`);
      const model = await openModel(file, { weights: 'params', threads: 0, warn });
      models.set(id, model);
      if (model.scale !== scale) refuse(`${file} is a network for scale ${model.scale}`);
    }
    return models;
  } catch (error) {
    dispose(models);
    throw error;
  }
}

export function dispose(specialists: Specialists): void {
  for (const model of specialists.values()) model.dispose();
}

function refuse(problem: string): never {
  throw new EvensrError('E_SPECIALISTS', exitCodes.usage, problem, {
    hint: 'make them with: evensr tasks measure CHECKPOINT',
  });
}
