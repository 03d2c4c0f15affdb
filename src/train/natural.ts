/** The probe PSNR of a run by natural sampling, for a rule that compares with it: `balance.natural`. */
import { join } from 'node:path';
import { updateSteps } from '../balance/updates.ts';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { CheckpointFolder, type Warn } from './checkpoint-folder.ts';
import type { TrainConfig } from './config.ts';
import { type ConfigChange, configChanges } from './config-change.ts';
import type { TaskPsnr } from './probe.ts';
import { runConfig } from './run-folder.ts';

/** PSNR in dB by task, by step. */
export type NaturalPsnr = ReadonlyMap<number, TaskPsnr>;

export interface NaturalOptions {
  config: TrainConfig;
  taskIds: readonly string[];
  /** Of the run that compares. */
  photosId: string;
  warn: Warn;
}

/** As many steps or differences as an error names. */
const listed = 5;

/**
 * Reads the PSNR that natural sampling had at every step at which the rule will decide. The run may still
 * be going on when it has come so far.
 * @throws E_RUN where there is no run; E_NATURAL (exit code 2) when it is none to compare with, saying
 *   what differs, or when it did not measure its probes at all of those steps
 */
export async function readNaturalRun(
  folder: string,
  { config, taskIds, photosId, warn }: NaturalOptions,
): Promise<NaturalPsnr> {
  const refuse = (problem: string, hint: string): never => {
    const text = `balance.natural: ${folder} ${problem}`;
    throw new EvensrError('E_NATURAL', exitCodes.usage, text, { hint });
  };
  const natural = runConfig(folder);
  if (natural.balance.rule !== 'natural') {
    refuse(`was balanced by ${natural.balance.rule}`, 'give a run of balance.rule: natural');
  }
  const changes = configChanges(decisive(natural), decisive(config));
  if (changes.length > 0) {
    refuse(`is another training: ${differences(changes)}`, 'train both alike in all but balance');
  }
  const checkpoint = await new CheckpointFolder(join(folder, 'checkpoints')).newest(warn);
  if (!checkpoint) return refuse('has no checkpoint', 'train it first');
  if (checkpoint.state.photos !== photosId) {
    refuse('was trained or measured on other photographs', 'give both the same images');
  }
  const measured = measuredPsnr(await metricsOf(folder), taskIds);
  const { balance, training } = config;
  const missing = updateSteps(training.steps, balance).filter((step) => !measured.has(step));
  if (missing.length === 0) return measured;
  const steps = missing.slice(0, listed).join(', ') + (missing.length > listed ? ', …' : '');
  const every = balance.warmup % balance.every === 0 ? balance.every : 'a divisor of both';
  return refuse(
    `has no probe PSNR of all tasks at ${missing.length} steps at which the rule decides: ${steps}`,
    `let it reach them, with validation.every: ${every} (balance.warmup ${balance.warmup}, balance.every ${balance.every})`,
  );
}

/** The keys that decide what a run's probes show at a step; photographs are compared by their contents. */
function decisive({
  scale,
  network,
  training,
  degradation,
  tasks,
  images,
  validation,
}: TrainConfig) {
  const { device, threads, precision, accumulate, replayEvery, maxSkips, ...learning } = training;
  const { steps, ...fixed } = learning;
  const { samplesPerTask, border } = validation;
  return {
    ...{ scale, network, degradation, tasks },
    // Only the cosine's rate at a step depends on how many there are.
    training: learning.schedule.type === 'cosine' ? learning : fixed,
    images: { flip: images.flip, rotate: images.rotate },
    validation: { samplesPerTask, border },
  };
}

function differences(changes: readonly ConfigChange[]): string {
  const texts = changes.slice(0, listed).map(({ key, before, now }) => {
    return `${key} is ${before ?? 'absent'} there and ${now ?? 'absent'} here`;
  });
  const more = changes.length - texts.length;
  return texts.join('; ') + (more > 0 ? `; and ${more} more` : '');
}

async function metricsOf(folder: string): Promise<string> {
  try {
    return (await readRegularFile(join(folder, 'metrics.jsonl'))).toString();
  } catch {
    return ''; // then every step is missing, which the error says
  }
}

/** Of the lines that hold a measurement of every task; the last line of a run that goes on may be torn. */
function measuredPsnr(text: string, taskIds: readonly string[]): Map<number, TaskPsnr> {
  const found = new Map<number, TaskPsnr>();
  for (const line of text.split('\n')) {
    const entry = parsed(line);
    if (entry === undefined) continue;
    const psnr = taskIds.map((id) => [id, entry.tasks?.[id]?.psnr] as const);
    if (psnr.every(([, value]) => typeof value === 'number' || value === null)) {
      found.set(entry.step, Object.fromEntries(psnr) as TaskPsnr);
    }
  }
  return found;
}

interface MetricsLine {
  step: number;
  tasks?: Record<string, { psnr?: unknown } | undefined>;
}

function parsed(line: string): MetricsLine | undefined {
  try {
    const entry = JSON.parse(line) as MetricsLine | null;
    return typeof entry?.step === 'number' ? entry : undefined;
  } catch {
    return undefined;
  }
}
