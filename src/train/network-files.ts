/** The files that a run's networks begin with: pretrained weights, and the features of a perceptual loss. */
import { readRegularFile } from '../data/regular-file.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import { weightDiff } from '../infer/weight-diff.ts';
import { readWeightFile } from '../infer/weight-files.ts';
import { readWeights } from '../infer/weights.ts';
import { architectures, buildNetwork } from '../network/build.ts';
import { featureLayers, featureNetworks, featureWeights } from '../network/feature-networks.ts';
import type { Tensor } from '../network/safetensors.ts';
import { buffersOf, elements, type NetworkSpec, type ParameterSpec } from '../network/spec.ts';
import { unetDiscriminator } from '../network/unet-discriminator.ts';
import type { Warn } from './checkpoint-folder.ts';
import type { TrainConfig } from './config.ts';
import { networkOf } from './config-change.ts';

export interface FeatureNetwork {
  spec: NetworkSpec;
  weights: Float32Array;
  layerWeights: Float64Array;
}

/** Absent where a run begins at random, or without. */
export interface NetworkFiles {
  weights?: Float32Array;
  discriminator?: { weights: Float32Array; buffers: Float32Array };
  features?: FeatureNetwork;
}

type Perceptual = NonNullable<TrainConfig['training']['loss']['perceptual']>;
type Named = Pick<ParameterSpec, 'name' | 'shape'>;

function refuse(message: string, hint: string, details?: readonly string[]): never {
  throw new EvensrError('E_MODEL', exitCodes.invalidModel, message, {
    hint,
    ...(details ? { details } : {}),
  });
}

/**
 * Reads what the configuration names. A run that is resumed has its weights in the checkpoint.
 * @throws E_MODEL, E_MODEL_FORMAT, E_MODEL_UNKNOWN, E_CHECKPOINT (exit code 9), naming the key and the file
 */
export async function readNetworkFiles(
  config: TrainConfig,
  { resumed, warn }: { resumed: boolean; warn: Warn },
): Promise<NetworkFiles> {
  const { perceptual, gan } = config.training.loss;
  const files: NetworkFiles = {};
  if (perceptual?.weights) files.features = await readFeatures(perceptual.weights, perceptual);
  if (resumed) return files;
  if (config.network.weights) files.weights = await readStart(config, config.network.weights, warn);
  const { weights } = config.discriminator;
  if (gan && weights) files.discriminator = await readDiscriminator(config, weights);
  return files;
}

async function readFeatures(file: string, perceptual: Perceptual): Promise<FeatureNetwork> {
  const { network } = perceptual;
  const key = `training.loss.perceptual.weights: ${file}`;
  const bytes = await readRegularFile(file).catch((error: Error) =>
    refuse(`${key} ${error.message}`, `it must hold ${featureNetworks[network].file}`),
  );
  const { tensors } = await readWeightFile(file, bytes, 'params');
  const layers = featureLayers(perceptual);
  const spec = featureNetworks[network].build(layers.map(([layer]) => layer));
  try {
    return {
      spec,
      weights: featureWeights(network, spec, tensors),
      layerWeights: Float64Array.from(layers, ([, weight]) => weight),
    };
  } catch (error) {
    throw about(key, error);
  }
}

/** Weights of the configured network, the moving average where there is one. */
async function readStart(config: TrainConfig, file: string, warn: Warn): Promise<Float32Array> {
  const { info, spec, values } = await readWeights(file, 'ema', warn);
  const network = networkOf(config);
  const found = spec.parameters.map((one) => ({ ...one, data: new Float32Array() }));
  const differences = weightDiff(found, buildNetwork(network).parameters);
  if (differences.length === 0) return values;
  const named = ({ type, scale }: typeof network) => `${architectures[type]} x${scale}`;
  return refuse(
    `network.weights: ${info.file} holds ${named(info.network)}, which is not the ${named(network)} of the configuration: ${differences.length - 1} tensors differ`,
    'names and shapes:',
    differences,
  );
}

async function readDiscriminator(config: TrainConfig, file: string) {
  const key = `discriminator.weights: ${file}`;
  const spec = unetDiscriminator(config.discriminator);
  const bytes = await readRegularFile(file).catch((error: Error) =>
    refuse(`${key} ${error.message}`, 'give a .pth or .safetensors file of a discriminator'),
  );
  const { tensors } = await readWeightFile(file, bytes, 'params');
  const buffers = buffersOf(spec);
  const wanted: ParameterSpec[] = [
    ...spec.parameters,
    ...buffers.map((one) => ({ ...one, init: { kind: 'constant', value: 0 } as const })),
  ];
  const differences = weightDiff(tensors, wanted);
  if (differences.length > 0) {
    const count = differences.length - 1;
    refuse(
      `${key} is not the configured discriminator: ${count} tensors differ`,
      'names and shapes:',
      differences,
    );
  }
  return { weights: flat(spec.parameters, tensors), buffers: flat(buffers, tensors) };
}

/** All of the wanted tensors in one block, in their order. */
function flat(wanted: readonly Named[], tensors: readonly Tensor[]): Float32Array {
  const byName = new Map(tensors.map(({ name, data }) => [name, data]));
  const values = new Float32Array(wanted.reduce((sum, { shape }) => sum + elements(shape), 0));
  let offset = 0;
  for (const { name, shape } of wanted) {
    values.set(byName.get(name) as Float32Array, offset);
    offset += elements(shape);
  }
  return values;
}
