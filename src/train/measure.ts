/** References of a checkpoint's tasks, measured outside a run: `tasks measure`. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { type Checkpoint, restoreTrainer } from './checkpoint.ts';
import { CheckpointFolder, readCheckpoint } from './checkpoint-folder.ts';
import type { TrainConfig } from './config.ts';
import type { TrainObserver } from './observer.ts';
import type { TaskPsnr } from './probe.ts';
import { runConfig } from './run-folder.ts';
import { measureInRun, openWorkshop, specialistStepsOf, type Workshop } from './setup.ts';
import type { Control } from './signals.ts';
import { type TrainerState, takeState } from './trainer-state.ts';

export interface MeasureCheckpointOptions {
  /** A run folder (its newest checkpoint is taken) or a checkpoint in one. */
  path: string;
  /** Steps of each specialist; default: those of the run's configuration, or 400. */
  steps?: number;
  observer: TrainObserver;
  control: Control;
}

export interface MeasuredTask {
  id: string;
  /** PSNR in dB of the checkpoint itself, and of the specialist. */
  psnr: number | null;
  reference: number;
}

export interface MeasuredReferences {
  checkpoint: string;
  steps: number;
  /** For `balance.references`. */
  file: string;
  tasks: MeasuredTask[];
}

const defaultSteps = 400;

/**
 * Trains a specialist a task from a checkpoint and keeps their PSNR beside it.
 * @returns nothing when it was stopped; finished tasks are kept
 * @throws E_RUN, E_CHECKPOINT
 */
export async function measureCheckpoint(
  options: MeasureCheckpointOptions,
): Promise<MeasuredReferences | undefined> {
  const { observer, control } = options;
  const { config, checkpoint, file } = await findCheckpoint(options.path, observer);
  const steps = options.steps ?? specialistStepsOf(config) ?? defaultSteps;
  const workshop = await openWorkshop(config, observer);
  try {
    if (workshop.photosId !== checkpoint.state.photos) {
      observer.warn('W_PHOTOS', 'the photographs are not those that the checkpoint was trained on');
    }
    const { start, psnr } = await startFrom(checkpoint, workshop);
    const kept = file.replace(/(\.safetensors)?$/, '.references.json');
    const references = await measureInRun(workshop, { start, control, steps, file: kept });
    if (!references) return undefined;
    const tasks = workshop.tasks.map(({ id }) => ({
      id,
      psnr: psnr[id] ?? null,
      reference: references[id] as number,
    }));
    return { checkpoint: file, steps, file: kept, tasks };
  } finally {
    workshop.dispose();
  }
}

/**
 * A checkpoint, its file, and the configuration of its run; of a run folder the newest one.
 * @throws E_RUN, E_CHECKPOINT
 */
export async function findCheckpoint(
  path: string,
  observer: TrainObserver,
): Promise<{ config: TrainConfig; checkpoint: Checkpoint; file: string }> {
  if (existsSync(path) && !isFolder(path)) {
    const config = runConfig(dirname(dirname(path)));
    return { config, checkpoint: await readCheckpoint(path), file: path };
  }
  const config = runConfig(path);
  const folder = new CheckpointFolder(join(path, 'checkpoints'));
  const checkpoint = await folder.newest(observer.warn.bind(observer));
  if (checkpoint) return { config, checkpoint, file: folder.file(checkpoint.state.step) };
  throw new EvensrError('E_RUN', exitCodes.usage, `there is no checkpoint in ${path}`, {
    hint: 'train first',
  });
}

async function startFrom(
  checkpoint: Checkpoint,
  { createTrainer, probes }: Workshop,
): Promise<{ start: TrainerState; psnr: TaskPsnr }> {
  const trainer = createTrainer();
  try {
    restoreTrainer(trainer, checkpoint);
    const psnr = await probes.measure(trainer, 'ema');
    return { start: takeState(trainer), psnr };
  } finally {
    trainer.dispose();
  }
}
