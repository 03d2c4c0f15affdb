import type { BatchProgress } from '../batch/run.ts';
import { formatBytes } from './bytes.ts';
import { LiveLine } from './live-line.ts';
import type { Output } from './output.ts';
import { duration, grouped, joined, percent, rate } from './screen/format.ts';

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

/** Shows how a batch goes on stderr. */
export class UpscaleProgress {
  readonly #line: LiveLine;
  #started = performance.now();
  #toDo = 0;
  #progress: BatchProgress | undefined;

  constructor(output: Output, quiet: boolean) {
    this.#line = new LiveLine(output, quiet, (width) => this.#text(width));
  }

  begin(toDo: number, progress: BatchProgress): void {
    this.#toDo = toDo;
    this.#progress = progress;
    this.#started = performance.now();
    this.#line.begin();
  }

  close(): void {
    this.#line.close();
  }

  #text(width: number | undefined): string {
    if (!this.#progress) return '';
    const seconds = (performance.now() - this.#started) / 1000;
    const facts = { toDo: this.#toDo, seconds, rss: process.memoryUsage.rss() };
    return progressLine(this.#progress, facts, width);
  }
}
