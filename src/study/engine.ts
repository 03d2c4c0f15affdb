/** Runs what a study consists of: starts, measurements, trainings, scores. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../data/durable.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import { native } from '../native.ts';
import type { TrainConfig } from '../train/config.ts';
import type { ConfigChange } from '../train/config-change.ts';
import { lockFolder } from '../train/lock.ts';
import { Children } from './child.ts';
import { type Contents, measuredFile } from './contents.ts';
import type { Parts } from './identity.ts';
import { openInputs } from './inputs.ts';
import type { StudyObserver, StudyProgress } from './observer.ts';
import { chosenRuns, type PlannedRun, type StudyPlan, type StudyStart, startsOf } from './plan.ts';
import { Scorer } from './scorer.ts';
import { inSlots } from './slots.ts';
import type { ScoreOptions } from './test-set.ts';
import { type ChildWork, filesOf, measureStart, trainRun } from './train-child.ts';

export interface EngineOptions {
  /** Arms to train; all when there are none. */
  only: readonly string[];
  /** Trainings at a time. */
  jobs: number;
  /** Whether runs that come from something else now are done again, in place of an error. */
  redo: boolean;
  observer: StudyObserver;
  stopping: () => boolean;
}

export interface FailedRun {
  id: string;
  code: string;
  reason: string;
}

/** Threads of each of so many trainings at a time. */
export function threadsFor(jobs: number): number {
  return Math.max(1, Math.floor(native.info().threads / Math.max(1, jobs)));
}

/** Failures that the next run would meet too. */
const endsAll = new Set<number>([exitCodes.disk, exitCodes.bug]);

interface Work {
  id: string;
  folder: string;
  config: TrainConfig;
  steps: number;
}

interface Measurement {
  id: string;
  folder: string;
  measure: NonNullable<StudyPlan['study']['measure']>;
}

/** A study that this process holds the folder of. */
export class StudyEngine {
  readonly plan: StudyPlan;
  readonly scorer: Scorer;
  readonly contents: Contents;
  readonly failed: FailedRun[] = [];
  readonly #options: EngineOptions;
  readonly #children = new Children();
  readonly #release: () => void;
  readonly #active = new Map<string, StudyProgress['active'][number]>();
  readonly #over = new Set<PlannedRun>();
  /** Of each piece of work that is under way. */
  #threads = 1;
  #done = 0;
  #total = 0;

  private constructor(
    plan: StudyPlan,
    options: EngineOptions,
    held: { scorer: Scorer; contents: Contents; release: () => void },
  ) {
    this.plan = plan;
    this.#options = options;
    this.scorer = held.scorer;
    this.contents = held.contents;
    this.#release = held.release;
  }

  /**
   * Takes the folder of the study and opens the photographs. The caller closes it.
   * @throws E_LOCKED (11), E_STUDY_IMAGES and E_CROP (2), E_DATA_… (3), E_DISK (5)
   */
  static async open(plan: StudyPlan, options: EngineOptions): Promise<StudyEngine> {
    const { observer } = options;
    const release = lockFolder(plan.output);
    try {
      const { test, contents } = await openInputs(plan, observer);
      const warn = observer.warn.bind(observer);
      const scorer = new Scorer(test, join(plan.output, 'scores'), warn);
      return new StudyEngine(plan, options, { scorer, contents, release });
    } catch (error) {
      release();
      throw error;
    }
  }

  get stopping(): boolean {
    return this.#options.stopping();
  }

  close(): void {
    this.scorer.test.dispose();
    this.#release();
  }

  /** Asks what is under way to save and end. */
  stop(signal: NodeJS.Signals): void {
    this.#children.stop(signal);
  }

  /** Trains and scores everything that is not done yet; returns when that is over, or it was stopped. */
  async train(): Promise<void> {
    const runs = chosenRuns(this.plan, this.#options.only);
    const starts = startsOf(this.plan, runs);
    const measured = starts.filter(({ measure }) => measure !== null);
    this.#total = starts.length + measured.length + runs.length;
    this.#tell();
    await this.#inSlots(
      starts,
      () => true,
      (one) => this.#begin(one.start, one.measure),
    );
    if (this.#options.stopping()) return;
    await this.refuseChanged(runs);
    const isReady = ({ natural }: PlannedRun) => natural === null || this.#over.has(natural);
    await this.#inSlots(runs, isReady, (run) =>
      this.#train(run).finally(() => this.#over.add(run)),
    );
  }

  async #inSlots<Item>(
    items: readonly Item[],
    ready: (item: Item) => boolean,
    work: (item: Item) => Promise<void>,
  ): Promise<void> {
    const { jobs, stopping } = this.#options;
    this.#threads = threadsFor(Math.min(jobs, items.length));
    await inSlots(items, { slots: jobs, ready, work, stopping }, () => this.stop('SIGTERM'));
  }

  /** Refuses runs that come from something else now, or removes them to be done again. */
  async refuseChanged(runs: readonly PlannedRun[]): Promise<void> {
    const changed: { id: string; folder: string; changes: readonly ConfigChange[] }[] = [];
    for (const run of runs) {
      const state = await this.contents.stateOfRun(run);
      if (state.kind === 'changed') changed.push({ ...run, changes: state.changes });
    }
    this.#settleChanged(changed);
  }

  #settleChanged(
    changed: readonly { id: string; folder: string; changes: readonly ConfigChange[] }[],
  ): void {
    if (changed.length > 0 && !this.#options.redo) throw changedError(changed);
    for (const { id, folder } of changed) {
      const files = filesOf(folder);
      for (const path of [folder, files.config, files.parts])
        rmSync(path, { recursive: true, force: true });
      this.#options.observer.note(`${id}: comes from something else now, done again`);
    }
  }

  async #begin(start: StudyStart, measure: StudyPlan['study']['measure']): Promise<void> {
    const { output } = this.plan;
    const { folder, config } = start;
    if (folder === null) return this.#finished('start', start.weights);
    const id = folder.slice(output.length + 1);
    const { steps } = config.training;
    const parts = this.contents.ofStart(start);
    const state = this.contents.stateOfStart(folder, start);
    if (state.kind === 'changed') this.#settleChanged([{ id, folder, changes: state.changes }]);
    try {
      if (state.kind !== 'done') await this.#trainFolder({ id, folder, config, steps }, parts);
      if (this.#options.stopping()) return;
      this.#finished('start', id);
      if (measure) await this.#measure(start, { id, folder, measure });
    } catch (error) {
      throw about(id, error);
    }
  }

  async #measure(start: StudyStart, { id, folder, measure }: Measurement): Promise<void> {
    if (!(await this.contents.isMeasured(start, measure))) {
      const tasks = this.scorer.test.tasks.length;
      await this.#child(id, 'measure', (work) =>
        measureStart({ checkpoint: start.weights, measure, tasks }, work),
      );
      if (this.#options.stopping()) return;
      await writeDurably(measuredFile(folder), await this.contents.measuredText(start, measure));
    }
    this.#finished('measured', id);
  }

  async #train(run: PlannedRun): Promise<void> {
    const { id, folder, config, budget } = run;
    try {
      const followed = this.failed.find((one) => one.id === run.natural?.id);
      if (followed)
        return this.#fail(id, 'E_STUDY_RUN', `${followed.id}, which it follows, failed`);
      const parts = await this.contents.ofRun(run);
      if ((await this.contents.stateOfRun(run)).kind !== 'done')
        await this.#trainFolder({ id, folder, config, steps: budget }, parts);
      if (this.#options.stopping()) return;
      const scores = await this.scorer.ofRun(run, this.#scoreOptions(id));
      if (scores) this.#finished('run', id);
    } catch (error) {
      if (!(error instanceof EvensrError) || endsAll.has(error.exitCode)) throw about(id, error);
      this.#fail(id, error.code, error.message);
    } finally {
      this.#active.delete(id);
    }
  }

  async #trainFolder({ id, folder, config, steps }: Work, parts: Parts): Promise<void> {
    const training = { ...config.training, threads: this.#threads };
    const run = { folder, config: { ...config, training }, parts };
    this.#options.observer.event({ event: 'begun', id });
    this.#setActive(id, 'train', { done: 0, total: steps });
    await this.#child(id, 'train', (work) => trainRun(run, work));
  }

  async #child(id: string, what: string, run: (work: ChildWork) => Promise<void>): Promise<void> {
    const { observer, stopping } = this.#options;
    const onProgress: ChildWork['onProgress'] = (progress) => this.#setActive(id, what, progress);
    try {
      await run({ children: this.#children, observer, id, stopping, onProgress });
    } finally {
      this.#active.delete(id);
    }
  }

  /** How networks are scored; `id` is whose progress it is. */
  #scoreOptions(id: string): ScoreOptions {
    return {
      threads: this.#threads,
      stopping: this.#options.stopping,
      onProgress: (progress) => this.#setActive(id, 'score', progress),
    };
  }

  /** Scoring of something while nothing is trained. */
  async scoring<T>(id: string, score: (options: ScoreOptions) => Promise<T>): Promise<T> {
    this.#threads = threadsFor(1);
    try {
      return await score(this.#scoreOptions(id));
    } finally {
      this.#active.delete(id);
      this.#tell();
    }
  }

  #setActive(id: string, work: string, progress: { done: number; total: number }): void {
    this.#active.set(id, { id, work, ...progress });
    this.#tell();
  }

  #tell(): void {
    const { failed } = this;
    const active = [...this.#active.values()];
    this.#options.observer.progress({
      ...{ done: this.#done, total: this.#total, failed: failed.length, active },
    });
  }

  #finished(event: 'start' | 'measured' | 'run', id: string): void {
    this.#done++;
    this.#options.observer.event({ event, id });
    this.#tell();
  }

  #fail(id: string, code: string, reason: string): void {
    this.failed.push({ id, code, reason });
    this.#options.observer.warn(code, `${id}: ${reason} - the other runs go on`);
    this.#tell();
  }
}

function changedError(
  changed: readonly { id: string; changes: readonly ConfigChange[] }[],
): EvensrError {
  const texts = changed.map(({ id, changes }) => {
    const some = changes.slice(0, 5).map(({ key, before, now }) => `${key}: ${before} -> ${now}`);
    return `${id} was made of something else: ${some.join('; ')}${changes.length > 5 ? ' …' : ''}`;
  });
  return new EvensrError('E_STUDY_CHANGED', exitCodes.invalidModel, texts[0] as string, {
    hint: '--redo does changed runs again, another --output keeps them',
    details: texts.slice(1),
  });
}
