/** What a run tells whoever watches it. Libraries never print; commands implement this. */

/** One task as people watch it. Shares of the batch in [0, 1]; PSNR in dB; null: not measured yet. */
export interface TaskProgress {
  id: string;
  quota: number;
  /** Its quota for equal weights: what the quota moves around. */
  anchor: number;
  /** How close the task is to its reference, in (0, 1). */
  kpi: number | null;
  psnr: number | null;
  /** PSNR of the measurement before the last. */
  previousPsnr: number | null;
  /** PSNR that a specialist reaches. */
  reference: number | null;
}

/** A run as people watch it. Plain data. */
export interface Progress {
  name: string;
  step: number;
  steps: number;
  loss: number | null;
  /** Of a run with an adversarial loss: on gt and on the network's results, added. */
  discriminatorLoss: number | null;
  learningRate: number;
  imagesPerSecond: number | null;
  secondsLeft: number | null;
  /** Milliseconds of a step, and the parts of it that were waited for, as shares of it. */
  milliseconds: number | null;
  split: { data: number; degrade: number; network: number } | null;
  tasks: readonly TaskProgress[];
  /** Step of the newest checkpoint. */
  savedStep: number | null;
  /** Steps that were skipped because something was not finite. */
  skipped: number;
}

export interface SpecialistProgress {
  taskId: string;
  /** A small network trained from scratch in the specialist's place. */
  kind?: 'acceptance';
  /** Steps of the task's specialist. */
  done: number;
  total: number;
  /** At its end. */
  psnr?: number;
}

export interface TrainObserver {
  warn(code: string, text: string): void;
  note(text: string): void;
  /** While photographs are decoded; nothing at the end. */
  packing(progress?: { done: number; total: number; bytes?: number }): void;
  /** After every step; must be cheap. */
  step(progress: Progress): void;
  logged(progress: Progress): void;
  measured(progress: Progress): void;
  specialist(progress: SpecialistProgress): void;
  saved(step: number, file: string): void;
}

/** Weight of the newest step in the moving averages. */
const newest = 0.05;

/** Where the time of a step goes, as moving averages over about the last twenty steps. */
export class StepClock {
  #total: number | undefined;
  #degrade = 0;
  #network = 0;
  #last = performance.now();

  /** Forgets the time since the last step: it went into something else, like a measurement. */
  skip(): void {
    this.#last = performance.now();
  }

  /** Ends a step. `degrade` and `network`: milliseconds of it that were spent waiting for either. */
  tick(degrade: number, network: number): void {
    const now = performance.now();
    const total = now - this.#last;
    this.#last = now;
    const weight = this.#total === undefined ? 1 : newest;
    this.#total = (this.#total ?? 0) + weight * (total - (this.#total ?? 0));
    this.#degrade += weight * (degrade - this.#degrade);
    this.#network += weight * (network - this.#network);
  }

  get milliseconds(): number | null {
    return this.#total ?? null;
  }

  get split(): Progress['split'] {
    if (!this.#total) return null;
    const degrade = Math.min(1, this.#degrade / this.#total);
    const network = Math.min(1 - degrade, this.#network / this.#total);
    return { data: 1 - degrade - network, degrade, network };
  }
}
