/** The memory that a run will take, asked for before its first step. */
import { totalmem } from 'node:os';
import { EvensrError, exitCodes } from '../errors.ts';
import type { TrainConfig } from './config.ts';
import type { RunTrainers } from './trainers.ts';

/** A process cannot have more than the machine, or the group that it is limited with. */
function memoryOfMachine(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;

function refusal({ training }: TrainConfig, reason: string, cause?: unknown): EvensrError {
  const parts = training.accumulate < training.batchSize ? 'raise training.accumulate, or ' : '';
  return new EvensrError('E_MEMORY', exitCodes.memory, reason, {
    hint: `${parts}lower training.batchSize or training.lqSize`,
    cause,
  });
}

/** What beside steps needs memory. */
export interface MemoryWishes {
  measured: number;
  alignedTasks?: number;
  alignedBytes?: number;
}

/**
 * Gets what steps and measurements of `measured` samples at once need, so that no step fails for want of it;
 * so do the gradients of `alignedTasks` tasks, where a rule compares them (`alignedBytes`: of their samples).
 * Systems promise more memory than there is: what the machine cannot hold is refused, too.
 * @returns bytes of the activations
 * @throws E_MEMORY (exit code 6) with the size that is needed
 */
export async function reserveMemory(
  config: TrainConfig,
  { trainer, discriminator }: RunTrainers,
  { measured, alignedTasks = 0, alignedBytes = 0 }: MemoryWishes,
): Promise<number> {
  const { batchSize, lqSize, accumulate } = config.training;
  const shape = { batch: batchSize, height: lqSize, width: lqSize };
  const options = {
    ...{ accumulate, measured, alignedTasks },
    ...(discriminator ? { discriminator } : {}),
  };
  let bytes: number;
  try {
    bytes = await trainer.reserve(shape, options);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    throw code === 'E_MEMORY' ? refusal(config, message, error) : error;
  }
  const most = memoryOfMachine();
  if (bytes + alignedBytes <= most) return bytes;
  const reason = `a step needs ${mebibytes(bytes + alignedBytes)} for its activations, the machine has ${mebibytes(most)}`;
  throw refusal(config, reason);
}
