/** A training run: its state and the pieces that the loop (loop.ts) is made of. */
import type { Balancer } from '../balance/balancer.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { type NativeTrainer, native, type StepResult, type WeightSet } from '../native.ts';
import type { NetworkConfig } from '../network/build.ts';
import { type BatchSource, stepTruth, type TrainBatch } from './batches.ts';
import { type Checkpoint, encodeCheckpoint, restoreTrainer } from './checkpoint.ts';
import type { TrainConfig } from './config.ts';
import { afterRollBack, DivergenceAlarm, judge, newGuard } from './guard.ts';
import { StepClock, type TrainObserver } from './observer.ts';
import type { Probes, TaskPsnr } from './probe.ts';
import { replayedStep } from './replay.ts';
import type { RuleMeasures } from './rule-measures.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunLog } from './run-log.ts';
import { Saver } from './saver.ts';
import { learningRateAt } from './schedule.ts';
import type { Control } from './signals.ts';
import type { Specialists } from './specialists.ts';
import { loggedStep, type RunState } from './state.ts';
import type { TrainerState } from './trainer-state.ts';
import { emptyWindow, meanOf, type WindowMeans, withStep } from './window.ts';

export type References = Record<string, number>;

/** What specialists of all tasks told: R_t, and the PSNR of each on every task. */
export interface MeasuredTasks extends Specialists {
  references: References;
}
export type MeasureTasks = (
  start: TrainerState,
  control: Control,
) => Promise<MeasuredTasks | undefined>;

/** What a run is put together from (setup.ts). */
export interface RunParts {
  config: TrainConfig;
  network: NetworkConfig;
  folder: RunFolder;
  log: RunLog;
  observer: TrainObserver;
  trainer: NativeTrainer;
  /** Of a run with an adversarial loss: it learns in the same steps. */
  discriminator: NativeTrainer | null;
  /** The weights that are measured and shown: the moving average, if there is one. */
  weights: WeightSet;
  batches: BatchSource;
  probes: Probes;
  /** Names of the photographs, by their number in the crops. */
  photoNames: readonly string[];
  identity: string;
  photos: string;
  makeBalancer(references: References | null): Balancer;
  /** Measures what the rule needs beside losses and probes; absent when that is nothing. */
  measures?: RuleMeasures;
  /** Measures the tasks' references from a state of the trainer; absent when they are given. */
  measureReferences?: MeasureTasks;
  /** Measures the transfer matrix likewise; absent when it is given, or the rule does without. */
  measureTransfer?: MeasureTasks;
}

/** Samples that a warning names; the report names all. */
const listed = 3;

/** A run between two steps; the methods are the parts of a step, called in turn by loop.ts. */
export class Run {
  readonly parts: RunParts;
  readonly saver: Saver;
  readonly clock = new StepClock();
  readonly #alarm = new DivergenceAlarm();
  /** Milliseconds for which the step waited for its batch. */
  #waited = 0;
  balancer: Balancer;
  /** Steps done. */
  step = 0;
  /** Whether what is due after `step` steps has been done (settle.ts). */
  settled = true;
  guard = newGuard;
  /** Sums since the last line of the metrics. */
  window = emptyWindow;
  best: RunState['best'] = null;
  references: References | null = null;
  transfer: RunState['transfer'];
  /** For people only: the last two measurements, and the means of the last line of the metrics. */
  measured: { psnr: TaskPsnr; previous: TaskPsnr | undefined } | undefined;
  lastMeans: WindowMeans = { loss: null, gradientNorm: null };

  constructor(parts: RunParts) {
    this.parts = parts;
    const { checkpoint } = parts.config;
    this.saver = new Saver({
      folder: parts.folder,
      observer: parts.observer,
      keep: checkpoint.keep,
      onFail: checkpoint.onSaveFail,
    });
    this.balancer = parts.makeBalancer(null);
  }

  get steps(): number {
    return this.parts.config.training.steps;
  }

  learningRate(step: number): number {
    return learningRateAt(step, this.parts.config.training) * this.guard.learningRateScale;
  }

  discriminatorRate(step: number): number {
    const { training, discriminator } = this.parts.config;
    const learningRate = discriminator.learningRate ?? training.learningRate;
    return learningRateAt(step, { ...training, learningRate }) * this.guard.learningRateScale;
  }

  /** The batch of a step, and the one after it begun beside it. */
  async take(step: number): Promise<TrainBatch> {
    const { batches } = this.parts;
    const asked = performance.now();
    const batch = await batches.take(step);
    this.#waited = performance.now() - asked;
    if (step < this.steps) batches.prepare(step + 1);
    return batch;
  }

  /** Forward, loss, backward, Adam, moving average, of both networks where there are two: one native call. */
  async update(step: number, batch: TrainBatch): Promise<StepResult> {
    const { pairs, taskIds } = batch;
    const began = performance.now();
    const sampleWeights = this.balancer.lossWeights(taskIds);
    const { trainer, discriminator, config } = this.parts;
    const options = {
      learningRate: this.learningRate(step),
      accumulate: config.training.accumulate,
      lossesAfter: this.balancer.rule.needs.includes('lossesAfter'),
      ...stepTruth(batch),
      ...(sampleWeights ? { sampleWeights } : {}),
      ...(discriminator
        ? { discriminator, discriminatorLearningRate: this.discriminatorRate(step) }
        : {}),
    };
    const { replayEvery } = config.training;
    const result =
      replayEvery > 0 && step % replayEvery === 0
        ? await replayedStep(trainer, pairs, options, step)
        : await trainer.step(pairs, options);
    this.clock.tick(Math.min(this.#waited, pairs.milliseconds), performance.now() - began);
    pairs.dispose();
    return result;
  }

  /** Takes a step into account, or skips it, or goes back; then `step` is where the run stands. */
  async accept(step: number, batch: TrainBatch, result: StepResult): Promise<void> {
    const { maxSkips } = this.parts.config.training;
    const { verdict, state } = judge(this.guard, result.nonFinite === null, maxSkips);
    this.step = step;
    this.settled = false;
    this.guard = state;
    if (verdict === 'good') this.#record(step, batch, result);
    else this.#tellSkip(step, batch, result);
    if (verdict === 'roll-back') await this.#rollBack();
    if (verdict === 'diverged') throw this.#diverged('again');
  }

  #record(step: number, { taskIds }: TrainBatch, result: StepResult): void {
    this.balancer.record(taskIds, result.losses, result.lossesAfter);
    this.window = withStep(this.window, result);
    const mean = meanOf(result.losses);
    const median = this.#alarm.watch(mean);
    if (median === undefined) return;
    this.#warn(
      'W_DIVERGENCE',
      `step ${step}: the loss is ${mean.toPrecision(3)}, the median of the last steps ${median.toPrecision(3)} - training goes on`,
    );
  }

  #tellSkip(step: number, { taskIds, crops }: TrainBatch, { losses, nonFinite }: StepResult): void {
    const all = taskIds.map(
      (id, sample) => `${id} (${this.parts.photoNames[crops[sample * 6] as number]})`,
    );
    const bad = all.filter((_, sample) => !Number.isFinite(losses[sample]));
    const { maxSkips } = this.parts.config.training;
    // A gradient is that of the whole batch: then every sample of it is named.
    const samples = bad.length > 0 ? bad : all;
    const more = samples.length > listed ? ` and ${samples.length - listed} more` : '';
    this.#warn(
      'W_NONFINITE',
      `step ${step} task ${samples.slice(0, listed).join(', ')}${more}: ${nonFinite} is not finite - step skipped (${this.guard.inRow} of ${maxSkips})`,
      { step, nonFinite, samples },
    );
  }

  async #rollBack(): Promise<void> {
    const { folder, log } = this.parts;
    const warn = (code: string, text: string) => this.#warn(code, text);
    const checkpoint = await folder.checkpoints.newest(warn, { moveAside: true });
    if (!checkpoint) throw this.#diverged('and there is no checkpoint to go back to');
    await this.restore(checkpoint);
    this.guard = afterRollBack(checkpoint.state.guard);
    log.rewind(loggedStep(this));
    this.#warn(
      'W_ROLLBACK',
      `${this.parts.config.training.maxSkips} steps in a row were not finite - back to step ${this.step} with half the learning rate`,
    );
  }

  #diverged(when: string): EvensrError {
    const { savedStep } = this.saver;
    const { maxSkips } = this.parts.config.training;
    const good = savedStep === null ? 'no checkpoint was saved' : `checkpoint ${savedStep} is good`;
    return new EvensrError(
      'E_DIVERGED',
      exitCodes.diverged,
      `${maxSkips} steps in a row were not finite ${when} - stopped at step ${this.step}, ${good}`,
      { hint: 'lower training.learningRate' },
    );
  }

  #warn(code: string, text: string, details: Record<string, unknown> = {}): void {
    this.parts.observer.warn(code, text);
    this.parts.folder.report('warning', { code, text, ...details });
  }

  /** Goes on from a checkpoint. */
  async restore(checkpoint: Checkpoint): Promise<void> {
    const { state } = checkpoint;
    restoreTrainer(this.parts.trainer, checkpoint, this.parts.discriminator);
    this.step = state.step;
    this.settled = state.settled;
    this.guard = state.guard;
    this.window = state.window;
    this.best = state.best;
    this.references = state.references;
    this.transfer = state.transfer;
    this.balancer = this.parts.makeBalancer(state.references);
    this.balancer.restore(state.balancer);
    await this.parts.batches.restart(this.balancer);
  }

  /** Goes on with references that were just measured. */
  async useReferences(references: References): Promise<void> {
    const state = this.balancer.stateAfter(this.step);
    this.references = references;
    this.balancer = this.parts.makeBalancer(references);
    this.balancer.restore(state);
    await this.parts.batches.restart(this.balancer);
  }

  async saveIfDue(control: Control): Promise<void> {
    const { every } = this.parts.config.checkpoint;
    const due = this.step % every === 0 || this.step === this.steps;
    if (control.takeSaveRequest() || (due && this.step !== this.saver.savedStep)) {
      await this.save(this.step === this.steps);
    }
  }

  /** @param last the run ends with it */
  async save(last = false): Promise<void> {
    const { trainer, discriminator, network, log } = this.parts;
    // Lines of the metrics must not be younger than what a resume takes them from.
    log.sync();
    const parts = await encodeCheckpoint(trainer, network, this.state(), discriminator);
    await this.saver.save(this.step, parts, this.best?.step, last);
    this.clock.skip();
  }

  state(): RunState {
    return {
      step: this.step,
      optimizerSteps: this.parts.trainer.stepCount,
      evensr: native.info().version,
      identity: this.parts.identity,
      photos: this.parts.photos,
      settled: this.settled,
      balancer: this.balancer.stateAfter(this.step),
      references: this.references,
      ...(this.transfer ? { transfer: this.transfer } : {}),
      guard: this.guard,
      window: this.window,
      best: this.best,
    };
  }
}
