/**
 * The folder of a run: config.yaml (complete), metrics.jsonl, TensorBoard events, checkpoints/,
 * samples/, report.jsonl (what happened, with times), report.html and, while it runs, its lock.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../data/durable.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import { appendLine } from '../report/journal.ts';
import type { Checkpoint } from './checkpoint.ts';
import { CheckpointFolder, tidied, type Warn } from './checkpoint-folder.ts';
import { loadConfig, printConfig, type TrainConfig } from './config.ts';
import { configChanges, identityOf, networkOf, requireAllowed } from './config-change.ts';
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
  /** Files of which it was said that they cannot be written. */
  readonly #lost = new Set<string>();

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
    const file = this.file('report.jsonl');
    try {
      appendLine(file, line);
      this.#lost.delete(file);
    } catch (error) {
      this.#tellLost(file, `${file} cannot be written (${(error as NodeJS.ErrnoException).code})`);
    }
  }

  /** Saves a picture. Never stops a run. */
  async writeSample(step: number, png: Uint8Array): Promise<void> {
    const folder = this.file('samples');
    try {
      const name = `step-${String(step).padStart(8, '0')}.png`;
      await native.writeFileDurably(join(folder, name), [png]);
      this.#lost.delete(folder);
    } catch (error) {
      this.#tellLost(folder, (error as Error).message);
    }
  }

  /** Once for each file, until it can be written again. */
  #tellLost(file: string, reason: string): void {
    if (this.#lost.has(file)) return;
    this.#lost.add(file);
    this.#warn('W_LOG', `${reason} - training goes on`);
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
  await onDisk(path, async () => {
    for (const folder of [path, join(path, 'samples'), checkpoints.path]) await tidied(folder);
  });
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
  if (resumed) requireSameRun(resumed, config, allowChange);
  if (!begun || !existsSync(configFile(path)) || changes.length > 0) {
    await native.writeFileDurably(configFile(path), [Buffer.from(printConfig(config))]);
  }
  return resumed;
}

/** A checkpoint that another run left in the folder must not be gone on from. */
function requireSameRun(
  { state, network }: Checkpoint,
  config: TrainConfig,
  allowChange: readonly string[],
): void {
  const { version } = native.info();
  requireAllowed(configChanges({ evensr: state.evensr }, { evensr: version }), allowChange);
  if (state.identity === identityOf(config)) return;
  requireAllowed(configChanges({ network }, { network: networkOf(config) }), allowChange);
  throw new EvensrError(
    'E_CONFIG_CHANGED',
    exitCodes.invalidModel,
    `the checkpoint of step ${state.step} is of a run with another seed, other tasks or another balance`,
    { hint: 'resume with the configuration it was made with' },
  );
}

function runError(message: string, hint: string): EvensrError {
  return new EvensrError('E_RUN', exitCodes.usage, message, { hint });
}
