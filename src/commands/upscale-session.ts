import { summaryLine } from '../batch/report.ts';
import type { BatchOptions, BatchProgress, BatchSummary } from '../batch/run.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { Signals } from '../train/signals.ts';
import type { Output } from './output.ts';
import { UpscaleProgress } from './upscale-progress.ts';
import { UpscaleFindings } from './upscale-report.ts';

/** What stops the batch, shows it and ends with it. */
export class UpscaleSession {
  readonly findings = new UpscaleFindings();
  readonly signals: Signals;
  readonly #progress: UpscaleProgress;
  readonly #output: Output;
  readonly #report: string;

  constructor(quiet: boolean, report: string, output: Output) {
    this.#output = output;
    this.#report = report;
    this.#progress = new UpscaleProgress(output, quiet);
    this.signals = new Signals(
      (text) => output.note(text),
      'finishing the pictures in work',
      () => this.end(this.#latest),
    );
  }

  #latest: BatchSummary = {
    ...{ done: 0, skipped: 0, failed: 0, notReached: 0 },
    ...{ diskFailed: false, bugs: 0, unusable: 0 },
  };

  readonly observer: BatchOptions['observer'] = {
    warn: (code, text) => this.#output.warn(code, text),
    bug: (stack) =>
      this.#output.note(`evensr: E_BUG: this is a bug in evensr, please report it\n${stack}`),
    planned: (toDo, progress) => {
      this.#remember(progress);
      this.#progress.begin(toDo, progress);
    },
    item: (report, progress) => {
      this.findings.add(report);
      this.#output.document(report);
      this.#remember(progress);
    },
  };

  #remember({ total, done, skipped, failed }: BatchProgress): void {
    const notReached = total - done - skipped - failed;
    this.#latest = { ...this.#latest, done, skipped, failed, notReached };
  }

  /** Ends the display and says what became of all. */
  end(summary: BatchSummary): void {
    this.#progress.close();
    this.findings.tell(this.#output);
    const { done, skipped, failed, notReached } = summary;
    this.#output.document({
      event: 'summary',
      done,
      skipped,
      failed,
      notReached,
      report: this.#report,
    });
    this.#output.line(summaryLine(summary, this.#report));
  }

  dispose(): void {
    this.#progress.close();
    this.signals.dispose();
  }
}

/** The exit code of a batch that ran. */
export function exitCodeOf(summary: BatchSummary, signals: Signals): ExitCode {
  const { done, skipped, failed, unusable, bugs, diskFailed } = summary;
  if (diskFailed) return exitCodes.disk;
  if (signals.exitCode !== undefined) return signals.exitCode;
  if (bugs > 0) return exitCodes.bug;
  if (failed === 0) return exitCodes.ok;
  return done + skipped === 0 && unusable === failed
    ? exitCodes.nothingUsable
    : exitCodes.someFailed;
}
