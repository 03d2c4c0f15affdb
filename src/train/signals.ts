/** How a run is told to stop or to save. */
import { exitCodes } from '../errors.ts';

/** Asked between steps. */
export interface Control {
  /** The run is to save and end. */
  readonly stopping: boolean;
  /** True once after somebody asked for a checkpoint. */
  takeSaveRequest(): boolean;
}

/** A run that nobody can interrupt. */
export const uninterrupted: Control = { stopping: false, takeSaveRequest: () => false };

const exitCodeOf = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;
export type StopSignal = keyof typeof exitCodeOf;

/**
 * SIGINT and SIGTERM finish the step, save and end; the second of them ends the process at once, with
 * the last checkpoint as it is. SIGUSR1 saves and goes on.
 */
export class Signals implements Control {
  /** The signal that stops the run. */
  received: StopSignal | undefined;
  #save = false;
  readonly #tell: (text: string) => void;
  readonly #finishing: string;
  readonly #atOnce: () => void;

  /** `finishing` is what the first signal still waits for; `atOnce` runs before the second ends the process. */
  constructor(
    tell: (text: string) => void,
    finishing = 'finishing the step and saving',
    atOnce = () => {},
  ) {
    this.#tell = tell;
    this.#finishing = finishing;
    this.#atOnce = atOnce;
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, this.#stop);
    process.on('SIGUSR1', this.#request);
  }

  get stopping(): boolean {
    return this.received !== undefined;
  }

  /** Exit code of a run that was stopped; nothing for one that ended by itself. */
  get exitCode(): 130 | 143 | undefined {
    return this.received && exitCodeOf[this.received];
  }

  takeSaveRequest(): boolean {
    const asked = this.#save;
    this.#save = false;
    return asked;
  }

  dispose(): void {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, this.#stop);
    process.off('SIGUSR1', this.#request);
  }

  readonly #stop = (signal: NodeJS.Signals): void => {
    const name = signal as StopSignal;
    if (this.received) {
      this.#atOnce();
      process.exit(exitCodeOf[name]);
    }
    this.received = name;
    this.#tell(`${name}: ${this.#finishing}; once more to stop at once`);
  };

  readonly #request = (): void => {
    this.#save = true;
  };
}
