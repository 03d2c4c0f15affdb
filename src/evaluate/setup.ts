import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isFolder } from '../data/folder.ts';
import type { Warn } from '../data/open-noise-bank.ts';
import type { Task } from '../degradation/region.ts';
import type { DegradationSpace, SpaceName } from '../degradation/space.ts';
import { defineTasks } from '../degradation/task.ts';
import { loadConfig, type TrainConfig } from '../train/config.ts';
import { degradation, spaceOf } from '../train/config-degradation.ts';
import { type Banks, type OpenSpace, openSpace } from '../train/open-space.ts';

export interface Degradations {
  space: DegradationSpace;
  tasks: Task[];
  /** lq pixels around every crop that are degraded with it and then cut away. */
  margin: number;
  /** Files that the space's recipes refer to; nothing but realsr has any. */
  banks?: Banks;
}

/** What of a configuration says how images are degraded. */
export type DegradationSource = Pick<TrainConfig, 'degradation'> & {
  readonly tasks: Pick<TrainConfig['tasks'], 'boundaries'>;
};

/** A space with its own defaults, as a configuration that says nothing else would have it. */
export function sourceNamed(name: SpaceName): DegradationSource {
  return { degradation: degradation.parse({ space: { name } }), tasks: { boundaries: null } };
}

/** Real-ESRGAN is what a space is when none is named. */
const orDefault = (source: DegradationSource | undefined) => source ?? sourceNamed('real-esrgan');

/**
 * The space of a configuration; without one Real-ESRGAN's.
 * @throws E_SPACE for realsr, which openDegradations opens
 */
export function spaceOfConfig(source: DegradationSource | undefined): DegradationSpace {
  return spaceOf(orDefault(source));
}

/** lq pixels around every crop, see `degradation.margin`. */
export function marginOf(source: DegradationSource | undefined): number {
  return orDefault(source).degradation.margin;
}

/** The tasks of a space, cut as the source says. */
export function tasksOf(
  space: DegradationSpace,
  { tasks }: Pick<DegradationSource, 'tasks'>,
  scale: number,
): Task[] {
  return defineTasks(space, tasks.boundaries ?? undefined, { scale });
}

/**
 * Tasks and space of a configuration; without one those of Real-ESRGAN.
 * @throws E_SPACE for realsr, which openDegradations opens
 */
export function degradationsOf(source: DegradationSource | undefined, scale: number): Degradations {
  const wanted = orDefault(source);
  const space = spaceOf(wanted);
  return { space, margin: marginOf(wanted), tasks: tasksOf(space, wanted, scale) };
}

export interface SpaceOptions {
  scale: number;
  /** Side of the gt crops. */
  crop: number;
  /** Told of photographs of the noise bank that cannot be used. */
  warn: Warn;
}

/**
 * A space with the files that its recipes refer to, for gt crops of this side. The caller disposes it.
 * @throws E_KERNELS, E_SPACE, E_DATA_…
 */
export async function openSource(
  source: DegradationSource,
  options: SpaceOptions,
): Promise<OpenSpace & { margin: number }> {
  const { margin } = source.degradation;
  const window = Math.ceil(options.crop / options.scale) + 2 * margin;
  return { ...(await openSpace(source, { window, warn: options.warn })), margin };
}

/**
 * Tasks and space with the files that the space's recipes refer to, for gt crops of this side. The caller
 * disposes it.
 * @throws E_KERNELS, E_SPACE, E_DATA_…
 */
export async function openDegradations(
  source: DegradationSource | undefined,
  options: SpaceOptions,
): Promise<Degradations & { dispose(): void }> {
  const wanted = orDefault(source);
  const opened = await openSource(wanted, options);
  try {
    return { ...opened, tasks: tasksOf(opened.space, wanted, options.scale) };
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

/** The configuration of the run that a model was trained in: of its folder, or a checkpoint's. */
export function configOfModel(path: string): TrainConfig | undefined {
  const run = isFolder(path) ? path : dirname(dirname(resolve(path)));
  const file = join(run, 'config.yaml');
  return existsSync(file) ? loadConfig(file) : undefined;
}
