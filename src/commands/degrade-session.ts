import type { Shard } from '../batch/shard.ts';
import type { SetObserver, SetProgress } from '../dataset/write.ts';
import { Signals } from '../train/signals.ts';
import { DegradeProgress } from './degrade-progress.ts';
import type { Output } from './output.ts';
import { grouped } from './screen/format.ts';

/** Pairs that differ from their records are named up to here; all are counted. */
const namedDifferences = 100;

/** What becomes of a set, and what is said about it. */
export class DegradeSession {
  readonly #output: Output;
  readonly #where: { folder: string; shard: Shard };
  readonly #failedBefore: number;
  readonly #line: DegradeProgress;
  readonly signals: Signals;
  /** There once the work has begun. */
  #progress: Readonly<SetProgress> | undefined;
  readonly different: string[] = [];
  differentCount = 0;

  constructor(
    where: { folder: string; shard: Shard },
    options: { failedBefore: number; quiet: boolean },
    output: Output,
  ) {
    this.#where = where;
    this.#failedBefore = options.failedBefore;
    this.#output = output;
    this.#line = new DegradeProgress(output, options.quiet);
    const finishing = 'finishing the pairs in work';
    this.signals = new Signals(
      (text) => output.note(text),
      finishing,
      () => this.end(false),
    );
  }

  readonly observer: SetObserver = {
    planned: (progress) => {
      this.#progress = progress;
      this.#line.begin(progress);
    },
    different: (key) => {
      if (this.differentCount++ < namedDifferences) this.different.push(key);
    },
  };

  /** Everything that could not be made, or not as it was. */
  get failed(): number {
    return this.#failedBefore + this.differentCount;
  }

  readonly note = (text: string): void => this.#output.note(text);

  /** Ends the display and says what became of all. */
  end(complete: boolean): void {
    this.#line.close();
    for (const key of this.different)
      this.#output.warn('E_REPLAY', `${key} differs from its record - written all the same`);
    const hidden = this.differentCount - this.different.length;
    if (hidden > 0) this.#output.note(`and ${hidden} more differ`);
    if (this.#progress) this.#tellCounts(this.#progress, complete);
  }

  #tellCounts({ total, done, skipped }: Readonly<SetProgress>, complete: boolean): void {
    const { folder, shard } = this.#where;
    const left = total - done - skipped;
    const counts = [
      `done ${grouped(done)} pairs`,
      `skipped ${grouped(skipped)} (made before)`,
      `failed ${grouped(this.failed)}`,
      `not reached ${grouped(left)}`,
    ];
    this.#output.line(counts.join(' | '));
    if (complete) this.#output.line(`${folder}: complete, with recipes.jsonl`);
    else if (left > 0) this.#output.line(`${folder}: run the same command again to go on`);
    else if (shard.count > 1) {
      const others = `recipes.jsonl is written when all ${shard.count} shards are in one folder`;
      this.#output.line(`${folder}: shard ${shard.index} of ${shard.count} is done - ${others}`);
    }
  }

  dispose(): void {
    this.#line.close();
    this.signals.dispose();
  }
}
