/** What a run cost, what its rule asks for beside training included. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { balanceRule } from '../balance/rules/index.ts';
import { buildNetwork } from '../network/build.ts';
import { macsPerPixel } from '../network/macs.ts';
import { parameterCount } from '../network/spec.ts';
import type { TrainConfig } from '../train/config.ts';
import { networkOf } from '../train/config-change.ts';
import { specialistStepsOf } from '../train/measure-tasks.ts';
import { measurementCount } from '../train/plan.ts';
import type { PlannedRun, StudyPlan } from './plan.ts';
import type { StudyRun } from './results-input.ts';

const grouping = z.looseObject({
  content: z.looseObject({
    settings: z.looseObject({ recipes: z.number(), steps: z.number(), jointSteps: z.number() }),
    rounds: z.array(z.unknown()),
  }),
});

/** Steps behind a file of `tasks group`: on every recipe, and on those flagged in every round. */
function groupingSteps(file: string): number {
  const { content } = grouping.parse(JSON.parse(readFileSync(file, 'utf8')));
  const { recipes, steps, jointSteps } = content.settings;
  return recipes * steps + content.rounds.length * jointSteps;
}

/** Samples of networks that were trained for the rule's sake: specialists, groups, the natural run that it follows. */
function samplesBeside(run: PlannedRun, { study }: StudyPlan, tasks: number): number {
  const { config, arm, natural, budget } = run;
  const { references, transfer, groups } = arm.given;
  let steps = natural ? budget : 0;
  if (groups !== undefined) steps += groupingSteps(groups);
  if (references !== undefined || transfer !== undefined)
    steps += tasks * (study.measure?.specialistSteps ?? 0);
  const measuresItself = references === undefined && arm.rule.needs.includes('references');
  if (measuresItself && budget >= config.balance.warmup)
    steps += tasks * (specialistStepsOf(config) ?? 0);
  return steps * config.training.batchSize;
}

/** Probe images that were restored for updates of the rule, not only to watch. */
function probeImages({ balance, training, validation }: TrainConfig, tasks: number): number {
  if (balanceRule(balance.rule).decides !== 'at updates') return 0;
  const { steps } = training;
  // Measurements in a run that never measures by itself, but for the one at its end.
  const updates = measurementCount(steps, steps + 1, balance) - 1;
  const atEnd = steps >= balance.warmup && (steps - balance.warmup) % balance.every === 0 ? 1 : 0;
  return (updates + atEnd) * tasks * validation.samplesPerTask;
}

/** @param seconds in which processes trained it */
export function costOf(
  run: PlannedRun,
  plan: StudyPlan,
  { tasks, seconds }: { tasks: number; seconds: number },
): StudyRun['cost'] {
  return {
    samples: run.budget * run.config.training.batchSize,
    specialistSamples: samplesBeside(run, plan, tasks),
    probeImages: probeImages(run.config, tasks),
    seconds,
  };
}

/** Size and work of a run's network. */
export function networkCost(config: TrainConfig): Pick<StudyRun, 'parameters' | 'macsPerPixel'> {
  const spec = buildNetwork(networkOf(config));
  return { parameters: parameterCount(spec), macsPerPixel: macsPerPixel(spec) };
}
