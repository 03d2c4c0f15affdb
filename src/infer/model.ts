/** A trained network ready to run: from a run folder, a checkpoint or a bare safetensors file. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../data/regular-file.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import { type NativeTrainer, native, type WeightSet } from '../native.ts';
import { buildNetwork, type NetworkConfig } from '../network/build.ts';
import { decodeSafetensors, type Tensor } from '../network/safetensors.ts';
import { elements, type NetworkSpec, parameterCount } from '../network/spec.ts';
import { CheckpointFolder, readCheckpoint, type Warn } from '../train/checkpoint-folder.ts';
import { detectNetwork } from './detect.ts';
import { receptiveRadius } from './receptive-field.ts';

export interface ModelInfo {
  /** File that the weights are from. */
  file: string;
  /** Training step; null for a bare file of weights. */
  step: number | null;
  weights: WeightSet | 'file';
  network: NetworkConfig;
  parameters: number;
}

export interface Model {
  info: ModelInfo;
  scale: number;
  /** Input pixels around a tile that make its result exact. */
  halo: number;
  /** lq (B, 3, h, w) -> sr (B, 3, s h, s w), not clamped. */
  forward(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
  ): Promise<Float32Array>;
  dispose(): void;
}

interface Weights {
  info: Omit<ModelInfo, 'parameters'>;
  tensors: Tensor[];
}

function refuse(file: string, reason: string, cause?: unknown): never {
  throw new EvensrError('E_MODEL', exitCodes.invalidModel, `${file} ${reason}`, {
    hint: 'give a run folder, a checkpoint, or a safetensors file of weights',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The values of the network's parameters, in its order. */
function flatten(spec: NetworkSpec, tensors: readonly Tensor[], file: string): Float32Array {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const values = new Float32Array(parameterCount(spec));
  let offset = 0;
  for (const { name, shape } of spec.parameters) {
    const tensor = byName.get(name) ?? refuse(file, `has no tensor ${name}`);
    if (tensor.shape.join() !== shape.join()) {
      refuse(file, `has ${name} of shape [${tensor.shape}], the network's is [${shape}]`);
    }
    values.set(tensor.data, offset);
    offset += elements(shape);
  }
  const left = tensors.length - spec.parameters.length;
  if (left > 0) refuse(file, `has ${left} tensors that the network has not`);
  if (!values.every(Number.isFinite)) refuse(file, 'has values that are not finite');
  return values;
}

/** The weights of a file that is no checkpoint. */
function bareWeights(file: string, bytes: Uint8Array): Weights | undefined {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    if (metadata.format?.startsWith('evensr-checkpoint')) return undefined;
    const network = detectNetwork(new Map(tensors.map(({ name, shape }) => [name, shape])));
    return { tensors, info: { file, step: null, weights: 'file', network } };
  } catch (error) {
    throw about(file, error);
  }
}

async function fromFile(file: string, set: WeightSet): Promise<Weights> {
  const bytes = await readRegularFile(file).catch((cause: Error) =>
    refuse(file, cause.message, cause),
  );
  const bare = bareWeights(file, bytes);
  if (bare) return bare;
  const { network, state, blocks } = await readCheckpoint(file);
  return { tensors: blocks[set], info: { file, step: state.step, weights: set, network } };
}

/** The newest good checkpoint of a run; damaged ones are said and left where they are. */
async function fromRun(run: string, set: WeightSet, warn: Warn): Promise<Weights> {
  const folder = new CheckpointFolder(join(run, 'checkpoints'));
  for (const step of (await folder.steps()).toReversed()) {
    try {
      return await fromFile(folder.file(step), set);
    } catch (error) {
      if (!(error instanceof EvensrError) || error.code === 'E_CHECKPOINT_NEWER') throw error;
      warn('W_CKPT', `checkpoint ${step} is bad (${error.message}) - trying the one before`);
    }
  }
  return refuse(run, 'has no usable checkpoint');
}

function inferenceTrainer(
  spec: NetworkSpec,
  weights: Float32Array,
  threads: number,
): NativeTrainer {
  return native.createTrainer({
    spec: JSON.stringify(spec),
    weights,
    device: 'cpu',
    threads,
    loss: { type: 'l1', epsilon: 1e-3 },
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
    emaDecay: 0,
  });
}

/** Nothing for whatever cannot be looked at. */
function statusOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Opens the network at `path`. `weights` chooses between a checkpoint's weights and their moving
 * average. Throws E_MODEL, E_MODEL_FORMAT, E_MODEL_UNKNOWN or E_CHECKPOINT (exit code 9).
 */
export async function openModel(
  path: string,
  options: { weights: WeightSet; threads: number; warn: Warn },
): Promise<Model> {
  const status = statusOf(path);
  if (!status) refuse(path, 'is not there');
  const found = status.isDirectory()
    ? await fromRun(path, options.weights, options.warn)
    : await fromFile(path, options.weights);
  const spec = buildNetwork(found.info.network);
  const values = flatten(spec, found.tensors, found.info.file);
  const trainer = inferenceTrainer(spec, values, options.threads);
  return {
    info: { ...found.info, parameters: values.length },
    scale: spec.scale,
    halo: receptiveRadius(spec),
    forward: (lq, shape) => trainer.forward(lq, shape, 'params'),
    dispose: () => trainer.dispose(),
  };
}
