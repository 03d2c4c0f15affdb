import { stderrColors } from './colors.ts';

/** Control characters in file names and messages must not reach a terminal. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) =>
    c === '\n' ? '\\n' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** Writes a line in place of stderr: above a live screen. */
export type NoteWriter = (text: string) => void;

/** Set while stdout only tells how a long piece of work goes. */
let tellStdoutLost: ((error: NodeJS.ErrnoException) => void) | undefined;

/**
 * A reader that goes away (`| head`) is no failure of ours: the work goes on, quietly. The same holds for
 * a stderr that cannot be written, of which nobody could be told. A stdout that cannot be written is
 * E_DISK, unless it is only a log.
 */
export function watchStreams(): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    if (!tellStdoutLost) throw error;
    tellStdoutLost(error);
  });
}

/**
 * The only way in which commands print. With `--json` stdout holds one JSON document or JSON lines
 * and nothing else; messages for people go to stderr. A closed stdout is not an error.
 */
export class Output {
  readonly json: boolean;
  readonly verbose: boolean;
  private writer: NoteWriter | undefined;

  constructor(options: { json: boolean; verbose: boolean }) {
    this.json = options.json;
    this.verbose = options.verbose;
  }

  /** Text for people: stdout, or nothing with `--json`. */
  line(text = ''): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** One JSON document or line: stdout with `--json`, else nothing. */
  document(value: unknown): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** What happens meanwhile: stderr, never mixed with results. */
  note(text: string): void {
    if (this.writer) this.writer(text);
    else process.stderr.write(`${text}\n`);
  }

  warn(code: string, text: string): void {
    this.note(`${stderrColors.yellow(`evensr: ${code}:`)} ${printable(text)}`);
  }

  /** From now on stdout is only a log: that it cannot be written is said once, and the work goes on. */
  stdoutIsLog(): void {
    let told = false;
    tellStdoutLost = ({ code }) => {
      if (!told) this.warn('W_LOG', `stdout cannot be written (${code}) - the work goes on`);
      told = true;
    };
  }

  /** While a live screen is on, notes and warnings have to pass through it. */
  noteThrough(writer: NoteWriter | undefined): void {
    this.writer = writer;
  }

  /** A live screen is possible: people are watching stderr. */
  get interactive(): boolean {
    return process.stderr.isTTY === true && !this.json && process.env.TERM !== 'dumb';
  }
}
