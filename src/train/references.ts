/**
 * The reference R_t of each task: the PSNR that a specialist reaches, which is the network fine-tuned
 * from a checkpoint on that task alone.
 */
import { z } from 'zod';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { type NativeTrainer, native } from '../native.ts';
import { type BatchOptions, BatchSource } from './batches.ts';
import type { Warn } from './checkpoint-folder.ts';
import { CropDrawer, type CropOptions, type CropSource } from './crops.ts';
import { fineTune, keyOfStart } from './fine-tune.ts';
import type { Probes } from './probe.ts';
import type { TrainerState } from './trainer-state.ts';

export interface SpecialistOptions {
  /** Where every specialist starts. */
  start: TrainerState;
  /** A trainer of the same network that may be changed. */
  trainer: NativeTrainer;
  batches: Omit<BatchOptions, 'crops'>;
  crops: { source: CropSource; options: CropOptions };
  probes: Probes;
  /** Parts in which a batch is computed. */
  accumulate: number;
  /** Optimizer steps of each specialist. */
  steps: number;
  /** Falls from here along half a cosine to 0. */
  learningRate: number;
  /** Identifies everything else that the result depends on (run-folder's identity, photographs). */
  identity: string;
  /** Where results are kept as they come, so that nothing is measured twice. */
  file: string;
  onProgress?: (progress: { taskId: string; done: number; total: number; psnr?: number }) => void;
  /** Asked between steps: true ends the measurement with nothing; finished tasks are kept. */
  stopping: () => boolean;
  warn: Warn;
}

const referencesFile = z.strictObject({
  version: z.literal(1),
  /** Identifies the starting point and the settings. */
  key: z.string(),
  steps: z.int().min(1),
  complete: z.boolean(),
  references: z.record(z.string(), z.number()),
});
export type ReferencesFile = z.infer<typeof referencesFile>;

/** Specialists draw other samples than the run does. */
const specialistSeed = 2 ** 42;

/**
 * Trains and measures one specialist a task. Each starts from the moving average of the weights, with
 * the optimizer's state, and is measured with its own last weights. The main trainer is not touched.
 * A specialist of few steps can still be worse than interpolation, which every task can surely reach:
 * the reference is the better of the two.
 * @returns references by task, or nothing when it was stopped
 */
export async function measureReferences(
  options: SpecialistOptions,
): Promise<Record<string, number> | undefined> {
  const { batches, steps, file } = options;
  const key = await keyOf(options);
  const known = await earlierResults(file, key);
  const references: Record<string, number> = { ...known };
  const bicubic = await options.probes.bicubic();
  let told = false;
  const warnOnce: Warn = (code, text) => {
    if (!told) options.warn(code, text);
    told = true;
  };
  for (const { id } of batches.tasks) {
    if (references[id] !== undefined) continue;
    const psnr = await specialistPsnr(id, options);
    if (psnr === undefined) return undefined;
    references[id] = Math.max(psnr, bicubic[id] ?? psnr);
    const complete = batches.tasks.every((task) => references[task.id] !== undefined);
    await keep(file, { version: 1, key, steps, complete, references }, warnOnce);
  }
  return references;
}

async function specialistPsnr(
  taskId: string,
  options: SpecialistOptions,
): Promise<number | undefined> {
  const { trainer, probes, steps, onProgress } = options;
  const skipped = await fineTune(batchSource(taskId, options), {
    ...options,
    onStep: (done) => onProgress?.({ taskId, done, total: steps }),
  });
  if (skipped === undefined) return undefined;
  if (skipped > 0) {
    const text = `specialist of ${taskId}: ${skipped} of ${steps} steps were not finite and skipped`;
    options.warn('W_NONFINITE', text);
  }
  const psnr = (await probes.measure(trainer, 'params', [taskId]))[taskId];
  if (psnr === null || psnr === undefined) {
    throw new EvensrError(
      'E_REFERENCES',
      exitCodes.diverged,
      `no PSNR of task ${taskId} is finite`,
    );
  }
  onProgress?.({ taskId, done: steps, total: steps, psnr });
  return psnr;
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
  const settings = { steps, learningRate, identity, tasks: batches.tasks, seed: batches.seed };
  return await keyOfStart(start, settings);
}

async function earlierResults(file: string, key: string): Promise<Record<string, number>> {
  try {
    const found = referencesFile.parse(JSON.parse((await readRegularFile(file)).toString()));
    return found.key === key ? found.references : {};
  } catch {
    return {}; // absent or damaged: it is only a cache, and is written anew
  }
}

async function keep(file: string, content: ReferencesFile, warn: Warn): Promise<void> {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  try {
    await native.writeFileDurably(file, [Buffer.from(text)]);
  } catch (error) {
    warn('W_REFERENCES', `${(error as Error).message} - the references are not kept on disk`);
  }
}

/**
 * References that `tasks measure` wrote, for `balance.references`.
 * @throws E_REFERENCES (exit code 2) when the file cannot be used or does not name all tasks
 */
export async function readReferences(
  file: string,
  taskIds: readonly string[],
): Promise<Record<string, number>> {
  const refuse = (reason: string): never => {
    throw new EvensrError('E_REFERENCES', exitCodes.usage, `${file}: ${reason}`, {
      hint: 'measure them with: evensr tasks measure RUN',
    });
  };
  const bytes = await readRegularFile(file).catch((error: Error) => refuse(`it ${error.message}`));
  let content: ReferencesFile;
  try {
    content = referencesFile.parse(JSON.parse(bytes.toString()));
  } catch {
    return refuse('it was not written by tasks measure');
  }
  const missing = taskIds.find((id) => content.references[id] === undefined);
  if (!missing) return content.references;
  return refuse(content.complete ? `it has no task ${missing}` : 'its measurement is not complete');
}
