/** What became of every picture of a run. */
import type { ByteName } from './byte-name.ts';
import { LineFile } from './journal-file.ts';
import type { OpenFolder } from './output-tree.ts';

type Status = 'done' | 'skipped' | 'failed' | 'not-reached';

export interface ItemReport {
  /** Of the input. */
  path: string;
  /** Below the output folder; not for what has none. */
  output?: string;
  status: Status;
  /** Of a failure. */
  code?: string;
  /** Why it failed, was done again, or was skipped. */
  reason?: string;
  /** Whether running the command again may help. */
  retry?: boolean;
  /** Of the output file. */
  bytes?: number;
  ms?: number;
  /** Of the input, and of the output. */
  width?: number;
  height?: number;
  outputWidth?: number;
  outputHeight?: number;
  engine?: string;
  /** What of the picture was changed or could not be kept. */
  notes?: string[];
}

export interface Counts {
  done: number;
  skipped: number;
  failed: number;
  notReached: number;
}

/** Lines are written in pieces of about so many characters, or when so many milliseconds have passed. */
const pieceLength = 1 << 16;
const pieceMs = 1000;

/**
 * One line a picture, as soon as it is through; the old file goes first. It is a record for people
 * and never stops the work: a disk that is full is told once.
 */
export class ReportFile {
  readonly #warn: (code: string, text: string) => void;
  readonly #file: LineFile | undefined;
  #text = '';
  #time = performance.now();
  #failed = false;

  constructor(folder: OpenFolder, name: ByteName, warn: (code: string, text: string) => void) {
    this.#warn = warn;
    try {
      folder.remove(name);
      this.#file = LineFile.open(folder, name, () => {});
    } catch (error) {
      this.#lost(error);
    }
  }

  add(item: ItemReport): void {
    this.#text += `${JSON.stringify(item)}\n`;
    const now = performance.now();
    if (this.#text.length < pieceLength && now - this.#time < pieceMs) return;
    this.#time = now;
    this.flush();
  }

  flush(): void {
    const text = this.#text;
    this.#text = '';
    if (this.#failed || !this.#file || text === '') return;
    try {
      this.#file.append(text);
    } catch (error) {
      this.#lost(error);
    }
  }

  close(): void {
    this.flush();
    this.#file?.close();
  }

  #lost(error: unknown): void {
    this.#failed = true;
    this.#warn('W_REPORT', `the report cannot be written - ${(error as Error).message}`);
  }
}

const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** `done 9,812 | skipped 37 (unchanged) | failed 12 (see …) | not reached 139` */
export function summaryLine({ done, skipped, failed, notReached }: Counts, report: string): string {
  return [
    `done ${grouped(done)}`,
    `skipped ${grouped(skipped)}${skipped > 0 ? ' (unchanged)' : ''}`,
    `failed ${grouped(failed)}${failed > 0 ? ` (see ${report})` : ''}`,
    `not reached ${grouped(notReached)}`,
  ].join(' | ');
}
