/** Commands of evensr as child processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';

const cli = fileURLToPath(new URL('../cli.js', import.meta.url));

/** Set for children: they stop, as on SIGTERM, when their parent is gone (cli.ts). */
export const stopsWithParent = 'EVENSR_STOPS_WITH_PARENT';

/** A line of a command's --json. */
export type ChildLine = Readonly<Record<string, unknown>>;

export interface ChildHooks {
  onLine?: (line: ChildLine) => void;
  /** Notes and warnings of the command. */
  onNote?: (text: string) => void;
}

/** The error with which a command ended, as it said it itself. */
function failureOf(code: number | null, signal: string | null, last: ChildLine | undefined) {
  const { error } = (last ?? {}) as { error?: { code: string; message: string; hint?: string } };
  const exitCode = (code ?? exitCodes.someFailed) as ExitCode;
  if (!error) {
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    return new EvensrError('E_STUDY_RUN', exitCode, how);
  }
  const { hint } = error;
  return new EvensrError(error.code, exitCode, error.message, hint === undefined ? {} : { hint });
}

function parsed(text: string): ChildLine | undefined {
  try {
    return JSON.parse(text) as ChildLine;
  } catch {
    return undefined;
  }
}

/** Children that run now. Signals of the terminal do not reach them: the study passes one on. */
export class Children {
  readonly #running = new Set<ChildProcess>();

  /**
   * Runs `evensr --json ...args` to its end; false when a signal stopped it.
   * @throws the error that it ended with
   */
  async run(args: readonly string[], hooks: ChildHooks = {}): Promise<boolean> {
    const child = spawn(process.execPath, ['--enable-source-maps', cli, ...args, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C would reach it twice, and the second ends it at once.
      detached: true,
      env: { ...process.env, [stopsWithParent]: '1', NO_COLOR: '1' },
    });
    this.#running.add(child);
    let last: ChildLine | undefined;
    createInterface({ input: child.stdout }).on('line', (text) => {
      last = parsed(text) ?? last;
      if (last) hooks.onLine?.(last);
    });
    createInterface({ input: child.stderr }).on('line', (text) => hooks.onNote?.(text));
    const ended = await new Promise<{ code: number | null; signal: string | null }>(
      (resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal }));
      },
    ).finally(() => this.#running.delete(child));
    const { code, signal } = ended;
    if (code === exitCodes.ok) return true;
    const stopped: unknown[] = [exitCodes.interrupted, exitCodes.terminated, 'SIGINT', 'SIGTERM'];
    if (stopped.includes(code ?? signal)) return false;
    throw failureOf(code, signal, last);
  }

  /** Asks all of them to finish what they do and end. */
  stop(signal: NodeJS.Signals): void {
    for (const child of this.#running) child.kill(signal);
  }
}
