/** Which part of the pictures one of several processes works on. */
import { createHash } from 'node:crypto';
import { EvensrError, exitCodes } from '../errors.ts';
import type { ByteName } from './byte-name.ts';

export interface Shard {
  /** From 1 to count. */
  index: number;
  count: number;
  /** Where that was said: --shard, or the names of environment variables; nothing when nowhere. */
  origin?: string;
}

export const wholeBatch: Shard = { index: 1, count: 1 };

const mostShards = 1e6;

function usage(message: string, hint: string): EvensrError {
  return new EvensrError('E_SHARD', exitCodes.usage, message, { hint });
}

function numberOf(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw usage(`${name} is "${text}", not a whole number`, 'give --shard i/n');
}

function shardOf(index: number, count: number, origin: string): Shard {
  if (index >= 1 && index <= count && count <= mostShards) return { index, count, origin };
  throw usage(
    `shard ${index} of ${count} is none (${origin})`,
    'give --shard i/n with i from 1 to n',
  );
}

/** `3/8`; the first is 1. Throws E_SHARD. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d{1,9})\/(\d{1,9})$/.exec(text) ?? [];
  if (index !== undefined && count !== undefined)
    return shardOf(Number(index), Number(count), '--shard');
  throw usage(`"${text}" is no shard`, 'give i/n: the first of eight is 1/8');
}

function fromSlurm(env: NodeJS.ProcessEnv): Shard | undefined {
  const id = numberOf(env, 'SLURM_ARRAY_TASK_ID');
  if (id === undefined) return undefined;
  const count = numberOf(env, 'SLURM_ARRAY_TASK_COUNT');
  if (count === undefined)
    throw usage('SLURM_ARRAY_TASK_ID without SLURM_ARRAY_TASK_COUNT', 'give --shard i/n');
  const first = numberOf(env, 'SLURM_ARRAY_TASK_MIN') ?? 0;
  const step = numberOf(env, 'SLURM_ARRAY_TASK_STEP') || 1;
  const last = numberOf(env, 'SLURM_ARRAY_TASK_MAX') ?? first + step * (count - 1);
  if ((id - first) % step !== 0 || first + step * (count - 1) !== last)
    throw usage(
      'the array of SLURM has gaps, so its tasks are no shards by themselves',
      'submit it as --array=1-N, or give --shard i/n',
    );
  return shardOf((id - first) / step + 1, count, 'SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT');
}

/** Kubernetes sets the index of an Indexed Job only; the count is a variable that its file has to set. */
function fromKubernetes(env: NodeJS.ProcessEnv): Shard | undefined {
  const index = numberOf(env, 'JOB_COMPLETION_INDEX');
  if (index === undefined) return undefined;
  const count = numberOf(env, 'JOB_COMPLETION_COUNT');
  if (count === undefined)
    throw usage(
      'JOB_COMPLETION_INDEX without JOB_COMPLETION_COUNT',
      "set JOB_COMPLETION_COUNT to the job's completions, or give --shard i/n",
    );
  return shardOf(index + 1, count, 'JOB_COMPLETION_INDEX, JOB_COMPLETION_COUNT');
}

/** What --shard says, else the array task of SLURM, else the index of a Kubernetes job, else all. Throws E_SHARD. */
export function chooseShard(option: string | undefined, env: NodeJS.ProcessEnv): Shard {
  if (option !== undefined) return parseShard(option);
  return fromSlurm(env) ?? fromKubernetes(env) ?? wholeBatch;
}

/** Whether a picture, by its place below its source, belongs to the shard: the same on every machine. */
export function isInShard(place: ByteName, { index, count }: Shard): boolean {
  if (count === 1) return true;
  const hash = createHash('sha256').update(place, 'latin1').digest();
  return hash.readUIntBE(0, 6) % count === index - 1;
}

/** In names of files: the shards of one batch never share one. */
export function shardName({ index, count }: Shard): string {
  return count === 1 ? '' : `-${index}-of-${count}`;
}
