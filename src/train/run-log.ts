/** What a run writes while it trains: metrics.jsonl (exact, no clock) and a TensorBoard event file. */
import { join } from 'node:path';
import { JsonLines, type StepEntry } from '../report/json-lines.ts';
import { EventFile } from '../report/tensorboard.ts';
import type { Warn } from './checkpoint-folder.ts';

export interface RunLogOptions {
  folder: string;
  tensorboard: boolean;
  warn: Warn;
}

/** Both logs of a run; neither ever stops it. */
export class RunLog {
  readonly #options: RunLogOptions;
  #metrics: JsonLines;
  #events: EventFile | undefined;

  /** @param resumedStep the step gone on from; nothing in a run that begins */
  constructor(options: RunLogOptions, resumedStep: number | undefined) {
    this.#options = options;
    [this.#metrics, this.#events] = this.#open(resumedStep);
  }

  #open(resumedStep: number | undefined): [JsonLines, EventFile | undefined] {
    const { folder, tensorboard, warn } = this.#options;
    const metrics = new JsonLines(join(folder, 'metrics.jsonl'), { resumedStep, warn });
    const events = tensorboard ? new EventFile(folder, { resumedStep, warn }) : undefined;
    return [metrics, events];
  }

  /** Takes back all that was written about later steps. */
  rewind(step: number): void {
    this.close();
    [this.#metrics, this.#events] = this.#open(step);
  }

  /** A line of the metrics. Nothing in it may depend on the clock or on where the run was resumed. */
  metrics(entry: StepEntry): void {
    this.#metrics.append(entry);
  }

  /** Numbers for TensorBoard; those that are unknown are left out. */
  scalars(step: number, values: Readonly<Record<string, number | null | undefined>>): void {
    const known = Object.entries(values).filter((pair): pair is [string, number] =>
      Number.isFinite(pair[1]),
    );
    this.#events?.scalars(step, Object.fromEntries(known));
  }

  sync(): void {
    this.#metrics.sync();
  }

  close(): void {
    this.#metrics.close();
    this.#events?.close();
  }
}
