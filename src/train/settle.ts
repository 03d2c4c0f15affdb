/** What is due after a step: measure the probes, update the quotas, log. */
import type { TaskStatus } from '../balance/balancer.ts';
import type { Measured } from '../balance/rule.ts';
import { type SampleCounts, sampleCounts } from '../balance/sampler.ts';
import type { Progress } from './observer.ts';
import { meanPsnr, type TaskPsnr } from './probe.ts';
import type { MeasuredTasks, Run } from './run.ts';
import { sampleSheet } from './samples.ts';
import type { Control } from './signals.ts';
import { takeState } from './trainer-state.ts';
import { isTransferDue } from './transfer-plan.ts';
import { emptyWindow, windowMeans } from './window.ts';

/**
 * Does what is due after `run.step` steps, unless it has been done. All of it is decided by the step
 * and the run's state, so that it comes out the same before or after a resume.
 * @returns false when it was interrupted: the run is then to be saved as not settled
 */
export async function settle(run: Run, control: Control): Promise<boolean> {
  if (run.settled) return true;
  const { step, steps, parts } = run;
  const { config, observer, probes } = parts;
  const updates = run.balancer.isDue(step);
  const measures = updates || step === steps || step % config.validation.every === 0;
  if (updates && !(await findReferences(run, control))) return false;
  if (updates && !(await findTransfer(run, control))) return false;
  let psnr: TaskPsnr | undefined;
  if (measures) {
    psnr = await probes.measure(parts.trainer, parts.weights);
    noteMeasured(run, psnr);
  }
  if (updates && psnr) {
    const measured = await parts.measures?.(parts.trainer, step);
    run.balancer.update(step, psnr, { ...measuredBeside(run), ...measured });
  }
  const logs = measures || step % config.log.every === 0;
  const progress = progressOf(run);
  if (logs) {
    writeLog(run, progress, psnr);
    reportSpeed(run, progress);
  }
  run.settled = true;
  observer.step(progress);
  if (logs) observer.logged(progress);
  if (psnr) {
    observer.measured(progress);
    await savePictures(run, psnr);
    run.clock.skip();
  }
  return true;
}

/** Measures the references first if the run is to do that itself; false when that was interrupted. */
async function findReferences(run: Run, control: Control): Promise<boolean> {
  const { measureReferences, trainer, folder } = run.parts;
  if (!measureReferences || run.references) return true;
  const measured = await measureReferences(takeState(trainer), control);
  if (!measured) return false;
  const { references } = measured;
  folder.report('references', { step: run.step, references, ...costsOf(measured) });
  await run.useReferences(references);
  return true;
}

/** Measures the transfer matrix first if that is due; false when it was interrupted. */
async function findTransfer(run: Run, control: Control): Promise<boolean> {
  const { measureTransfer, trainer, folder, config } = run.parts;
  const { step } = run;
  if (!measureTransfer || !isTransferDue(step, run.transfer?.step, config)) return true;
  const measured = await measureTransfer(takeState(trainer), control);
  if (!measured) return false;
  run.transfer = { step, psnr: measured.transfer };
  folder.report('transfer', { step, transfer: measured.transfer, ...costsOf(measured) });
  return true;
}

/** What a study charges a rule for, and how much of it this process had to train. */
function costsOf({ samples, trained }: MeasuredTasks) {
  return { specialistSamples: samples, trainedSamples: trained };
}

/** The matrix in the order in which rules see the tasks. What has no PSNR makes it one that is not used. */
function measuredBeside({ transfer }: Run): Measured {
  if (!transfer) return {};
  const ids = Object.keys(transfer.psnr).toSorted((a, b) => (a < b ? -1 : 1));
  return {
    transfer: ids.map((id) => ids.map((other) => transfer.psnr[id]?.[other] ?? Number.NaN)),
  };
}

function noteMeasured(run: Run, psnr: TaskPsnr): void {
  run.measured = { psnr, previous: run.measured?.psnr };
  const mean = meanPsnr(psnr);
  const kept = run.step === run.steps || run.step % run.parts.config.checkpoint.every === 0;
  if (kept && mean !== null && mean > (run.best?.psnr ?? Number.NEGATIVE_INFINITY)) {
    run.best = { step: run.step, psnr: mean };
  }
}

/** Everything that people watch, now. */
function progressOf(run: Run): Progress {
  const { step, steps, clock, measured, window } = run;
  const { loss, discriminator } = window.count > 0 ? windowMeans(window) : run.lastMeans;
  const { config } = run.parts;
  const perStep = clock.milliseconds;
  return {
    name: config.name,
    step,
    steps,
    loss,
    discriminatorLoss: discriminator?.loss ?? null,
    learningRate: run.learningRate(Math.max(1, step)),
    imagesPerSecond: perStep === null ? null : (1000 * config.training.batchSize) / perStep,
    secondsLeft: perStep === null ? null : ((steps - step) * perStep) / 1000,
    milliseconds: perStep,
    split: clock.split,
    tasks: run.balancer.status().map((task) => ({
      id: task.id,
      quota: task.share,
      anchor: task.anchor,
      kpi: task.report.kpi ?? null,
      psnr: measured?.psnr[task.id] ?? null,
      previousPsnr: measured?.previous?.[task.id] ?? null,
      reference: task.reference,
    })),
    savedStep: run.saver.savedStep,
    skipped: run.guard.skipped,
  };
}

function writeLog(run: Run, progress: Progress, psnr: TaskPsnr | undefined): void {
  const { step } = run;
  const { learningRate, skipped } = progress;
  const means = windowMeans(run.window);
  const { loss, gradientNorm, parts, discriminator } = means;
  const discriminatorRate = run.discriminatorRate(Math.max(1, step));
  const tasks = run.balancer.status();
  const counts = countsOf(run, tasks);
  const mean = psnr ? meanPsnr(psnr) : undefined;
  run.parts.log.metrics({
    step,
    loss,
    learningRate,
    gradientNorm,
    skipped,
    ...(parts ? { parts } : {}),
    ...(discriminator
      ? { discriminator: { ...discriminator, learningRate: discriminatorRate } }
      : {}),
    ...(psnr ? { psnr: mean } : {}),
    tasks: Object.fromEntries(
      tasks.map((task) => [task.id, taskEntry(task, counts[task.id], psnr)]),
    ),
  });
  if (loss !== null) run.lastMeans = means;
  run.window = emptyWindow;
  run.parts.log.scalars(step, {
    loss,
    learning_rate: learningRate,
    gradient_norm: gradientNorm,
    images_per_second: progress.imagesPerSecond,
    psnr: mean,
    ...named('generator', parts),
    ...named('discriminator', discriminator),
    ...(discriminator ? { 'discriminator/learning_rate': discriminatorRate } : {}),
    ...byTask(tasks, 'loss', ({ loss: value }) => value),
    ...byTask(tasks, 'quota', ({ share }) => share),
    ...byTask(tasks, 'kpi', ({ report }) => report.kpi),
    ...byTask(tasks, 'psnr', ({ id }) => psnr?.[id]),
  });
}

/**
 * Samples of every task so far. Where the tasks follow from the recipes (whole batches of compat mode,
 * groups of recipes), none are requested, and what was trained is known from the losses: the rules there
 * never begin a new interval.
 */
function countsOf(run: Run, tasks: readonly TaskStatus[]): Record<string, Partial<SampleCounts>> {
  if (!run.parts.batches.followsQuotas) {
    return Object.fromEntries(tasks.map(({ id, recorded }) => [id, { realised: recorded }]));
  }
  // The balancer's own count may be a batch ahead.
  return sampleCounts(run.balancer.stateAfter(run.step).sampler);
}

/** What depends on the clock is kept apart from the metrics. */
function reportSpeed(
  { parts }: Run,
  { step, imagesPerSecond, milliseconds, split }: Progress,
): void {
  if (imagesPerSecond === null || milliseconds === null || split === null) return;
  const rounded = Object.entries({ imagesPerSecond, milliseconds, ...split }).map(
    ([name, value]) => [name, Number(value.toPrecision(4))],
  );
  parts.folder.report('speed', { step, ...Object.fromEntries(rounded) });
}

function taskEntry(
  task: TaskStatus,
  counts: Partial<SampleCounts> | undefined,
  psnr: TaskPsnr | undefined,
) {
  const { id, share, lossWeight, loss, reference } = task;
  // What the rule calls `psnr` is its moving average, as of its last update.
  const { psnr: averagePsnr, ...report } = task.report;
  const average = averagePsnr === undefined ? {} : { averagePsnr };
  return {
    ...(psnr ? { psnr: psnr[id], ...average, reference, ...report } : {}),
    loss,
    share,
    lossWeight,
    ...counts,
  };
}

/** `group/name` of each; gradientNorm is gradient_norm there. */
function named(group: string, values: Readonly<Record<string, number>> = {}) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `${group}/${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      value,
    ]),
  );
}

function byTask(
  tasks: readonly TaskStatus[],
  name: string,
  value: (task: TaskStatus) => number | null | undefined,
): Record<string, number | null | undefined> {
  return Object.fromEntries(tasks.map((task) => [`${name}/${task.id}`, value(task)]));
}

async function savePictures(run: Run, psnr: TaskPsnr): Promise<void> {
  const { config, folder, trainer, weights, probes } = run.parts;
  const count = config.validation.pictures;
  if (count === 0) return;
  const { step } = run;
  const png = await sampleSheet({ trainer, weights, probes, psnr, step, count });
  await folder.writeSample(step, png);
}
