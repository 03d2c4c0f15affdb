/**
 * Specialists: the network trained on from a state on one task alone, and measured on the probes of all
 * tasks. What one reaches on its own task is the task's reference R_t; all rows together are the
 * transfer matrix.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { safetensorsOf } from '../infer/export.ts';
import { type NativeTrainer, native } from '../native.ts';
import { buildNetwork, type NetworkConfig } from '../network/build.ts';
import { type BatchOptions, BatchSource } from './batches.ts';
import type { Warn } from './checkpoint-folder.ts';
import { CropDrawer, type CropOptions, type CropSource } from './crops.ts';
import { fineTune, keyOfStart } from './fine-tune.ts';
import type { SpecialistProgress } from './observer.ts';
import type { Probes, TaskPsnr } from './probe.ts';
import type { Specialist, SpecialistCache, SpecialistName } from './specialist-cache.ts';
import type { TrainerState } from './trainer-state.ts';

/** PSNR in dB of the specialist of a task (outer) on the probes of every task (inner). */
export type TransferPsnr = Readonly<Record<string, TaskPsnr>>;

export interface SpecialistOptions {
  /** Where every specialist starts. */
  start: TrainerState;
  /** A trainer of the same network that may be changed. */
  trainer: NativeTrainer;
  network: NetworkConfig;
  batches: Omit<BatchOptions, 'crops'>;
  crops: { source: CropSource; options: CropOptions };
  probes: Probes;
  /** Parts in which a batch is computed. */
  accumulate: number;
  /** Optimizer steps of each specialist. */
  steps: number;
  /** Falls from here along half a cosine to 0. */
  learningRate: number;
  /** Identifies everything else that the result depends on. */
  identity: string;
  cache: SpecialistCache;
  keepWeights: boolean;
  onProgress?: (progress: SpecialistProgress) => void;
  /** After each task, with all rows so far. */
  onSpecialist?(task: string, specialist: Specialist, measured: Specialists): Promise<void>;
  /** Asked between steps: true ends the measurement with nothing; finished tasks are kept. */
  stopping: () => boolean;
  warn: Warn;
}

export interface Specialists {
  /** Identifies the starting point and the settings. */
  key: string;
  steps: number;
  transfer: TransferPsnr;
  /** Samples that the specialists take, and those of them that were trained just now. */
  samples: number;
  trained: number;
}

/** Specialists draw other samples than the run does. */
const specialistSeed = 2 ** 42;

/**
 * Trains and measures one specialist a task, or takes it from the cache. Each starts from the moving
 * average of the weights, with the optimizer's state, and is measured with its own last weights.
 * @returns nothing when it was stopped
 * @throws E_REFERENCES (exit code 8) when a specialist has no finite PSNR on its own task
 */
export async function measureSpecialists(
  options: SpecialistOptions,
): Promise<Specialists | undefined> {
  const { batches, steps, cache, keepWeights } = options;
  const taskIds = batches.tasks.map(({ id }) => id);
  const key = await keyOf(options);
  const samplesEach = steps * batches.batchSize;
  let measured: Specialists = { key, steps, transfer: {}, samples: 0, trained: 0 };
  let isTold = false;
  for (const task of taskIds) {
    const name = { key, task };
    const known = await cache.read(name, taskIds, keepWeights);
    const specialist = known ?? (await trainSpecialist(name, options));
    if (!specialist) return undefined;
    if (!known) {
      await cache.write(name, specialist).catch((error: Error) => {
        if (!isTold)
          options.warn('W_REFERENCES', `${error.message} - specialists are not kept in the cache`);
        isTold = true;
      });
    }
    measured = {
      ...measured,
      transfer: { ...measured.transfer, [task]: specialist.psnr },
      samples: measured.samples + samplesEach,
      trained: measured.trained + (known ? 0 : samplesEach),
    };
    await options.onSpecialist?.(task, specialist, measured);
    // Only now, so that whoever hears of it can rely on its being kept.
    if (!known) tellResult(task, specialist, options);
  }
  return measured;
}

function tellResult(
  taskId: string,
  { psnr }: Specialist,
  { steps, onProgress }: SpecialistOptions,
): void {
  onProgress?.({ taskId, done: steps, total: steps, psnr: psnr[taskId] as number });
}

async function trainSpecialist(
  name: SpecialistName,
  options: SpecialistOptions,
): Promise<Specialist | undefined> {
  const { trainer, probes, steps, onProgress } = options;
  const { task } = name;
  const skipped = await fineTune(batchSource(task, options), {
    ...options,
    onStep: (done) => onProgress?.({ taskId: task, done, total: steps }),
  });
  if (skipped === undefined) return undefined;
  if (skipped > 0) {
    const text = `specialist of ${task}: ${skipped} of ${steps} steps were not finite and skipped`;
    options.warn('W_NONFINITE', text);
  }
  const psnr = await probes.measure(trainer, 'params');
  const own = psnr[task];
  if (own === null || own === undefined) {
    throw new EvensrError('E_REFERENCES', exitCodes.diverged, `no PSNR of task ${task} is finite`);
  }
  return { psnr, weights: options.keepWeights ? weightsFile(name, options) : null };
}

/** The trainer's weights as other commands read them. */
function weightsFile({ key, task }: SpecialistName, options: SpecialistOptions): Uint8Array {
  const { trainer, network, steps } = options;
  const weights = {
    info: { file: '', step: null, weights: 'file' as const, network },
    spec: buildNetwork(network),
    values: trainer.getState('params'),
    metadata: {},
  };
  return Buffer.concat(safetensorsOf(weights, { task, steps, key }));
}

function batchSource(taskId: string, { batches, crops }: SpecialistOptions): BatchSource {
  const seed = specialistSeed + batches.seed;
  const ids = new Array<string>(batches.batchSize).fill(taskId);
  return new BatchSource(
    { next: () => ids },
    {
      ...batches,
      seed,
      compat: null,
      recipeOf: null,
      crops: new CropDrawer(crops.source, { ...crops.options, seed }),
    },
  );
}

/** Everything that a result depends on. */
async function keyOf(options: SpecialistOptions): Promise<string> {
  const { start, steps, learningRate, identity, batches } = options;
  const { version } = native.info();
  const { tasks, seed } = batches;
  return await keyOfStart(start, { version, steps, learningRate, identity, tasks, seed });
}
