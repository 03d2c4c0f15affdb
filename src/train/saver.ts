/** Saving checkpoints, and what happens when it fails. */
import { EvensrError, exitCodes } from '../errors.ts';
import type { TrainObserver } from './observer.ts';
import type { RunFolder } from './run-folder.ts';

export interface SaveOptions {
  folder: RunFolder;
  observer: TrainObserver;
  keep: number;
  /** After two failures in a row: stop the run, or warn and go on. */
  onFail: 'stop' | 'continue';
}

const failuresToStop = 2;

/** Writes checkpoints, prunes old ones and counts failures. */
export class Saver {
  readonly #options: SaveOptions;
  #failures = 0;
  /** Step of the newest checkpoint; null before the first. */
  savedStep: number | null;

  constructor(options: SaveOptions) {
    this.#options = options;
    this.savedStep = options.folder.resumed?.state.step ?? null;
  }

  /**
   * Writes a checkpoint, then removes those that are no longer kept.
   * @param last nothing can make up for a failure
   * @throws E_DISK when it failed for the second time in a row (unless the run is to continue), or at last
   */
  async save(step: number, parts: Uint8Array[], best: number | undefined, last: boolean) {
    const { folder, observer, keep } = this.#options;
    try {
      await folder.checkpoints.save(step, parts);
    } catch (error) {
      this.#fail(step, error as Error, last);
      return;
    }
    this.#failures = 0;
    this.savedStep = step;
    const file = folder.checkpoints.file(step);
    folder.report('saved', { step, file });
    observer.saved(step, file);
    await folder.checkpoints.prune(keep, best).catch((error: Error) => {
      observer.warn('W_CKPT', `an old checkpoint could not be removed: ${error.message}`);
    });
  }

  #fail(step: number, error: Error, last: boolean): void {
    const { folder, observer, onFail } = this.#options;
    if ((error as { code?: string }).code !== 'E_DISK') throw error;
    this.#failures++;
    const kept = this.savedStep === null ? 'none before it' : `${this.savedStep} is kept`;
    const text = `checkpoint ${step} could not be saved: ${error.message} - ${kept}`;
    folder.report('save failed', { step, reason: error.message });
    if (last || (onFail === 'stop' && this.#failures >= failuresToStop)) {
      throw new EvensrError('E_DISK', exitCodes.disk, text, {
        hint: 'make room and resume with --resume',
        cause: error,
      });
    }
    const next = onFail === 'stop' ? `(${this.#failures} of ${failuresToStop})` : '- going on';
    observer.warn('W_SAVE', `${text} ${next}`);
  }
}
