/**
 * The folder of a run: config.yaml (complete), metrics.jsonl, TensorBoard events, checkpoints/,
 * samples/, report.jsonl (what happened, with times) and, while it runs, its lock.
 */
import { appendFileSync, existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onDisk } from '../data/durable.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointFolder, type Warn } from './checkpoint-folder.ts';
import { loadConfig, printConfig, type TrainConfig } from './config.ts';
import { configChanges, identityOf, requireAllowed } from './config-change.ts';
import { lockFolder } from './lock.ts';

/** new: refuses a folder with checkpoints. resume: refuses one without a run. auto: does what fits. */
export type StartMode = 'new' | 'resume' | 'auto';

export interface RunFolderOptions {
  mode: StartMode;
  /** Keys whose change is allowed when resuming. */
  allowChange: readonly string[];
  warn: Warn;
}

/** A run folder that this process holds the lock of. */
export class RunFolder {
  readonly path: string;
  readonly checkpoints: CheckpointFolder;
  /** The checkpoint to go on from; nothing in a run that begins. */
  readonly resumed: Checkpoint | undefined;
  readonly #release: () => void;
  readonly #warn: Warn;
  #reportFailed = false;

  private constructor(
    path: string,
    resumed: Checkpoint | undefined,
    release: () => void,
    warn: Warn,
  ) {
    this.path = path;
    this.checkpoints = new CheckpointFolder(join(path, 'checkpoints'));
    this.resumed = resumed;
    this.#release = release;
    this.#warn = warn;
  }

  /**
   * Takes the folder for this process and finds where the run stands.
   * @throws E_LOCKED (11) while another run holds it; E_RUN (2) when the mode does not fit what is
   *   there; E_CONFIG_CHANGED and E_CHECKPOINT (9); E_DISK (5)
   */
  static async open(
    path: string,
    config: TrainConfig,
    options: RunFolderOptions,
  ): Promise<RunFolder> {
    if (options.mode === 'resume' && !existsSync(configFile(path))) {
      throw runError(`there is no run in ${path} to resume`, 'leave --resume out to start one');
    }
    const release = lockFolder(path);
    try {
      const resumed = await enter(path, config, options);
      return new RunFolder(path, resumed, release, options.warn);
    } catch (error) {
      release();
      throw error;
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Appends what happened, with the time, to report.jsonl. Never stops a run. */
  report(event: string, details: Record<string, unknown> = {}): void {
    const line = JSON.stringify({ time: new Date().toISOString(), event, ...details });
    try {
      appendFileSync(this.file('report.jsonl'), `${line}\n`);
      this.#reportFailed = false;
    } catch (error) {
      if (this.#reportFailed) return;
      this.#reportFailed = true;
      const { code } = error as NodeJS.ErrnoException;
      this.#warn('W_LOG', `${this.file('report.jsonl')} cannot be written (${code})`);
    }
  }

  /** Saves a picture. Never stops a run. */
  async writeSample(step: number, png: Uint8Array): Promise<void> {
    const file = this.file(`samples/step-${String(step).padStart(8, '0')}.png`);
    await writeFile(file, png).catch((error: NodeJS.ErrnoException) => {
      this.#warn('W_LOG', `${file} cannot be written (${error.code}) - training goes on`);
    });
  }

  /** Gives the folder back. */
  close(): void {
    this.#release();
  }
}

/** Where a run keeps its complete configuration. */
export function configFile(run: string): string {
  return join(run, 'config.yaml');
}

/** The configuration that a run was started with. Throws E_RUN when there is no run. */
export function runConfig(run: string): TrainConfig {
  if (existsSync(configFile(run))) return loadConfig(configFile(run));
  throw runError(`there is no run in ${run}`, 'give the folder that train was given as --output');
}

async function enter(
  path: string,
  config: TrainConfig,
  { mode, allowChange, warn }: RunFolderOptions,
): Promise<Checkpoint | undefined> {
  const checkpoints = new CheckpointFolder(join(path, 'checkpoints'));
  await onDisk(path, () => checkpoints.prepare());
  const begun = (await checkpoints.steps()).length > 0;
  if (begun && mode === 'new') {
    throw runError(
      `${path} already holds a run with checkpoints`,
      'go on with --resume, or choose another folder with --output',
    );
  }
  const changes =
    begun && existsSync(configFile(path)) ? configChanges(runConfig(path), config) : [];
  requireAllowed(changes, allowChange);
  const resumed = await checkpoints.newest(warn, { moveAside: true });
  if (resumed && resumed.state.identity !== identityOf(config)) {
    throw new EvensrError(
      'E_CONFIG_CHANGED',
      exitCodes.invalidModel,
      `the checkpoint of step ${resumed.state.step} in ${path} is of another configuration`,
      { hint: 'resume with the configuration it was made with' },
    );
  }
  if (!begun || !existsSync(configFile(path)) || changes.length > 0) {
    await native.writeFileDurably(configFile(path), [Buffer.from(printConfig(config))]);
  }
  await onDisk(path, () => mkdir(join(path, 'samples'), { recursive: true }));
  return resumed;
}

function runError(message: string, hint: string): EvensrError {
  return new EvensrError('E_RUN', exitCodes.usage, message, { hint });
}
