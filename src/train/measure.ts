/** What the tasks of a checkpoint can reach, measured outside a run: `tasks measure`. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { type SealScores, sealScores } from '../evaluate/seal.ts';
import { native } from '../native.ts';
import type { NetworkConfig } from '../network/build.ts';
import { renderTransferPage } from '../report/page/transfer-page.ts';
import { type Checkpoint, restoreTrainer } from './checkpoint.ts';
import { CheckpointFolder, readCheckpoint } from './checkpoint-folder.ts';
import type { TrainConfig } from './config.ts';
import { networkSchema } from './config-schema.ts';
import { measureInRun, specialistStepsOf } from './measure-tasks.ts';
import type { TrainObserver } from './observer.ts';
import type { TaskPsnr } from './probe.ts';
import { runConfig } from './run-folder.ts';
import type { Control } from './signals.ts';
import type { TransferPsnr } from './specialists.ts';
import { type TrainerState, takeState } from './trainer-state.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

/** Small networks, one a task, trained from scratch: SEAL's acceptance line. */
export interface AcceptanceOptions {
  /** Steps of each; default: as many as a specialist takes. */
  steps?: number;
  /** Its keys, as those of `network`; default: about as many weights as SEAL's FSRCNN. */
  network?: Record<string, unknown>;
}

export interface MeasureCheckpointOptions {
  /** A run folder (its newest checkpoint is taken) or a checkpoint in one. */
  path: string;
  /** Steps of each specialist; default: those of the run's configuration, or 400. */
  steps?: number;
  acceptance?: AcceptanceOptions;
  observer: TrainObserver;
  control: Control;
}

export interface MeasuredTask {
  id: string;
  /** PSNR in dB on the probes: of the checkpoint, of bicubic interpolation, and R_t, the better of that and the specialist. */
  psnr: number | null;
  bicubic: number | null;
  reference: number;
  /** Of the small network; null when none was asked for. */
  acceptance: number | null;
}

export interface MeasuredCheckpoint {
  checkpoint: string;
  steps: number;
  /** For `balance.references`, for `balance.transfer`, and for people. */
  file: string;
  transferFile: string;
  page: string;
  /** Folders of weights, TASK.safetensors. */
  specialists: string;
  acceptance: { steps: number; network: NetworkConfig; folder: string } | null;
  tasks: MeasuredTask[];
  transfer: TransferPsnr;
  /** AR and RPR of the checkpoint; null without acceptance networks. */
  seal: SealScores | null;
  /** Samples that all networks take, and those of them that were trained just now. */
  samples: number;
  trained: number;
}

const defaultSteps = 400;
const defaultAcceptance = { type: 'srvgg', numFeat: 16, numConv: 4 };

/**
 * Trains a specialist a task from a checkpoint and keeps beside it what they reach and their weights.
 * @returns nothing when it was stopped; finished tasks are kept
 * @throws E_RUN, E_CHECKPOINT, E_NETWORK (exit code 2) for keys that make no network
 */
export async function measureCheckpoint(
  options: MeasureCheckpointOptions,
): Promise<MeasuredCheckpoint | undefined> {
  const { observer, control } = options;
  const { config, checkpoint, file } = await findCheckpoint(options.path, observer);
  const steps = options.steps ?? specialistStepsOf(config) ?? defaultSteps;
  const small = options.acceptance && acceptanceOf(config, options.acceptance, steps);
  const workshop = await openWorkshop(config, observer);
  try {
    if (workshop.photosId !== checkpoint.state.photos) {
      observer.warn('W_PHOTOS', 'the photographs are not those that the checkpoint was trained on');
    }
    const { start, psnr } = await startFrom(checkpoint, workshop);
    const stem = file.replace(/\.safetensors$/, '');
    const specialists = `${stem}.specialists`;
    const files = { references: `${stem}.references.json`, transfer: `${stem}.transfer.json` };
    const onSpecialist = weightsInto(specialists);
    const measured = await measureInRun(workshop, { start, control, steps, files, onSpecialist });
    if (!measured) return undefined;
    const folder = `${stem}.acceptance`;
    const lines = small && (await measureSmall(workshop, { ...small, control, folder }));
    if (small && !lines) return undefined;
    const bicubic = await workshop.probes.bicubic();
    const tasks = workshop.tasks.map(({ id }) => ({
      id,
      psnr: psnr[id] ?? null,
      bicubic: bicubic[id] ?? null,
      reference: measured.references[id] as number,
      acceptance: lines?.transfer[id]?.[id] ?? null,
    }));
    const excellence = (id: string) => measured.transfer[id]?.[id] ?? null;
    const result: MeasuredCheckpoint = {
      checkpoint: file,
      steps,
      ...{ file: files.references, transferFile: files.transfer, specialists },
      page: `${stem}.transfer.html`,
      acceptance: small ? { ...small, folder } : null,
      tasks,
      transfer: measured.transfer,
      seal: lines
        ? sealScores(tasks.map((task) => ({ ...task, excellence: excellence(task.id) })))
        : null,
      samples: measured.samples + (lines?.samples ?? 0),
      trained: measured.trained + (lines?.trained ?? 0),
    };
    await writePage(result, observer);
    return result;
  } finally {
    workshop.dispose();
  }
}

/** The small networks are trained like specialists, but from random weights at the run's own rate. */
async function measureSmall(
  workshop: Workshop,
  options: { steps: number; network: NetworkConfig; control: Control; folder: string },
) {
  const { network, control, steps, folder } = options;
  const trainer = workshop.createTrainer(network);
  let start: TrainerState;
  try {
    start = takeState(trainer);
  } finally {
    trainer.dispose();
  }
  const { learningRate } = workshop.config.training;
  const onSpecialist = weightsInto(folder);
  const more = { network, learningRate, onSpecialist, kind: 'acceptance' as const };
  return await measureInRun(workshop, { start, control, steps, files: null, ...more });
}

function acceptanceOf(
  { scale, network: own }: TrainConfig,
  { steps, network = {} }: AcceptanceOptions,
  specialistSteps: number,
): { steps: number; network: NetworkConfig } {
  const type = network.type ?? defaultAcceptance.type;
  const base = type === defaultAcceptance.type ? defaultAcceptance : {};
  const parsed = networkSchema.safeParse({ ...base, ...network, type });
  if (parsed.success)
    return { steps: steps ?? specialistSteps, network: { scale, ...parsed.data } };
  const [issue] = parsed.error.issues;
  const where = ['network', ...(issue?.path ?? [])].join('.');
  throw new EvensrError(
    'E_NETWORK',
    exitCodes.usage,
    `the acceptance network: ${where}: ${issue?.message ?? 'it cannot be built'}`,
    { hint: `give keys as the run's own: ${JSON.stringify(own)}` },
  );
}

/** Keeps weights as FOLDER/TASK.safetensors. */
function weightsInto(folder: string) {
  return async (task: string, { weights }: { weights: Uint8Array | null }): Promise<void> => {
    if (!weights) return;
    await mkdir(folder, { recursive: true });
    await native.writeFileDurably(join(folder, `${task}.safetensors`), [weights]);
  };
}

/** The page can be made again at any time: that it cannot be written fails no measurement. */
async function writePage(result: MeasuredCheckpoint, observer: TrainObserver): Promise<void> {
  const { version } = native.info();
  const page = renderTransferPage({ ...result, version, made: new Date().toISOString() });
  await native.writeFileDurably(result.page, [Buffer.from(page)]).catch((error: Error) => {
    observer.warn('W_REPORT', `${result.page} is not written: ${error.message}`);
  });
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
