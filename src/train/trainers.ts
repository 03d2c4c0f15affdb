/** The native trainers of a run's networks. */
import { type NativeTrainer, native, type Precision, type TrainerOptions } from '../native.ts';
import { buildNetwork, type NetworkConfig } from '../network/build.ts';
import { initialBuffers, initialWeights } from '../network/init.ts';
import { unetDiscriminator } from '../network/unet-discriminator.ts';
import type { TrainConfig } from './config.ts';
import { conditioningOf, networkOf } from './config-change.ts';
import type { NetworkFiles } from './network-files.ts';

export interface Machine {
  device: string;
  threads: number;
  precision: Precision;
}

/** What a run trains. */
export interface RunTrainers {
  trainer: NativeTrainer;
  /** Of a run with an adversarial loss. */
  discriminator: NativeTrainer | null;
}

/** The discriminator draws other first values than the network. */
const discriminatorSeed = 2 ** 41;

function trainerOptions(config: TrainConfig, network = networkOf(config)) {
  const { training, seed } = config;
  const spec = buildNetwork(network);
  const { loss, optimizer, emaDecay, clipNorm } = training;
  const { type, epsilon, weight, gtUsm } = loss;
  return {
    spec: JSON.stringify(spec),
    loss: { type, epsilon, weight, gtUsm },
    optimizer,
    emaDecay,
    clipNorm,
    estimateWeight: conditioningOf(config)?.severityWeight ?? 0,
    weights: initialWeights(spec, seed),
  };
}

/**
 * A trainer of a network, the run's own by default, on its pixel loss alone: for specialists, which say what PSNR a task can reach,
 * and for whatever only measures.
 */
export function createPixelTrainer(
  config: TrainConfig,
  machine: Machine,
  network?: NetworkConfig,
): NativeTrainer {
  return native.createTrainer({ ...machine, ...trainerOptions(config, network) });
}

/** All that a run trains, with their first weights. Throws E_NETWORK, E_MEMORY. */
export function createTrainers(
  config: TrainConfig,
  machine: Machine,
  files: NetworkFiles,
): RunTrainers {
  const { perceptual, gan } = config.training.loss;
  const { features, weights } = files;
  const options: TrainerOptions = { ...machine, ...trainerOptions(config) };
  if (weights) options.weights = weights;
  if (perceptual && features) {
    const spec = JSON.stringify(features.spec);
    const { weight, gtUsm } = perceptual;
    options.perceptual = { ...features, spec, weight, gtUsm };
  }
  if (gan) options.gan = gan;
  return {
    trainer: native.createTrainer(options),
    discriminator: gan ? createDiscriminator(config, machine, files) : null,
  };
}

function createDiscriminator(
  { discriminator, training, seed }: TrainConfig,
  machine: Machine,
  files: NetworkFiles,
): NativeTrainer {
  const spec = unetDiscriminator(discriminator);
  const start = discriminatorSeed + seed;
  const { weights, buffers } = files.discriminator ?? {
    weights: initialWeights(spec, start),
    buffers: initialBuffers(spec, start),
  };
  const { loss, clipNorm } = training;
  return native.createTrainer({
    ...machine,
    spec: JSON.stringify(spec),
    loss: { type: loss.type, epsilon: loss.epsilon },
    optimizer: discriminator.optimizer ?? training.optimizer,
    clipNorm,
    emaDecay: 0,
    weights,
    buffers,
  });
}
