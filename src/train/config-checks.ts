import { featureLayers, featureNetworks } from '../network/feature-networks.ts';
import { checkBalance } from './config-checks-balance.ts';
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

/** Three layers of the discriminator halve the sides. */
const discriminatorMultiple = 8;

type Perceptual = NonNullable<TrainConfig['training']['loss']['perceptual']>;

/** What a perceptual loss needs. */
function checkPerceptual(perceptual: Perceptual, gtSize: number): Finding[] {
  const key = 'training.loss.perceptual';
  const { title, file, layers, build } = featureNetworks[perceptual.network];
  const found: Finding[] = [];
  if (perceptual.weights === null)
    found.push(findingAt(`${key}.weights`, `needs a file of ${file}`));
  const atLayers = (message: string) => found.push(findingAt(`${key}.layers`, message));
  const isKnown = (layer: string) => layers.some((own) => own === layer);
  const foreign = Object.keys(perceptual.layers ?? {}).filter((layer) => !isKnown(layer));
  if (foreign.length > 0)
    atLayers(`${title} has no ${foreign.join(', ')}, it has ${layers.join(', ')}`);
  const [deepest] = featureLayers(perceptual).at(-1) ?? [];
  if (deepest === undefined) {
    if (foreign.length === 0) atLayers(`must name a layer, such as ${layers.at(-1)}`);
    return found;
  }
  // With fewer pixels the layer has none of its own.
  const least = 1 / build([deepest]).scale;
  if (gtSize < least)
    atLayers(`${deepest} sees nothing of gt of ${gtSize} pixels, it needs ${least}`);
  return found;
}

/** What the perceptual and the adversarial loss need. */
function checkLosses({ training, discriminator, scale }: TrainConfig): Finding[] {
  const { perceptual, gan } = training.loss;
  const gtSize = training.lqSize * scale;
  const found = perceptual ? checkPerceptual(perceptual, gtSize) : [];
  if (!gan) return found;
  if (gtSize % discriminatorMultiple !== 0) {
    const message = `times the scale ${scale} must be a multiple of ${discriminatorMultiple} for the discriminator, not ${gtSize}`;
    found.push(findingAt('training.lqSize', message));
  }
  const { schedule } = training;
  const rate = discriminator.learningRate ?? training.learningRate;
  if (schedule.type === 'cosine' && schedule.minimum > rate && rate !== training.learningRate) {
    const message = `is below training.schedule.minimum (${schedule.minimum})`;
    found.push(findingAt('discriminator.learningRate', message));
  }
  return found;
}

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
  if (training.batchSize % training.accumulate !== 0) {
    const message = `must divide training.batchSize (${training.batchSize}) into equal parts`;
    add('training.accumulate', message);
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
  const { network } = config;
  if (network.type === 'rrdbnet' && network.unshuffle !== false && known.includes(scale)) {
    const multiple = 4 / scale;
    if (training.lqSize % multiple !== 0) {
      add('training.lqSize', `must be a multiple of ${multiple} for rrdbnet of scale ${scale}`);
    }
  }
  found.push(...checkLosses(config), ...checkBalance(config), ...checkDegradation(config));
  return found;
}
