/** The checkpoints of a run: one file a step, the newest good one to go on from. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readRegularFile } from '../data/regular-file.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import { type Checkpoint, decodeCheckpoint } from './checkpoint.ts';

export type Warn = (code: string, text: string) => void;

const fileName = /^step-(\d{8,})\.safetensors$/;
/** What a killed writer leaves behind (native/io/durable_file.cc). */
const leftover = /^\..*\.tmp$/;

function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.safetensors`;
}

/**
 * Reads one checkpoint file.
 * @throws E_CHECKPOINT (exit code 9) when it is damaged, of another kind, or was renamed to another
 *   step; E_CHECKPOINT_NEWER (9) when another version of evensr wrote it
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await readRegularFile(path).catch((error: Error) => {
    throw refused(path, `it ${error.message}`);
  });
  const checkpoint = await decodeCheckpoint(bytes).catch((error: unknown) => {
    throw about(path, error);
  });
  const named = fileName.exec(basename(path))?.[1];
  if (named !== undefined && Number(named) !== checkpoint.state.step) {
    throw refused(path, `it is of step ${checkpoint.state.step}: the file was renamed`);
  }
  return checkpoint;
}

/** Makes the folder and removes what killed writers left in it. For the holder of the run's lock. */
export async function tidied(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (leftover.test(name)) await rm(join(folder, name), { force: true });
  }
}

function refused(path: string, reason: string): EvensrError {
  return new EvensrError(
    'E_CHECKPOINT',
    exitCodes.invalidModel,
    `${path} is not a usable checkpoint: ${reason}`,
  );
}

/** A folder of checkpoints, named by their steps. */
export class CheckpointFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  file(step: number): string {
    return join(this.path, checkpointName(step));
  }

  /** Steps of the checkpoints, rising; whether they are good is not known. */
  async steps(): Promise<number[]> {
    const names = await readdir(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const steps = names.flatMap((name) => fileName.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((a, b) => a - b);
  }

  /** Writes a checkpoint so that it survives a power cut. Rejects with E_DISK. */
  async save(step: number, parts: Uint8Array[]): Promise<void> {
    await native.writeFileDurably(this.file(step), parts);
  }

  /**
   * The newest checkpoint that is good; nothing when there is none at all. Damaged ones are said, and
   * the holder of the run's lock has them moved aside (`.bad`), so that nothing counts on them again.
   * @throws E_CHECKPOINT when there are checkpoints and all of them are damaged; E_CHECKPOINT_NEWER
   *   when the newest good one is of another format: going back behind it would lose work
   */
  async newest(warn: Warn, options = { moveAside: false }): Promise<Checkpoint | undefined> {
    const steps = await this.steps();
    for (const [at, step] of steps.toReversed().entries()) {
      try {
        return await readCheckpoint(this.file(step));
      } catch (error) {
        if (!(error instanceof EvensrError) || error.code === 'E_CHECKPOINT_NEWER') throw error;
        const before = steps.at(-2 - at);
        const then = before === undefined ? 'and there is none before it' : `using ${before}`;
        warn('W_CKPT', `checkpoint ${step} is bad (${error.message}) - ${then}`);
        if (options.moveAside) await rename(this.file(step), `${this.file(step)}.bad`);
      }
    }
    if (steps.length === 0) return undefined;
    throw new EvensrError(
      'E_CHECKPOINT',
      exitCodes.invalidModel,
      `none of the ${steps.length} checkpoints in ${this.path} is usable`,
      { hint: 'start again with another --output' },
    );
  }

  /** Removes all but the newest `keep` and the best. Called only after the newest was verified. */
  async prune(keep: number, best: number | undefined): Promise<void> {
    const steps = await this.steps();
    for (const step of steps.slice(0, Math.max(0, steps.length - keep))) {
      if (step !== best) await rm(this.file(step), { force: true });
    }
  }
}
