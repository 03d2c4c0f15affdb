import type { SetProgress } from '../dataset/write.ts';
import { formatBytes } from './bytes.ts';
import { LiveLine } from './live-line.ts';
import type { Output } from './output.ts';
import { duration, grouped, joined, percent, rate } from './screen/format.ts';

/** One line about how far a set is. */
export function setProgressLine(
  { total, done, skipped }: SetProgress,
  { seconds, rss }: { seconds: number; rss: number },
  width = 200,
): string {
  const through = done + skipped;
  const perSecond = seconds > 0 ? done / seconds : 0;
  const speed =
    perSecond > 0
      ? [`${rate(perSecond)} images/s`, `eta ${duration((total - through) / perSecond)}`]
      : [`${grouped(total - through)} to do`];
  const pieces = [
    `degrade ${grouped(through)}/${grouped(total)}`,
    percent(total > 0 ? through / total : 1),
    ...speed,
    ...(skipped > 0 ? [`made before ${grouped(skipped)}`] : []),
    `rss ${formatBytes(rss)}`,
  ];
  return joined(pieces, width, '  ');
}

/** Shows how a set grows on stderr. */
export class DegradeProgress {
  readonly #line: LiveLine;
  #started = performance.now();
  #progress: SetProgress = { total: 0, done: 0, skipped: 0 };

  constructor(output: Output, quiet: boolean) {
    this.#line = new LiveLine(output, quiet, (width) => {
      const seconds = (performance.now() - this.#started) / 1000;
      return setProgressLine(this.#progress, { seconds, rss: process.memoryUsage.rss() }, width);
    });
  }

  /** What is shown changes as the object does. */
  begin(progress: SetProgress): void {
    this.#progress = progress;
    this.#started = performance.now();
    this.#line.begin();
  }

  close(): void {
    this.#line.close();
  }
}
