import { closeSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type EventMessage, encodeEvent } from './tensorboard-format.ts';

export interface EventFileOptions {
  /** The step that was resumed from: TensorBoard forgets what older files hold of later steps. */
  resumedStep?: number | undefined;
  warn: (code: string, text: string) => void;
  /** Seconds since 1970; the default never jumps back within a process. */
  now?: () => number;
}

const sessionStart = 1;

/**
 * A TensorBoard event file. Each process writes a file of its own; after a resume its second event is
 * SessionLog START at the first step to be redone, on which TensorBoard discards what the older files
 * hold from that step on. A torn last record of a killed process is ignored by readers.
 * Never stops training: a file that cannot be written gives one warning and is left alone.
 */
export class EventFile {
  readonly path: string;
  private descriptor: number | undefined;
  private readonly now: () => number;
  private readonly warn: (code: string, text: string) => void;

  constructor(folder: string, options: EventFileOptions) {
    this.now = options.now ?? (() => (performance.timeOrigin + performance.now()) / 1000);
    this.warn = options.warn;
    const seconds = String(Math.floor(this.now())).padStart(10, '0');
    const host = hostname().replace(/[^A-Za-z0-9-]/g, '_') || 'host';
    this.path = join(folder, `events.out.tfevents.${seconds}.${host}.${process.pid}.evensr`);
    this.guard(() => {
      this.descriptor = openSync(this.path, 'a');
    });
    this.write({ step: 0, fileVersion: 'brain.Event:2' });
    if (options.resumedStep !== undefined) {
      this.write({ step: options.resumedStep + 1, sessionLog: { status: sessionStart } });
    }
  }

  /** Numbers by tag; a tag like `psnr/t0` is grouped under `psnr`. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
    if (value.length > 0) this.write({ step, summary: { value } });
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private write(event: Omit<EventMessage, 'wallTime'>): void {
    const { descriptor } = this;
    if (descriptor === undefined) return;
    const bytes = encodeEvent({ wallTime: this.now(), ...event });
    this.guard(() => {
      for (let done = 0; done < bytes.length; ) {
        const count = writeSync(descriptor, bytes, done);
        if (count === 0) throw new Error('nothing could be written');
        done += count;
      }
    });
  }

  /** After half a record nothing that follows could be read, so one failure ends the file. */
  private guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      this.warn(
        'W_LOG',
        `${this.path} cannot be written (${reason}) - training goes on without it`,
      );
      this.close();
    }
  }
}
