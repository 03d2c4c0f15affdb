/** Why one picture failed, and whether the next ones would fail for the same reason. */
import { RefusedImage } from '../data/problem.ts';
import { EvensrError } from '../errors.ts';

export interface Failure {
  code: string;
  reason: string;
  /** The disk is full or broken: nothing more can be written. */
  isDisk: boolean;
  /** Running the command again may help. */
  retry: boolean;
  /** Of a bug. */
  stack?: string | undefined;
}

/** Refuses one picture for a reason that is not in its bytes. */
export class ItemRefused extends Error {
  readonly code: string;

  constructor(code: string, reason: string) {
    super(reason);
    this.name = 'ItemRefused';
    this.code = code;
  }
}

/** Failures of the file system that meet one file only. */
const ofOneFile = new Set([
  'EACCES',
  'EPERM',
  'ENAMETOOLONG',
  'ENOENT',
  'ENOTDIR',
  'ELOOP',
  'EISDIR',
]);
/** What the addon says in the project's own codes. */
const nativeCodes = new Set(['E_MEMORY', 'E_OUTPUT_NONFINITE', 'E_LIMIT', 'E_DEVICE']);
const retried = new Set(['E_DISK', 'E_MEMORY', 'E_CHANGED', 'E_VANISHED', 'E_IMG_READ']);

function failure(code: string, reason: string, isDisk = false): Failure {
  return { code, reason, isDisk, retry: retried.has(code) };
}

const textOf = (code: string): string =>
  code === 'ENOSPC' ? 'the disk is full' : `the output cannot be written (${code})`;

/** What an error of any kind says about the picture that was worked on. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ItemRefused || error instanceof RefusedImage)
    return failure(error.code, error.message);
  const { code, syscall, message, stack } = error as NodeJS.ErrnoException;
  if (error instanceof EvensrError) {
    const inner = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    const isDisk = error.code === 'E_DISK' && !(inner !== undefined && ofOneFile.has(inner));
    return failure(error.code, error.message, isDisk);
  }
  if (typeof syscall === 'string' && code !== undefined)
    return failure('E_DISK', textOf(code), !ofOneFile.has(code));
  const isAllocation = error instanceof RangeError && /allocation failed/i.test(message);
  if (isAllocation || code === 'ERR_MEMORY_ALLOCATION_FAILED') return failure('E_MEMORY', message);
  if (code !== undefined && nativeCodes.has(code)) return failure(code, message);
  return { ...failure('E_BUG', String(error)), stack };
}
