import { checkDegradation } from './config-checks-degradation.ts';
import { type Finding, findingAt } from './config-issues.ts';
import type { TrainConfig } from './config-schema.ts';

/** Values of gt that the native core takes at once (native/binding/synthesize.cc). */
const maxBatchValues = 2 ** 32;

const networkScales: Record<TrainConfig['network']['type'], readonly number[]> = {
  srvgg: [1, 2, 3, 4],
  msrresnet: [2, 3, 4],
  rrdbnet: [1, 2, 4],
  edsr: [2, 3, 4],
};

/** Checks that concern several keys. Called when each key is right by itself. */
export function checkTogether(config: TrainConfig): Finding[] {
  const found: Finding[] = [];
  const add = (key: string, message: string): void => {
    found.push(findingAt(key, message));
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
  const known = networkScales[config.network.type];
  if (!known.includes(scale)) {
    add('scale', `${config.network.type} has none of ${scale}, srvgg has`);
  }
  if (config.network.type === 'rrdbnet' && known.includes(scale)) {
    const multiple = 4 / scale;
    if (training.lqSize % multiple !== 0) {
      add('training.lqSize', `must be a multiple of ${multiple} for rrdbnet of scale ${scale}`);
    }
  }
  found.push(...checkDegradation(config));
  return found;
}
