/** Upscales many pictures: several at a time, whatever happens to one of them. */
import { onDisk } from '../data/durable.ts';
import { textOfName } from '../data/names.ts';
import type { PictureUpscaler, UpscaleOptions } from '../infer/picture-upscaler.ts';
import { Budget } from './budget.ts';
import { type ByteName, textOf } from './byte-name.ts';
import { type Decision, decideAll } from './decide.ts';
import { type ItemContext, type ItemOutcome, type ItemWatch, upscaleItem } from './item.ts';
import { type Failure, failureOf } from './item-error.ts';
import { Journal } from './journal.ts';
import { OutputTree } from './output-tree.ts';
import type { PictureFiles } from './pictures.ts';
import type { Plan, PlannedItem, RefusedItem } from './plan.ts';
import { type Counts, type ItemReport, ReportFile } from './report.ts';
import type { Settings } from './settings.ts';
import type { Shard } from './shard.ts';
import { BatchState } from './state.ts';

export interface BatchOptions {
  /** The output folder, without links. */
  output: string;
  shard: Shard;
  upscaler: PictureUpscaler;
  options: UpscaleOptions;
  settings: Settings;
  overwrite: boolean;
  maxPixels: number;
  /** Bytes that all pictures in work may take together. */
  memory: number;
  provenance: string;
  pictures: PictureFiles;
  control: { readonly stopping: boolean };
  observer: BatchObserver;
}

export interface BatchObserver {
  warn(code: string, text: string): void;
  /** How many there are to do, when that is known; the rest is skipped or refused. */
  planned(toDo: number, progress: BatchProgress): void;
  /** A picture is through. */
  item(report: ItemReport, progress: BatchProgress): void;
  bug(stack: string): void;
}

export interface BatchProgress extends Counts {
  total: number;
  /** Of the pictures in work, the shares that are through, together. */
  inWork: number;
  /** Pixels of the outputs so far, also of those in work. */
  outputPixels: number;
}

export interface BatchSummary extends Counts {
  /** Nothing more could be written. */
  diskFailed: boolean;
  bugs: number;
  /** Pictures that failed for what they are. */
  unusable: number;
}

/** Pictures that are read, decoded, upscaled or encoded at the same time. */
const picturesAtOnce = 6;

/** Of the budget, what one picture may take decoded, and collected before it is encoded. */
const pictureShare = 1 / 8;

type Work = Extract<Decision, { kind: 'work' }>;

const unusableCodes = /^E_IMG_|^E_LIMIT$|^E_NOT_A_FILE$|^E_VANISHED$|^E_CHANGED$/;

class Batch {
  readonly #plan: Plan;
  readonly #options: BatchOptions;
  readonly #report: ReportFile;
  readonly #context: ItemContext;
  readonly #work: { item: PlannedItem; decision: Work }[] = [];
  /** Found no memory while others were in work: each gets one more try alone. */
  readonly #again: { item: PlannedItem; decision: Work }[] = [];
  #next = 0;
  readonly progress: BatchProgress;
  readonly summary = { diskFailed: false, bugs: 0, unusable: 0 };

  constructor(
    plan: Plan,
    options: BatchOptions,
    report: ReportFile,
    context: Omit<ItemContext, 'isStopping'>,
  ) {
    this.#plan = plan;
    this.#options = options;
    this.#report = report;
    this.#context = {
      ...context,
      isStopping: () => this.#isStopping,
    };
    const total = plan.items.length + plan.refused.length;
    this.progress = {
      total,
      done: 0,
      skipped: 0,
      failed: 0,
      notReached: 0,
      inWork: 0,
      outputPixels: 0,
    };
  }

  get #isStopping(): boolean {
    return this.summary.diskFailed || this.#options.control.stopping;
  }

  async run(): Promise<void> {
    for (const refused of this.#plan.refused) this.#refuse(refused);
    await this.#decide();
    this.#options.observer.planned(this.#work.length, this.progress);
    const workers = Array.from({ length: picturesAtOnce }, () => this.#worker());
    await Promise.all(workers);
    for (const { item, decision } of this.#again) {
      if (this.#isStopping) this.#notReached(item);
      else await this.#one(item, decision, true);
    }
    for (; this.#next < this.#work.length; this.#next++)
      this.#notReached((this.#work[this.#next] as { item: PlannedItem }).item);
  }

  async #decide(): Promise<void> {
    const { journal, settings, overwrite, tree } = this.#context;
    const options = { journal, settings, overwrite };
    await decideAll(this.#plan.items, tree, options, (item, decision) => {
      if (decision.kind === 'work') this.#work.push({ item, decision });
      else if (decision.kind === 'unchanged')
        this.#tell(item, { status: 'skipped', reason: 'unchanged' });
      else this.#fail(item, { ...decision, isDisk: false, retry: false });
    });
  }

  async #worker(): Promise<void> {
    while (!this.#isStopping && this.#next < this.#work.length) {
      const { item, decision } = this.#work[this.#next++] as { item: PlannedItem; decision: Work };
      await this.#one(item, decision);
    }
  }

  async #one(item: PlannedItem, decision: Work, isAlone = this.#work.length === 1): Promise<void> {
    let begun: number | undefined;
    let share = 0;
    const watch: ItemWatch = {
      begins: () => {
        begun = performance.now();
      },
      wrote: (pixels, part) => {
        share += part;
        this.progress.inWork += part;
        this.progress.outputPixels += pixels;
      },
    };
    try {
      const outcome = await upscaleItem(item, decision, this.#context, watch);
      this.progress.inWork -= share;
      this.#settle(item, decision, outcome, begun);
    } catch (error) {
      this.progress.inWork -= share;
      const failure = failureOf(error);
      if (failure.code === 'E_MEMORY' && !isAlone) this.#again.push({ item, decision });
      else this.#fail(item, failure);
    }
  }

  #settle(
    item: PlannedItem,
    { reason }: Work,
    outcome: ItemOutcome,
    begun = performance.now(),
  ): void {
    if (outcome.status === 'not-reached') {
      this.#notReached(item);
      return;
    }
    if (outcome.status === 'same') {
      this.#tell(item, { status: 'skipped', reason: 'touched, but its bytes are the same' });
      return;
    }
    const { bytes, input, result, notes } = outcome;
    this.#tell(
      item,
      {
        status: 'done',
        reason,
        bytes,
        ms: Math.round(performance.now() - begun),
        width: input.width,
        height: input.height,
        outputWidth: result.width,
        outputHeight: result.height,
        engine: this.#options.upscaler.engine,
        ...(notes.length > 0 ? { notes } : {}),
      },
      outcome.output,
    );
  }

  #refuse({ path, code, reason }: RefusedItem): void {
    this.#count({ code, isDisk: false });
    this.#add({ path, status: 'failed', code, reason, retry: false });
  }

  #fail(
    item: PlannedItem,
    failure: Pick<Failure, 'code' | 'reason' | 'retry' | 'isDisk' | 'stack'>,
  ): void {
    const { code, reason, retry, stack } = failure;
    this.#count(failure);
    if (stack !== undefined) this.#options.observer.bug(stack);
    this.#tell(item, { status: 'failed', code, reason, retry });
  }

  #count({ code, isDisk }: Pick<Failure, 'code' | 'isDisk'>): void {
    if (isDisk) this.summary.diskFailed = true;
    if (code === 'E_BUG') this.summary.bugs++;
    if (unusableCodes.test(code)) this.summary.unusable++;
  }

  #notReached(item: PlannedItem): void {
    this.#tell(item, { status: 'not-reached', retry: true });
  }

  #tell(item: PlannedItem, facts: Omit<ItemReport, 'path'>, output: ByteName = item.output): void {
    const { status, ...rest } = facts;
    this.#add({ path: textOfName(item.photo.path), output: textOf(output), status, ...rest });
  }

  #add(report: ItemReport): void {
    this.progress[report.status === 'not-reached' ? 'notReached' : report.status]++;
    this.#report.add(report);
    this.#options.observer.item(report, this.progress);
  }
}

async function inFolder(
  plan: Plan,
  options: BatchOptions,
  tree: OutputTree,
): Promise<BatchSummary> {
  const { shard, output, observer, memory } = options;
  const warn = (code: string, text: string) => observer.warn(code, text);
  const state = BatchState.open(tree, shard, output);
  let journal: Journal | undefined;
  try {
    journal = Journal.open(state.folder, state.temporary, { shard, warn });
    const report = new ReportFile(state.folder, state.fileName('report', 'jsonl'), warn);
    try {
      const { upscaler, settings, overwrite, maxPixels, provenance, pictures } = options;
      const batch = new Batch(plan, options, report, {
        ...{ tree, state, journal, pictures, upscaler, settings, overwrite, maxPixels, provenance },
        options: options.options,
        budget: new Budget(memory),
        pictureMemory: memory * pictureShare,
      });
      await batch.run();
      return { ...batch.progress, ...batch.summary };
    } finally {
      report.close();
    }
  } finally {
    journal?.close();
    state.close();
  }
}

/**
 * Upscales the pictures of a plan. One bad picture never stops the others; a full disk does, and so does
 * `control`: pictures in work are finished then. Throws E_LOCKED (exit 11), E_DISK (5) and E_PATH before
 * the first picture.
 */
export async function runBatch(plan: Plan, options: BatchOptions): Promise<BatchSummary> {
  const tree = OutputTree.make(options.output);
  try {
    return await onDisk(options.output, () => inFolder(plan, options, tree));
  } finally {
    tree.close();
  }
}
