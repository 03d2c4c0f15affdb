import { resizeProblems } from '../degradation/space-check.ts';
import type { Finding } from './config-issues.ts';
import type { TrainConfig } from './config-schema.ts';

/** Values of gt that the native core takes at once (native/binding/synthesize.cc). */
const maxBatchValues = 2 ** 32;

/** Checks that concern several keys. Called when each key is right by itself. */
export function checkTogether(config: TrainConfig): Finding[] {
  const found: Finding[] = [];
  const add = (key: string, message: string): void => {
    found.push({ path: key.split('.'), of: 'value', message: `${key}: ${message}` });
  };
  const { training, scale, validation } = config;
  const gtSize = training.lqSize * scale;
  if (2 * validation.border >= gtSize) {
    add('validation.border', `cuts off all of a ${gtSize}-pixel image`);
  }
  const most = Math.floor(maxBatchValues / (3 * gtSize ** 2));
  if (training.batchSize > most) {
    add('training.batchSize', `at most ${most} samples of ${gtSize}x${gtSize} make a batch`);
  }
  if (training.schedule.type === 'multistep') {
    const { milestones } = training.schedule;
    if (milestones.some((m, i) => i > 0 && m <= (milestones[i - 1] as number))) {
      add('training.schedule.milestones', 'must rise');
    }
  }
  if (training.schedule.type === 'cosine') {
    const { periods, minimum } = training.schedule;
    if (periods > training.steps) add('training.schedule.periods', 'more periods than steps');
    if (minimum > training.learningRate) {
      add('training.schedule.minimum', `is above training.learningRate (${training.learningRate})`);
    }
  }
  const { margin, space } = config.degradation;
  const lqSide = training.lqSize + 2 * margin;
  // Stage 1 resizes by a share of gt's size, stage 2 to a share of lq's.
  for (const [name, side] of [
    ['stage1', lqSide * scale],
    ['stage2', lqSide],
  ] as const) {
    const key = `degradation.space.${name}.resizeScale`;
    for (const problem of resizeProblems(space[name])) add(key, problem);
    const { resizeProbabilities, resizeScale } = space[name];
    if (resizeProbabilities.down > 0 && resizeScale[0] * side < 1)
      add(key, `leaves nothing of ${side} pixels: low must be >= ${1 / side}`);
  }
  if (config.degradation.compat !== 'none' && config.balance.rule !== 'natural') {
    add('balance.rule', 'degradation.compat draws whole batches, which only natural allows');
  }
  return found;
}
