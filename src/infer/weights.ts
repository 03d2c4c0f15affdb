/** Where a network's weights come from: a run folder, a checkpoint or a bare safetensors file. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../data/regular-file.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import type { WeightSet } from '../native.ts';
import { buildNetwork, type NetworkConfig } from '../network/build.ts';
import { decodeSafetensors, type Tensor } from '../network/safetensors.ts';
import { elements, type NetworkSpec, parameterCount } from '../network/spec.ts';
import { isNetwork } from '../train/checkpoint.ts';
import { CheckpointFolder, readCheckpoint, type Warn } from '../train/checkpoint-folder.ts';
import { detectNetwork } from './detect.ts';

export interface WeightsInfo {
  /** File that the weights are from. */
  file: string;
  /** Training step; null for a bare file of weights. */
  step: number | null;
  weights: WeightSet | 'file';
  network: NetworkConfig;
}

export interface Weights {
  info: WeightsInfo;
  spec: NetworkSpec;
  /** All parameters in one block, in the order of `spec.parameters`; all are finite. */
  values: Float32Array;
  /** What a bare file says about itself; empty for a checkpoint. */
  metadata: Readonly<Record<string, string>>;
}

interface Found {
  info: WeightsInfo;
  tensors: Tensor[];
  metadata: Readonly<Record<string, string>>;
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

/** The network that a bare file says it is, as evensr's exports do; else what its tensors tell. */
function networkOf(tensors: readonly Tensor[], said: string | undefined): NetworkConfig {
  if (said === undefined)
    return detectNetwork(new Map(tensors.map(({ name, shape }) => [name, shape])));
  let network: unknown;
  try {
    network = JSON.parse(said);
  } catch {
    network = undefined;
  }
  if (isNetwork(network)) return network;
  throw new EvensrError(
    'E_MODEL_FORMAT',
    exitCodes.invalidModel,
    'its metadata names no network that can be built',
  );
}

/** The weights of a file that is no checkpoint. */
function bareWeights(file: string, bytes: Uint8Array): Found | undefined {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    if (metadata.format?.startsWith('evensr-checkpoint')) return undefined;
    const network = networkOf(tensors, metadata.network);
    return { tensors, metadata, info: { file, step: null, weights: 'file', network } };
  } catch (error) {
    throw about(file, error);
  }
}

async function fromFile(file: string, set: WeightSet): Promise<Found> {
  const bytes = await readRegularFile(file).catch((cause: Error) =>
    refuse(file, cause.message, cause),
  );
  const bare = bareWeights(file, bytes);
  if (bare) return bare;
  const { network, state, blocks } = await readCheckpoint(file);
  const info = { file, step: state.step, weights: set, network };
  return { tensors: blocks[set], metadata: {}, info };
}

/** The newest good checkpoint of a run; damaged ones are said and left where they are. */
async function fromRun(run: string, set: WeightSet, warn: Warn): Promise<Found> {
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

/** Nothing for whatever cannot be looked at. */
function statusOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Reads the weights at `path`. `set` chooses between a checkpoint's weights and their moving average.
 * @throws E_MODEL, E_MODEL_FORMAT, E_MODEL_UNKNOWN, E_CHECKPOINT or E_CHECKPOINT_NEWER (exit code 9)
 */
export async function readWeights(path: string, set: WeightSet, warn: Warn): Promise<Weights> {
  const status = statusOf(path);
  if (!status) refuse(path, 'is not there');
  const { info, tensors, metadata } = status.isDirectory()
    ? await fromRun(path, set, warn)
    : await fromFile(path, set);
  const spec = buildNetwork(info.network);
  return { info, spec, metadata, values: flatten(spec, tensors, info.file) };
}
