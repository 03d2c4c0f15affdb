/** Where a network's weights come from: a run folder, a checkpoint or a bare file of weights. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../data/regular-file.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import type { WeightSet } from '../native.ts';
import { architectures, buildNetwork, type NetworkConfig } from '../network/build.ts';
import type { Tensor } from '../network/safetensors.ts';
import { elements, type NetworkSpec, parameterCount } from '../network/spec.ts';
import { isNetwork } from '../train/checkpoint.ts';
import { CheckpointFolder, readCheckpoint, type Warn } from '../train/checkpoint-folder.ts';
import { detectNetwork } from './detect.ts';
import { weightDiff } from './weight-diff.ts';
import { readWeightFile, type WeightFile } from './weight-files.ts';

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
  /** How a bare file held them. */
  origin?: WeightsOrigin;
}

export type WeightsOrigin = Pick<WeightFile, 'format' | 'style' | 'wrapper'>;

interface Found {
  info: WeightsInfo;
  tensors: Tensor[];
  metadata: Readonly<Record<string, string>>;
  origin?: WeightsOrigin;
}

function refuse(file: string, reason: string, cause?: unknown): never {
  throw new EvensrError('E_MODEL', exitCodes.invalidModel, `${file} ${reason}`, {
    hint: 'give a run folder, a checkpoint, or a .safetensors, .pth or .param file of weights',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A file whose tensors are not those of the network that it was taken for. */
function refuseTensors(found: Found, spec: NetworkSpec, details: readonly string[]): never {
  const { file, network } = found.info;
  throw new EvensrError(
    'E_MODEL',
    exitCodes.invalidModel,
    `${file} looks like ${architectures[network.type]} x${network.scale}, but ${details.length - 1} tensors differ from its ${spec.parameters.length}`,
    { hint: 'names and shapes:', details },
  );
}

/** The values of the network's parameters, in its order. */
function flatten(spec: NetworkSpec, found: Found): Float32Array {
  const differences = weightDiff(found.tensors, spec.parameters);
  if (differences.length > 0) refuseTensors(found, spec, differences);
  const byName = new Map(found.tensors.map(({ name, data }) => [name, data]));
  const values = new Float32Array(parameterCount(spec));
  let offset = 0;
  for (const { name, shape } of spec.parameters) {
    values.set(byName.get(name) as Float32Array, offset);
    offset += elements(shape);
  }
  if (!values.every(Number.isFinite)) refuse(found.info.file, 'has values that are not finite');
  return values;
}

/** The network that a bare file says it is, as evensr's exports do; else what its tensors tell. */
function networkOf({ tensors, metadata, network: found, sizes }: WeightFile): NetworkConfig {
  if (found) return found;
  const said = metadata.network;
  if (said === undefined) {
    const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
    return { ...detectNetwork(shapes), ...sizes };
  }
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

/** The weights of a file; nothing when it is a checkpoint. */
async function bareWeights(
  file: string,
  bytes: Uint8Array,
  set: WeightSet,
): Promise<Found | undefined> {
  const read = await readWeightFile(file, bytes, set);
  const { tensors, metadata, weights, format, style, wrapper } = read;
  if (metadata.format?.startsWith('evensr-checkpoint')) return undefined;
  try {
    const network = networkOf(read);
    const info = { file, step: null, weights, network };
    return { tensors, metadata, info, origin: { format, style, wrapper } };
  } catch (error) {
    throw about(file, error);
  }
}

async function fromFile(file: string, set: WeightSet): Promise<Found> {
  const bytes = await readRegularFile(file).catch((cause: Error) =>
    refuse(file, cause.message, cause),
  );
  const bare = await bareWeights(file, bytes, set);
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
 * Reads the weights at `path`. `set` chooses between the weights and their moving average, where a
 * checkpoint or PyTorch file holds both.
 * @throws E_MODEL, E_MODEL_FORMAT, E_MODEL_UNKNOWN, E_CHECKPOINT or E_CHECKPOINT_NEWER (exit code 9)
 */
export async function readWeights(path: string, set: WeightSet, warn: Warn): Promise<Weights> {
  const status = statusOf(path);
  if (!status) refuse(path, 'is not there');
  const found = status.isDirectory() ? await fromRun(path, set, warn) : await fromFile(path, set);
  const { tensors: _, ...kept } = found;
  const spec = buildNetwork(found.info.network);
  return { ...kept, spec, values: flatten(spec, found) };
}
