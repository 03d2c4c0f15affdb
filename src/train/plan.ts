/** What a run will need of memory, disk and time: `train --dry-run`. */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { balanceRule } from '../balance/rules/index.ts';
import { updateSteps } from '../balance/updates.ts';
import type { NativeTrainer } from '../native.ts';
import { elements } from '../network/spec.ts';
import { BatchSource, stepTruth } from './batches.ts';
import type { TrainConfig } from './config.ts';
import { CropDrawer } from './crops.ts';
import { specialistStepsOf } from './measure-tasks.ts';
import { reserveMemory } from './memory.ts';
import { type NetworkFiles, readNetworkFiles } from './network-files.ts';
import type { TrainObserver } from './observer.ts';
import { alignmentSamples, ruleMeasures } from './rule-measures.ts';
import { memoryWishes } from './setup.ts';
import { stateBlocks } from './trainer-state.ts';
import { transferMeasurements, transferPlanOf } from './transfer-plan.ts';
import { cropSource, openWorkshop, type Workshop } from './workshop.ts';

export interface TrainPlan {
  parameters: number;
  photos: { training: number; validation: number };
  tasks: number;
  /** Bytes. `packs` are mapped from files and need not be in memory all at once. */
  memory: {
    packs: number;
    probes: number;
    /** Two batches: one trains while the next one is made. */
    batches: number;
    /** Weights, moving average, moments and gradient. */
    state: number;
    /** Activations of a step and of a measurement. */
    activations: number;
    /** The whole process, after the steps that were timed. */
    resident: number;
  };
  disk: { checkpoint: number; checkpoints: number; metrics: number; free: number };
  /** Milliseconds; measured on `timedSteps` steps and one measurement of the probes. */
  time: {
    timedSteps: number;
    step: number;
    measurement: number;
    measurements: number;
    specialistSteps: number;
    total: number;
  };
}

const timedSteps = 8;
/** The first steps also plan memory and fill caches. */
const warmSteps = 3;
const bytesPerValue = 4;
/** A line of the metrics holds about this much a task. */
const lineBytes = { fixed: 150, task: 220 };

/** Opens everything that the run would open, trains a few steps, and keeps nothing. */
export async function planTraining(
  config: TrainConfig,
  output: string,
  observer: TrainObserver,
): Promise<TrainPlan> {
  const warn = observer.warn.bind(observer);
  const files = await readNetworkFiles(config, { resumed: false, warn });
  const workshop = await openWorkshop(config, observer);
  try {
    await ruleMeasures(workshop, cropSource(workshop)); // says whether what the rule follows is there
    const timed = await time(workshop, files);
    const { tasks, photos, probes, batchOptions } = workshop;
    const { training, scale, checkpoint } = config;
    const pairValues = 3 * (training.lqSize ** 2 + (training.lqSize * scale) ** 2);
    const state = (timed.parameters + timed.discriminator) * bytesPerValue;
    const file = state * stateBlocks.length;
    return {
      parameters: timed.parameters,
      photos: {
        training: photos.training.images.length,
        validation: photos.validation.images.length,
      },
      tasks: tasks.length,
      memory: {
        packs: packBytes(workshop),
        probes: probes.names.length * pairValues * bytesPerValue,
        batches: 2 * batchOptions.batchSize * pairValues * bytesPerValue,
        state: state * (stateBlocks.length + 1),
        activations: timed.activations,
        resident: timed.resident,
      },
      disk: {
        checkpoint: file,
        // The kept ones, the best one, and the one being written.
        checkpoints: file * (checkpoint.keep + 2),
        metrics:
          Math.ceil(training.steps / config.log.every) *
          (lineBytes.fixed + lineBytes.task * tasks.length),
        free: await freeBytes(output),
      },
      time: timePlan(config, tasks.length, timed),
    };
  } finally {
    workshop.dispose();
  }
}

interface Timed {
  parameters: number;
  /** Parameters of the discriminator. */
  discriminator: number;
  step: number;
  measurement: number;
  activations: number;
  resident: number;
}

function parametersOf(trainer: NativeTrainer): number {
  return trainer.tensors().reduce((sum, { shape }) => sum + elements(shape), 0);
}

async function time(workshop: Workshop, files: NetworkFiles): Promise<Timed> {
  const { config, tasks, batchOptions, cropOptions, probes } = workshop;
  const trainers = workshop.createTrainers(files);
  const { trainer, discriminator } = trainers;
  try {
    const activations = await reserveMemory(config, trainers, memoryWishes(workshop));
    const parameters = parametersOf(trainer);
    const crops = new CropDrawer(cropSource(workshop), cropOptions);
    const ids = Array.from(
      { length: batchOptions.batchSize },
      (_, i) => tasks[i % tasks.length]?.id as string,
    );
    const batches = new BatchSource({ next: () => ids }, { ...batchOptions, crops });
    const { learningRate, accumulate } = config.training;
    const lossesAfter = balanceRule(config.balance.rule).needs.includes('lossesAfter');
    let began = performance.now();
    for (let step = 1; step <= warmSteps + timedSteps; step++) {
      if (step === warmSteps + 1) began = performance.now();
      const batch = await batches.take(step);
      const { pairs } = batch;
      if (step < warmSteps + timedSteps) batches.prepare(step + 1);
      await trainer.step(pairs, {
        learningRate,
        accumulate,
        lossesAfter,
        ...stepTruth(batch),
        ...(discriminator ? { discriminator, discriminatorLearningRate: learningRate } : {}),
      });
      pairs.dispose();
    }
    const stepped = performance.now();
    await probes.measure(trainer, 'ema');
    return {
      parameters,
      discriminator: discriminator ? parametersOf(discriminator) : 0,
      step: (stepped - began) / timedSteps,
      measurement: performance.now() - stepped,
      activations,
      resident: process.memoryUsage.rss(),
    };
  } finally {
    trainer.dispose();
    discriminator?.dispose();
  }
}

/**
 * How often a run measures its probes: every `every` steps, after the last one, and for each update of
 * the quotas (Balancer.isDue, settle.ts).
 */
export function measurementCount(
  steps: number,
  every: number,
  updates: { warmup: number; every: number } | undefined,
): number {
  const own = Math.ceil(steps / every);
  if (!updates) return own;
  const more = updateSteps(steps, updates).filter((step) => step % every !== 0 && step !== steps);
  return own + more.length;
}

/** What a run will take, in milliseconds, from what a step and a measurement take. */
export function timePlan(
  config: TrainConfig,
  tasks: number,
  timed: Pick<Timed, 'step' | 'measurement'>,
): TrainPlan['time'] {
  const { steps, batchSize } = config.training;
  const { balance, validation } = config;
  const { decides, needs } = balanceRule(balance.rule);
  const updates = decides === 'at updates' ? balance : undefined;
  const measurements = measurementCount(steps, validation.every, updates);
  const measures = updates && needs.includes('references') && steps >= balance.warmup;
  const transfers = updates && needs.includes('transfer') ? transferMeasurements(steps, config) : 0;
  const each =
    (measures ? (specialistStepsOf(config) ?? 0) : 0) +
    transfers * (transferPlanOf(config)?.specialistSteps ?? 0);
  const specialistSteps = each * tasks;
  // Gradients of that many samples cost what steps on them do.
  const aligned = alignmentSamples(config);
  const alignedSteps =
    aligned > 0
      ? (updateSteps(steps, balance).length * tasks * (aligned + validation.samplesPerTask)) /
        batchSize
      : 0;
  return {
    timedSteps,
    step: timed.step,
    measurement: timed.measurement,
    measurements,
    specialistSteps,
    total: (steps + specialistSteps + alignedSteps) * timed.step + measurements * timed.measurement,
  };
}

function packBytes({ photos }: Workshop): number {
  const packs = new Set([photos.training.photos, photos.validation.photos]);
  return [...packs].flat().reduce((sum, { height, width }) => sum + height * width * 3, 0);
}

/** Free bytes where `output` is or will be. */
async function freeBytes(output: string): Promise<number> {
  for (let folder = resolve(output); ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}
