/** What a run needs, beside the trainer's tensors, to go on as if it had never stopped. Plain JSON. */
import { z } from 'zod';
import type { BalancerState } from '../balance/balancer.ts';
import { windowSchema } from './window.ts';

const count = z.int().min(0);
const decibel = z.number();

const guard = z.strictObject({
  /** Steps skipped in a row, and in the whole run. */
  inRow: count,
  skipped: count,
  /** Set by the one roll-back that a run may have. */
  rolledBack: z.boolean(),
  learningRateScale: z.number().gt(0).max(1),
});

const numbers = z.array(z.number());

const balancer: z.ZodType<BalancerState> = z.strictObject({
  rule: z.string(),
  decision: z.strictObject({
    shares: numbers,
    lossWeights: numbers,
    /** The rule's own. */
    state: z.unknown(),
    report: z.record(z.string(), z.array(z.number().nullable())),
  }),
  sampler: z.strictObject({
    taskIds: z.array(z.string()),
    batch: count,
    shares: numbers,
    pending: z.array(z.strictObject({ from: count, shares: numbers })),
    credits: numbers,
    realised: z.array(count),
  }),
  tracker: z.record(
    z.string(),
    z.strictObject({
      count,
      sum: z.number(),
      average: z.number().nullable(),
      notFinite: count,
    }),
  ),
});

/** Checked when a checkpoint is read: no field is ever guessed. */
export const runStateSchema = z.strictObject({
  /** Steps done, skipped ones included. */
  step: count,
  /** Optimizer steps: Adam's t. */
  optimizerSteps: count,
  /** Version of evensr. */
  evensr: z.string(),
  /** Identifies the parts of the configuration that may never change (config-change.ts). */
  identity: z.string(),
  /** Identifies the photographs: image draws mean something only for the same list. */
  photos: z.string(),
  /** False when the run was stopped before the measurement and update due after `step`. */
  settled: z.boolean(),
  balancer,
  /** PSNR of the specialists by task, once they are measured inside the run. */
  references: z.record(z.string(), decibel).nullable(),
  /**
   * The newest transfer matrix that was measured inside the run, and after how many steps: PSNR of the
   * specialist of a task (outer) on every task. Absent in a run that measures none.
   */
  transfer: z
    .strictObject({
      step: count,
      psnr: z.record(z.string(), z.record(z.string(), decibel.nullable())),
    })
    .optional(),
  guard,
  /** Sums over the steps since the last line of the metrics. */
  window: windowSchema,
  best: z.strictObject({ step: count, psnr: decibel }).nullable(),
});

export type RunState = z.infer<typeof runStateSchema>;

/** The last step whose line the metrics hold when a run stands in that state. */
export function loggedStep({ step, settled }: Pick<RunState, 'step' | 'settled'>): number {
  return settled ? step : step - 1;
}

export type GuardState = z.infer<typeof guard>;
