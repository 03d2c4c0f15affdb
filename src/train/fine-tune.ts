/** Trains a network on from a state, apart from any run: specialists, and groups of recipes. */
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { NativeBatch, NativeTrainer, StepResult } from '../native.ts';
import { type BatchSource, stepTruth } from './batches.ts';
import { learningRateAt } from './schedule.ts';
import { putState, stateBlocks, type TrainerState } from './trainer-state.ts';

export interface FineTuneOptions {
  /** Where it begins: with the moving average as the weights, and the optimizer's state. */
  start: TrainerState;
  /** A trainer of the same network, whose state is replaced. */
  trainer: NativeTrainer;
  /** Parts in which a batch is computed. */
  accumulate: number;
  steps: number;
  /** Falls from here along half a cosine to 0. */
  learningRate: number;
  /** After every step, with its batch, whose losses in the result are those before it. */
  onStep?(step: number, pairs: NativeBatch, result: StepResult): Promise<void> | void;
  /** Asked between steps: true ends it. */
  stopping(): boolean;
}

/** @returns how many steps were skipped because something was not finite; nothing when it was stopped */
export async function fineTune(
  source: BatchSource,
  options: FineTuneOptions,
): Promise<number | undefined> {
  const { start, trainer, accumulate, steps, learningRate, onStep } = options;
  putState(trainer, { ...start, blocks: { ...start.blocks, params: start.blocks.ema } });
  const schedule = { type: 'cosine', minimum: 0, periods: 1 } as const;
  let skipped = 0;
  for (let step = 1; step <= steps; step++) {
    if (options.stopping()) {
      await source.restart({ next: () => [] });
      return undefined;
    }
    const batch = await source.take(step);
    const { pairs } = batch;
    if (step < steps) source.prepare(step + 1);
    const rate = learningRateAt(step, { learningRate, schedule, steps, warmup: 0 });
    const settings = { learningRate: rate, accumulate, ...stepTruth(batch) };
    const result = await trainer.step(pairs, settings);
    if (result.nonFinite !== null) skipped++;
    await onStep?.(step, pairs, result);
    pairs.dispose();
  }
  return skipped;
}

/** Identifies a state to start from together with settings (plain data): both decide what comes of it. */
export async function keyOfStart(start: TrainerState, settings: unknown): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([settings, start.optimizerSteps]));
  for (const block of stateBlocks) {
    const { buffer, byteOffset, byteLength } = start.blocks[block];
    const slice = 4 << 20;
    for (let at = 0; at < byteLength; at += slice) {
      hash.update(new Uint8Array(buffer, byteOffset + at, Math.min(slice, byteLength - at)));
      await breathe();
    }
  }
  return hash.digest('hex');
}
