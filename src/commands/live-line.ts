import { createLogUpdate } from 'log-update';
import type { Output } from './output.ts';

const redrawMs = 200;
const plainEveryMs = 10_000;

/**
 * Shows how a long piece of work goes, in one line on stderr: in place where people watch, else now and
 * then; nothing with `--json` or when quiet. `line` makes it, of at most so many characters.
 */
export class LiveLine {
  readonly #output: Output;
  readonly #line: (width: number | undefined) => string;
  readonly #quiet: boolean;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  #last = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output, quiet: boolean, line: (width: number | undefined) => string) {
    this.#output = output;
    this.#line = line;
    this.#quiet = quiet || output.json;
    if (!output.interactive || this.#quiet) return;
    this.#draw = createLogUpdate(process.stderr, { showCursor: true });
  }

  begin(): void {
    if (this.#quiet) return;
    if (this.#draw)
      this.#output.noteThrough((text) => {
        this.#draw?.persist(text);
        this.#show();
      });
    this.#timer = setInterval(() => this.#tick(), this.#draw ? redrawMs : 1000);
    this.#timer.unref();
    this.#show();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#output.noteThrough(undefined);
    this.#draw?.clear();
    this.#draw?.done();
  }

  #tick(): void {
    const now = performance.now();
    if (!this.#draw && now - this.#last < plainEveryMs) return;
    this.#last = now;
    this.#show();
  }

  #show(): void {
    const width = this.#draw ? Math.max(40, (process.stderr.columns ?? 80) - 1) : undefined;
    const line = this.#line(width);
    if (this.#draw) this.#draw(line);
    else this.#output.note(line);
  }
}
