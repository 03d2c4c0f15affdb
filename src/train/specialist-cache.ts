/** Specialists that were trained before, by what they depend on: nothing is trained twice on a machine. */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from '../data/cache.ts';
import { readRegularFile } from '../data/regular-file.ts';
import { native } from '../native.ts';
import type { TaskPsnr } from './probe.ts';

const rowFile = z.strictObject({
  version: z.literal(1),
  /** Identifies the starting point and the settings. */
  key: z.string(),
  task: z.string(),
  /** PSNR in dB on the probes of every task. */
  psnr: z.record(z.string(), z.number().nullable()),
  /** SHA-256 of the file of weights beside it, when they are kept. */
  weights: z.string().nullable(),
});

/** A specialist as it was measured. */
export interface Specialist {
  /** On the probes of every task; its own is never null. */
  psnr: TaskPsnr;
  /** Its last weights, as a safetensors file; null when nobody asked for them. */
  weights: Uint8Array | null;
}

export interface SpecialistName {
  /** Identifies the starting point and the settings (keyOf in specialists.ts). */
  key: string;
  task: string;
}

/**
 * A folder KEY for each start and its settings, with TASK.json and, where they were asked for,
 * TASK.safetensors. It may be deleted at any time. Of two processes that train the same specialist at
 * once both write the same.
 */
export class SpecialistCache {
  readonly #folder: string;

  constructor(folder = cacheFolder('specialists', 'v1')) {
    this.#folder = folder;
  }

  #file({ key, task }: SpecialistName, extension: string): string {
    return join(this.#folder, key, `${task}.${extension}`);
  }

  /**
   * What is kept of a specialist. What is damaged, or not measured on all of these tasks, is not there.
   * @param wantsWeights without them it is not there either
   */
  async read(
    name: SpecialistName,
    taskIds: readonly string[],
    wantsWeights: boolean,
  ): Promise<Specialist | undefined> {
    try {
      const text = (await readRegularFile(this.#file(name, 'json'))).toString();
      const row = rowFile.parse(JSON.parse(text));
      const isOwn = row.key === name.key && row.task === name.task;
      if (!isOwn || typeof row.psnr[name.task] !== 'number') return undefined;
      if (taskIds.some((id) => row.psnr[id] === undefined)) return undefined;
      if (!wantsWeights) return { psnr: row.psnr, weights: null };
      const weights = await readRegularFile(this.#file(name, 'safetensors'));
      return sha256(weights) === row.weights ? { psnr: row.psnr, weights } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Throws E_DISK, or the system's error, when it cannot be kept. */
  async write(name: SpecialistName, { psnr, weights }: Specialist): Promise<void> {
    await mkdir(join(this.#folder, name.key), { recursive: true });
    const row: z.infer<typeof rowFile> = {
      version: 1,
      ...name,
      psnr,
      weights: weights && sha256(weights),
    };
    if (weights) await native.writeFileDurably(this.#file(name, 'safetensors'), [weights]);
    const text = `${JSON.stringify(row, null, 2)}\n`;
    await native.writeFileDurably(this.#file(name, 'json'), [Buffer.from(text)]);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
