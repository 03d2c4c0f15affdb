/** What is said about the pictures of a batch, beside its progress. */
import type { ItemReport } from '../batch/report.ts';
import type { Output } from './output.ts';

/** Failures that are listed at the end; all are in the report. */
const listedFailures = 100;
/** Kinds of notes that are kept apart. */
const keptNotes = 50;
const namesOfNote = 3;

/** Collects what is said once at the end. */
export class UpscaleFindings {
  readonly #failures: ItemReport[] = [];
  #failed = 0;
  #canRetry = false;
  readonly #notes = new Map<string, { count: number; names: string[] }>();

  add(report: ItemReport): void {
    if (report.status === 'failed') {
      this.#failed++;
      if (report.retry) this.#canRetry = true;
      if (this.#failures.length < listedFailures) this.#failures.push(report);
    }
    if (report.status === 'not-reached') this.#canRetry = true;
    for (const note of report.notes ?? []) this.#note(note, report.path);
  }

  #note(text: string, path: string): void {
    const known = this.#notes.get(text);
    if (!known && this.#notes.size >= keptNotes) return;
    const { count, names } = known ?? { count: 0, names: [] };
    if (names.length < namesOfNote) names.push(path);
    this.#notes.set(text, { count: count + 1, names });
  }

  /** Says what was noted about pictures that are done, and which failed. */
  tell(output: Output): void {
    for (const [text, { count, names }] of this.#notes) {
      const more = count > names.length ? ', …' : '';
      output.warn('W_PICTURE', `${text} - ${count} picture(s): ${names.join(', ')}${more}`);
    }
    for (const { code = '', path, reason } of this.#failures)
      output.warn(code, reason === undefined ? path : `${path} - ${reason}`);
    const hidden = this.#failed - this.#failures.length;
    if (hidden > 0) output.note(`and ${hidden} more failed`);
    if (this.#canRetry) output.note('run the same command again to go on: what is done is skipped');
  }
}
