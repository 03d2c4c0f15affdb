import { createLogUpdate } from 'log-update';
import type { BatchProgress } from '../batch/run.ts';
import { formatBytes } from './bytes.ts';
import type { Output } from './output.ts';
import { duration, grouped, joined, percent, rate } from './screen/format.ts';

const redrawMs = 200;
const plainEveryMs = 10_000;

/** One line about how far a batch is. `toDo` counts what was neither skipped nor refused at the start. */
export function progressLine(
  progress: BatchProgress,
  { toDo, seconds, rss }: { toDo: number; seconds: number; rss: number },
  width = 200,
): string {
  const { total, done, skipped, failed, notReached, inWork, outputPixels } = progress;
  const through = done + skipped + failed + notReached;
  const perSecond = seconds > 0 ? (done + inWork) / seconds : 0;
  const left = total - through - inWork;
  const pieces = [
    `upscale ${grouped(through)}/${grouped(total)}`,
    percent(total > 0 ? (through + inWork) / total : 1),
    ...(perSecond > 0
      ? [
          // Of a few large pictures nothing would be left of it.
          ...(perSecond >= 0.05 ? [`${rate(perSecond)} images/s`] : []),
          `${rate(outputPixels / 1e6 / seconds)} MP/s`,
          `eta ${duration(left / perSecond)}`,
        ]
      : [`${grouped(toDo)} to do`]),
    `failed ${grouped(failed)}`,
    ...(skipped > 0 ? [`skipped ${grouped(skipped)}`] : []),
    `rss ${formatBytes(rss)}`,
  ];
  return joined(pieces, width, '  ');
}

/** Shows how a batch goes on stderr: in place where people watch, else a line now and then. */
export class UpscaleProgress {
  readonly #output: Output;
  readonly #quiet: boolean;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  #started = performance.now();
  #last = performance.now();
  #toDo = 0;
  #progress: BatchProgress | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(output: Output, quiet: boolean) {
    this.#output = output;
    this.#quiet = quiet || output.json;
    if (!output.interactive || this.#quiet) return;
    this.#draw = createLogUpdate(process.stderr, { showCursor: true });
    output.noteThrough((text) => {
      this.#draw?.persist(text);
      this.#show();
    });
  }

  begin(toDo: number, progress: BatchProgress): void {
    this.#toDo = toDo;
    this.#progress = progress;
    this.#started = performance.now();
    if (this.#quiet) return;
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
    if (!this.#progress) return;
    const seconds = (performance.now() - this.#started) / 1000;
    const facts = { toDo: this.#toDo, seconds, rss: process.memoryUsage.rss() };
    const width = this.#draw ? Math.max(40, (process.stderr.columns ?? 80) - 1) : undefined;
    const line = progressLine(this.#progress, facts, width);
    if (this.#draw) this.#draw(line);
    else this.#output.note(line);
  }
}
