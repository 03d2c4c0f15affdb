/** Files of weights that are no checkpoint, of every kind, as named tensors. */
import { extname } from 'node:path';
import { readRegularFile } from '../data/regular-file.ts';
import { about, EvensrError, exitCodes } from '../errors.ts';
import type { WeightSet } from '../native.ts';
import type { NetworkConfig } from '../network/build.ts';
import { type Renamed, renameKeys } from '../network/files/key-styles.ts';
import { decodeNcnn } from '../network/files/ncnn-networks.ts';
import { isLegacyTorch } from '../network/files/torch-archives.ts';
import { decodeTorch, type TorchState } from '../network/files/torch-read.ts';
import { decodeSafetensors, type Tensor } from '../network/safetensors.ts';

export interface WeightFile {
  format: 'safetensors' | 'PyTorch' | 'ncnn';
  /** Whose names the tensors had, when they are known by names. */
  style: string | undefined;
  /** Key of the dict that they were in. */
  wrapper: string | undefined;
  /** Which set it is, where the file says so. */
  weights: WeightSet | 'file';
  /** Under our names. */
  tensors: Tensor[];
  metadata: Readonly<Record<string, string>>;
  /** Where more than names and shapes tells. */
  network: NetworkConfig | undefined;
  /** What the names tell beyond what they and the shapes do. */
  sizes: Renamed['sizes'];
}

const startsWith = (bytes: Uint8Array, ...start: number[]) =>
  start.every((byte, at) => bytes[at] === byte);

const isTorch = (bytes: Uint8Array) => startsWith(bytes, 0x50, 0x4b) || isLegacyTorch(bytes);

const isNcnnParam = (bytes: Uint8Array) => startsWith(bytes, ...Buffer.from('7767517'));

function setOf({ wrapper }: TorchState): WeightSet | 'file' {
  if (wrapper === undefined) return 'file';
  if (/ema/.test(wrapper)) return 'ema';
  return wrapper === 'params' ? 'params' : 'file';
}

/** The wanted set when it is there, else what is. */
function readTorch(bytes: Uint8Array, set: WeightSet): WeightFile {
  const { states, metadata } = decodeTorch(bytes);
  const state = states.find((one) => setOf(one) === set) ?? (states[0] as TorchState);
  const { style, tensors, sizes } = renameKeys(state.read(), set);
  const { wrapper } = state;
  const weights = setOf(state);
  return {
    ...{ format: 'PyTorch', style, wrapper, weights },
    ...{ tensors, metadata, network: undefined, sizes },
  };
}

function readSafetensors(bytes: Uint8Array, set: WeightSet): WeightFile {
  const { tensors: found, metadata } = decodeSafetensors(bytes);
  const { style, tensors, sizes } = renameKeys(found, set);
  return {
    ...{ format: 'safetensors', style, wrapper: undefined, weights: 'file' },
    ...{ tensors, metadata, network: undefined, sizes },
  };
}

function readNcnn(param: Uint8Array, bin: Uint8Array): WeightFile {
  const { tensors, network } = decodeNcnn(param, bin);
  return {
    ...{ format: 'ncnn', style: undefined, wrapper: undefined, weights: 'file' },
    ...{ tensors, metadata: {}, network, sizes: undefined },
  };
}

/** The other half of a network for ncnn. Throws E_MODEL. */
async function otherHalf(file: string, ending: '.param' | '.bin'): Promise<Uint8Array> {
  const other = file.replace(/\.(param|bin)$/, '') + ending;
  return await readRegularFile(other).catch((cause: Error) => {
    throw new EvensrError(
      'E_MODEL',
      exitCodes.invalidModel,
      `${file} is one half of a network for ncnn, and ${other} ${cause.message}`,
      { hint: 'put its .param and .bin files, of one name, into one folder', cause },
    );
  });
}

/** By its first bytes; by its name only where these say nothing, for a message that fits. */
function formatOf(file: string, bytes: Uint8Array): 'torch' | 'param' | 'bin' | 'safetensors' {
  if (isTorch(bytes)) return 'torch';
  if (isNcnnParam(bytes)) return 'param';
  const ending = extname(file).toLowerCase();
  if (ending === '.pth' || ending === '.pt') return 'torch';
  if (ending === '.param') return 'param';
  return ending === '.bin' ? 'bin' : 'safetensors';
}

/**
 * Reads a file of weights of any kind.
 * @param set the one to take, where a PyTorch file holds both
 * @throws E_MODEL, E_MODEL_FORMAT or E_MODEL_UNKNOWN (exit code 9), naming the file
 */
export async function readWeightFile(
  file: string,
  bytes: Uint8Array,
  set: WeightSet,
): Promise<WeightFile> {
  try {
    switch (formatOf(file, bytes)) {
      case 'torch':
        return readTorch(bytes, set);
      case 'param':
        return readNcnn(bytes, await otherHalf(file, '.bin'));
      case 'bin':
        return readNcnn(await otherHalf(file, '.param'), bytes);
      case 'safetensors':
        return readSafetensors(bytes, set);
    }
  } catch (error) {
    throw error instanceof EvensrError && error.code === 'E_MODEL' ? error : about(file, error);
  }
}
