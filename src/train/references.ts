/**
 * What a measurement of specialists leaves in files: the reference R_t of each task, for
 * `balance.references`, and the transfer matrix, for `balance.transfer`.
 */
import { z } from 'zod';
import { psnrLimit } from '../balance/transfer.ts';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import type { TaskPsnr } from './probe.ts';
import type { Specialists, TransferPsnr } from './specialists.ts';

const common = {
  version: z.literal(1),
  /** Identifies the starting point and the settings. */
  key: z.string(),
  steps: z.int().min(1),
  complete: z.boolean(),
};
const referencesFile = z.strictObject({
  ...common,
  references: z.record(z.string(), z.number()),
});
const transferFile = z.strictObject({
  ...common,
  /** Samples that the specialists take. */
  samples: z.int().min(0),
  transfer: z.record(z.string(), z.record(z.string(), z.number().nullable())),
});

/**
 * R_t by task. A specialist of few steps can still be worse than interpolation, which every task can
 * surely reach: the reference is the better of the two.
 */
export function referencesOf(transfer: TransferPsnr, bicubic: TaskPsnr): Record<string, number> {
  return Object.fromEntries(
    Object.entries(transfer).map(([id, row]) => {
      const psnr = row[id] as number;
      return [id, Math.max(psnr, bicubic[id] ?? psnr)];
    }),
  );
}

/** Where the two files lie. */
export interface MeasurementFiles {
  references: string;
  transfer: string;
}

/** Writes both files. One that cannot be written is told: what was measured is used all the same. */
export async function keepMeasurement(
  files: MeasurementFiles,
  { key, steps, transfer, samples }: Specialists,
  {
    references,
    complete,
    onLost,
  }: {
    references: Record<string, number>;
    complete: boolean;
    onLost(file: string, reason: string): void;
  },
): Promise<void> {
  const shared = { version: 1 as const, key, steps, complete };
  const first: z.infer<typeof referencesFile> = { ...shared, references };
  const second: z.infer<typeof transferFile> = { ...shared, samples, transfer };
  for (const [file, content] of [
    [files.references, first],
    [files.transfer, second],
  ] as const) {
    const text = `${JSON.stringify(content, null, 2)}\n`;
    await native
      .writeFileDurably(file, [Buffer.from(text)])
      .catch(({ message }: Error) => onLost(file, message));
  }
}

const hint = 'measure them with: evensr tasks measure RUN';

function refuse(code: string, file: string, reason: string): never {
  throw new EvensrError(code, exitCodes.usage, `${file}: ${reason}`, { hint });
}

async function readJson(code: string, file: string): Promise<unknown> {
  const bytes = await readRegularFile(file).catch((error: Error) =>
    refuse(code, file, `it ${error.message}`),
  );
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return refuse(code, file, 'it was not written by tasks measure');
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
  const code = 'E_REFERENCES';
  const content = await readJson(code, file);
  const parsed = referencesFile.safeParse(content);
  if (!parsed.success) {
    return transferFile.safeParse(content).success
      ? refuse(code, file, 'it holds a transfer matrix: give the file NAME.references.json')
      : refuse(code, file, 'it was not written by tasks measure');
  }
  const { references, complete } = parsed.data;
  const missing = taskIds.find((id) => references[id] === undefined);
  if (!missing) return references;
  return refuse(
    code,
    file,
    complete ? `it has no task ${missing}` : 'its measurement is not complete',
  );
}

/**
 * The transfer matrix that `tasks measure` wrote, for `balance.transfer`: of these tasks only.
 * @throws E_TRANSFER (exit code 2) when the file cannot be used or lacks a PSNR
 */
export async function readTransfer(
  file: string,
  taskIds: readonly string[],
): Promise<Record<string, Record<string, number>>> {
  const code = 'E_TRANSFER';
  const content = await readJson(code, file);
  const parsed = transferFile.safeParse(content);
  if (!parsed.success) {
    return referencesFile.safeParse(content).success
      ? refuse(code, file, 'it holds references only: give the file NAME.transfer.json')
      : refuse(code, file, 'it was not written by tasks measure');
  }
  const { transfer, complete } = parsed.data;
  if (!complete) return refuse(code, file, 'its measurement is not complete');
  const known = Object.keys(transfer);
  const foreign = known.find((id) => !taskIds.includes(id));
  if (foreign) return refuse(code, file, `it is of other tasks: it has a task ${foreign}`);
  return matrixOf(transfer, taskIds, (id, other) =>
    refuse(code, file, `it has no PSNR of the specialist of ${id} on ${other}`),
  );
}

/** Every row and column of the matrix, none of them null. */
export function matrixOf(
  transfer: TransferPsnr,
  taskIds: readonly string[],
  missing: (id: string, other: string) => never,
): Record<string, Record<string, number>> {
  const value = (id: string, other: string): number => {
    const psnr = transfer[id]?.[other] ?? null;
    return psnr === null || Math.abs(psnr) > psnrLimit ? missing(id, other) : psnr;
  };
  return Object.fromEntries(
    taskIds.map((id) => [
      id,
      Object.fromEntries(taskIds.map((other) => [other, value(id, other)])),
    ]),
  );
}
