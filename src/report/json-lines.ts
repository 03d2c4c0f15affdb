import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { jsonNumbers } from './json-numbers.ts';

/** One line: plain data with the optimizer step that it belongs to. */
export interface StepEntry {
  step: number;
  [key: string]: unknown;
}

export interface JsonLinesOptions {
  /** The step that was resumed from: later entries and a torn last line go; without it all go. */
  resumedStep?: number | undefined;
  /** Told once per outage when the file cannot be written, and when it can be again. */
  warn: (code: string, text: string) => void;
  /** How many of the newest entries are kept in memory while they cannot be written. */
  ring?: number;
}

/**
 * JSON text of an entry on one line. Numbers are written with the fewest digits that read back to the
 * same double.
 */
export function entryText(entry: StepEntry): string {
  return JSON.stringify(entry, jsonNumbers);
}

/** Below every step: a run that starts anew keeps no line. */
const nothing = -1;

function stepOf(line: string): number | undefined {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === 'number' ? step : undefined;
  } catch {
    return undefined;
  }
}

interface Beginning {
  length: number;
  /** Its last step. */
  last: number;
  /** Whether it ends before a whole line that is none of ours, which no crash leaves behind. */
  damaged: boolean;
}

/** The longest beginning of complete, rising lines whose steps are at most `step`. */
function beginningThrough(descriptor: number, step: number): Beginning {
  const chunk = Buffer.alloc(1 << 16);
  let rest = Buffer.alloc(0);
  let length = 0;
  let last = nothing;
  for (;;) {
    const count = readSync(descriptor, chunk, 0, chunk.length, length + rest.length);
    if (count === 0) return { length, last, damaged: false };
    rest = Buffer.concat([rest, chunk.subarray(0, count)]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const at = stepOf(rest.toString('utf8', 0, end));
      if (at === undefined || at <= last) return { length, last, damaged: true };
      if (at > step) return { length, last, damaged: false };
      last = at;
      length += end + 1;
      rest = rest.subarray(end + 1);
    }
  }
}

/**
 * An append-only file of JSON lines with strictly rising steps, whole lines only.
 *
 * Training never stops for it: when the disk is full or the file unwritable there is one warning, the
 * entries stay in memory (the newest `ring` of them) and are written in order as soon as it works again.
 * A file that is resumed equals the file of an uninterrupted run byte for byte, provided that the
 * entries do not depend on the clock.
 */
export class JsonLines {
  private descriptor: number | undefined;
  private length = 0;
  private lastStep = nothing;
  private pending: string[] = [];
  private failing = false;
  private readonly ring: number;
  private readonly file: string;
  private readonly options: JsonLinesOptions;

  constructor(file: string, options: JsonLinesOptions) {
    this.file = file;
    this.options = options;
    this.ring = options.ring ?? 10_000;
    this.attempt(() => this.open());
  }

  /** Appends an entry. Its step must be greater than that of every entry before it. */
  append(entry: StepEntry): void {
    if (!(entry.step > this.lastStep)) {
      throw new Error(`${this.file}: step ${entry.step} after step ${this.lastStep}`);
    }
    this.lastStep = entry.step;
    this.pending.push(`${entryText(entry)}\n`);
    if (this.pending.length > this.ring) this.pending.shift();
    this.flush();
  }

  /** Puts everything on the disk. Called before a checkpoint, so that no resume finds a gap. */
  sync(): void {
    this.flush();
    this.attempt(() => {
      if (this.descriptor !== undefined) fsyncSync(this.descriptor);
    });
  }

  close(): void {
    this.sync();
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  private open(): void {
    const descriptor = openSync(this.file, 'a+');
    const { resumedStep, warn } = this.options;
    const found = beginningThrough(descriptor, resumedStep ?? nothing);
    if (found.damaged && resumedStep !== undefined) {
      warn('W_LOG', `${this.file} is damaged after step ${found.last} - cut off there`);
    }
    if (found.length < fstatSync(descriptor).size) ftruncateSync(descriptor, found.length);
    this.descriptor = descriptor;
    this.length = found.length;
    this.lastStep = Math.max(this.lastStep, found.last);
  }

  private flush(): void {
    this.attempt(() => {
      if (this.descriptor === undefined) this.open();
      while (this.pending.length > 0) {
        this.write(Buffer.from(this.pending[0] as string));
        this.pending.shift();
      }
    });
  }

  /** A full disk often takes a part and reports no error: a line is written whole or taken back. */
  private write(line: Buffer): void {
    const descriptor = this.descriptor as number;
    try {
      for (let done = 0; done < line.length; ) {
        const count = writeSync(descriptor, line, done, line.length - done, this.length + done);
        if (count === 0) throw new Error('nothing could be written');
        done += count;
      }
    } catch (error) {
      ftruncateSync(descriptor, this.length);
      throw error;
    }
    this.length += line.length;
  }

  private attempt(work: () => void): void {
    try {
      work();
      if (this.failing && this.pending.length === 0) {
        this.options.warn('W_LOG', `${this.file} can be written again; nothing newer is missing`);
        this.failing = false;
      }
    } catch (error) {
      if (!this.failing) {
        const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
        this.options.warn(
          'W_LOG',
          `${this.file} cannot be written (${reason}) - training goes on, the newest ${this.ring} entries are kept in memory`,
        );
      }
      this.failing = true;
    }
  }
}
