import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isFolder } from '../data/folder.ts';
import type { Task } from '../degradation/region.ts';
import { type DegradationSpace, realEsrganSpace } from '../degradation/space.ts';
import { type Boundaries, defineTasks } from '../degradation/task.ts';
import { loadConfig, type TrainConfig } from '../train/config.ts';
import { defaultMargin, spaceOf } from '../train/config-degradation.ts';

export interface Degradations {
  space: DegradationSpace;
  tasks: Task[];
  /** lq pixels around every crop that are degraded with it and then cut away. */
  margin: number;
}

/** The space of a configuration; without one Real-ESRGAN's. */
export function spaceOfConfig(config: TrainConfig | undefined): DegradationSpace {
  return config ? spaceOf(config) : realEsrganSpace;
}

/** lq pixels around every crop, see `degradation.margin`. */
export function marginOf(config: TrainConfig | undefined): number {
  return config?.degradation.margin ?? defaultMargin;
}

/** Tasks and space of a configuration; without one those of Real-ESRGAN. */
export function degradationsOf(config: TrainConfig | undefined, scale: number): Degradations {
  const space = spaceOfConfig(config);
  return {
    space,
    margin: marginOf(config),
    tasks: defineTasks(space, config?.tasks.boundaries as Boundaries | undefined, { scale }),
  };
}

/** The configuration of the run that a model was trained in: of its folder, or a checkpoint's. */
export function configOfModel(path: string): TrainConfig | undefined {
  const run = isFolder(path) ? path : dirname(dirname(resolve(path)));
  const file = join(run, 'config.yaml');
  return existsSync(file) ? loadConfig(file) : undefined;
}
