/** Trainings and measurements of a study, each `evensr` of its own. */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeDurably } from '../data/durable.ts';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { printConfig, type TrainConfig } from '../train/config.ts';
import type { ChildLine, Children } from './child.ts';
import type { Parts } from './identity.ts';
import type { StudyObserver } from './observer.ts';
import type { StudyConfig } from './study-schema.ts';

/** Keys that may differ when a run goes on: what counts of them is in its parts. */
const free = [
  ...['name', 'images', 'network.weights', 'checkpoint', 'log'],
  ...['training.threads', 'training.replayEvery', 'validation.pictures'],
];

export interface ChildWork {
  children: Children;
  observer: StudyObserver;
  /** What messages call it. */
  id: string;
  stopping: () => boolean;
  onProgress: (progress: { done: number; total: number }) => void;
}

/** A folder may still be held by a run whose study was killed: it ends within a step. */
const lockPatience = { tries: 240, everyMs: 500 };

async function patiently(
  args: readonly string[],
  work: ChildWork,
  onLine: (line: ChildLine) => void,
) {
  const { children, observer, id, stopping } = work;
  const onNote = (text: string): void => {
    const [, code, rest] = /^evensr: (W_\w+): (.*)$/.exec(text) ?? [];
    if (code && rest) observer.warn(code, `${id}: ${rest}`);
  };
  for (let tries = 1; ; tries++) {
    try {
      const ended = await children.run(args, { onLine, onNote });
      if (ended || stopping()) return;
    } catch (error) {
      const isHeld = error instanceof EvensrError && error.code === 'E_LOCKED';
      if (!isHeld || tries === lockPatience.tries || stopping()) throw error;
      await sleep(lockPatience.everyMs);
      continue;
    }
    throw new EvensrError('E_STUDY_RUN', exitCodes.someFailed, 'it was stopped by a signal', {
      hint: 'the same command goes on with it',
    });
  }
}

/** Files beside a run folder: its configuration, and what it comes from. */
export function filesOf(folder: string) {
  return { config: `${folder}.yaml`, parts: `${folder}.json` };
}

/**
 * Trains a run to its end, from where it stands; returns too when it was stopped.
 * @throws EvensrError as `evensr train` ends with it
 */
export async function trainRun(
  { folder, config, parts }: { folder: string; config: TrainConfig; parts: Parts },
  work: ChildWork,
): Promise<void> {
  const files = filesOf(folder);
  makeFolder(dirname(folder));
  await writeDurably(files.config, printConfig(config));
  await writeDurably(files.parts, `${JSON.stringify(parts)}\n`);
  const allowed = free.flatMap((key) => ['--allow-change', key]);
  await patiently(
    ['train', files.config, '-o', folder, '--auto-resume', ...allowed],
    work,
    (line) => {
      const { event, step, steps } = line as { event?: string; step?: number; steps?: number };
      if (event === 'progress' && step !== undefined && steps !== undefined)
        work.onProgress({ done: step, total: steps });
    },
  );
}

/**
 * Measures what specialists of each task reach from a checkpoint, and groups recipes by it where that is asked
 * for; returns too when it was stopped.
 * @throws EvensrError as `evensr tasks measure` and `tasks group` end with it
 */
export async function measureStart(
  {
    checkpoint,
    measure,
    tasks,
  }: {
    checkpoint: string;
    measure: NonNullable<StudyConfig['measure']>;
    tasks: number;
  },
  work: ChildWork,
): Promise<void> {
  let done = 0;
  const { specialistSteps, acceptance, groups } = measure;
  const args = ['tasks', 'measure', checkpoint, '--steps', String(specialistSteps)];
  if (acceptance) {
    const network = JSON.stringify(acceptance.network ?? {});
    args.push('--acceptance-steps', String(acceptance.steps), '--acceptance-network', network);
  }
  await patiently(args, work, ({ event }) => {
    if (event === 'specialist') work.onProgress({ done: ++done, total: tasks });
  });
  if (!groups || work.stopping()) return;
  const { recipes, steps, jointSteps } = groups;
  const counts = { '--recipes': recipes, '--steps': steps, '--joint-steps': jointSteps };
  const words = Object.entries(counts).flatMap(([name, count]) => [name, String(count)]);
  await patiently(['tasks', 'group', checkpoint, ...words], work, ({ recipe }) => {
    if (typeof recipe === 'number') work.onProgress({ done: recipe + 1, total: recipes });
  });
}
