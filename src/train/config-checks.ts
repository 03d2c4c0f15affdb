import type { Finding } from './config-issues.ts';
import type { TrainConfig } from './config-schema.ts';

/** Kernels reach 10 pixels beyond the border, which is mirrored: smaller images have nothing to mirror. */
const leastSide = 11;

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
  for (const name of ['stage1', 'stage2'] as const) {
    const { resize, resizeScale } = config.degradation.space[name];
    const key = `degradation.space.${name}.resizeScale`;
    if (resize.up > 0 && resizeScale[1] < 1)
      add(key, 'up draws from [1, high], so high must be >= 1');
    if (resize.down > 0 && resizeScale[0] > 1)
      add(key, 'down draws from [low, 1], so low must be <= 1');
  }
  const { resize, resizeScale } = config.degradation.space.stage1;
  const least = resize.down > 0 ? Math.floor(gtSize * resizeScale[0]) : gtSize;
  if (least < leastSide) {
    add(
      'training.lqSize',
      `gt of ${gtSize} pixels shrinks to ${least} in stage 1, and the second blur needs ${leastSide}`,
    );
  }
  return found;
}
