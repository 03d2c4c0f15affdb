/** Estimated blur kernels, as KernelGAN and the like find them, from a JSON file. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { EvensrError, exitCodes } from '../errors.ts';
import { readRegularFile } from './regular-file.ts';

export interface KernelBank {
  /** Odd side of every kernel. */
  size: number;
  count: number;
  /** (count, size, size), each with the sum 1. */
  taps: Float32Array;
  /** Of `taps`. */
  sha256: string;
}

const document = z.strictObject({
  size: z
    .int()
    .min(3)
    .max(25)
    .refine((size) => size % 2 === 1, 'must be odd'),
  kernels: z.array(z.array(z.number())).min(1).max(100_000),
});

function refuse(file: string, problem: string, cause?: unknown): never {
  throw new EvensrError('E_KERNELS', exitCodes.usage, `${file}: ${problem}`, {
    hint: 'give a JSON file {"size": 21, "kernels": [[21 x 21 numbers], ...]}',
    cause,
  });
}

async function readDocument(file: string): Promise<z.output<typeof document>> {
  const bytes = await readRegularFile(file).catch((cause: Error) =>
    refuse(file, cause.message, cause),
  );
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    return refuse(file, 'is no JSON', cause);
  }
  const parsed = document.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(file, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function normalised(taps: readonly number[], wrong: (problem: string) => never): number[] {
  const sum = taps.reduce((total, tap) => total + tap, 0);
  if (!(sum > 0 && Number.isFinite(sum))) wrong(`sums to ${sum}, it must be above 0`);
  const scaled = taps.map((tap) => tap / sum);
  if (!scaled.every((tap) => Number.isFinite(Math.fround(tap)))) wrong('is too uneven');
  return scaled;
}

/**
 * Reads {size, kernels: [taps, ...]}, each kernel row by row, and scales every kernel to the sum 1.
 * @throws E_KERNELS naming the file and the kernel, counted from 1
 */
export async function readKernelBank(file: string): Promise<KernelBank> {
  const { size, kernels } = await readDocument(file);
  const taps = new Float32Array(kernels.length * size * size);
  for (const [index, kernel] of kernels.entries()) {
    const wrong = (problem: string) => refuse(file, `kernel ${index + 1} ${problem}`);
    if (kernel.length !== size * size) {
      wrong(`has ${kernel.length} numbers, not ${size} x ${size}`);
    }
    taps.set(normalised(kernel, wrong), index * size * size);
  }
  const sha256 = createHash('sha256').update(new Uint8Array(taps.buffer)).digest('hex');
  return { size, count: kernels.length, taps, sha256 };
}
