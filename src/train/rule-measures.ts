/** What a run measures for its balance rule beside losses and probes. */
import { completeConstants } from '../balance/constants.ts';
import type { Measurement } from '../balance/needs.ts';
import type { Measured } from '../balance/rule.ts';
import { balanceRule } from '../balance/rules/index.ts';
import type { NativeTrainer } from '../native.ts';
import { measureAlignments } from './alignments.ts';
import type { TrainConfig } from './config.ts';
import type { CropSource } from './crops.ts';
import { readNaturalRun } from './natural.ts';
import type { Workshop } from './workshop.ts';

/** Needs of rules that a run can meet itself. */
export const measuredInRuns: readonly Measurement[] = ['alignments', 'naturalPsnr', 'lossesAfter'];

/** Training samples a task by which a run's rule has the gradients aligned; 0: it does not want that. */
export function alignmentSamples({ balance }: TrainConfig): number {
  const rule = balanceRule(balance.rule);
  if (!rule.needs.includes('alignments')) return 0;
  return Math.round(completeConstants(rule, balance.constants).samples as number);
}

/** Measures what the rule needs after a step. */
export type RuleMeasures = (trainer: NativeTrainer, step: number) => Promise<Measured>;

/**
 * Prepares it, before the first step.
 * @param source what training crops are cut from
 * @returns nothing for a rule that needs no more than losses and probes
 * @throws E_RUN, E_NATURAL
 */
export async function ruleMeasures(
  workshop: Workshop,
  source: CropSource,
): Promise<RuleMeasures | undefined> {
  const { config, tasks, photosId, probes, batchOptions, cropOptions, observer } = workshop;
  const warn = observer.warn.bind(observer);
  const { needs } = balanceRule(config.balance.rule);
  if (needs.includes('naturalPsnr') && config.balance.natural !== null) {
    const ids = tasks.map(({ id }) => id).toSorted();
    const options = { config, taskIds: ids, photosId, warn };
    const natural = await readNaturalRun(config.balance.natural, options);
    return async (_, step) => ({ naturalPsnr: ids.map((id) => natural.get(step)?.[id] ?? null) });
  }
  const samplesPerTask = alignmentSamples(config);
  if (samplesPerTask === 0) return undefined;
  const { batchSize, accumulate } = config.training;
  const crops = { source, options: cropOptions };
  const options = { batches: batchOptions, crops, probes, samplesPerTask, warn };
  return async (trainer, step) => {
    const atOnce = batchSize / accumulate;
    const alignments = await measureAlignments(trainer, step, { ...options, atOnce });
    return alignments ? { alignments } : {};
  };
}
