/**
 * Dicts of tensors out of the files that torch.save writes, in both of their formats. Nothing in a file
 * is executed.
 */
import type { Tensor } from '../safetensors.ts';
import { invalidFile, shown } from './invalid.ts';
import { isKind, type PickleDict, type PickleValue } from './pickle-machine.ts';
import { isLegacyTorch, openLegacy, openZip } from './torch-archives.ts';
import { TensorReader, type TorchTensor, tensorOf } from './torch-tensors.ts';

/** A dict of tensors in a file, not yet read. */
export interface TorchState {
  /** Key that it has in the file's dict; nothing when the file is that dict itself. */
  wrapper: string | undefined;
  /** Names without a leading `module.`, as float32 in C order. Throws E_MODEL_FORMAT. */
  read(): Tensor[];
}

export interface TorchContent {
  /** In the order of the file; at least one. */
  states: TorchState[];
  /** Texts of the dict `metadata` beside the states, as evensr writes it. */
  metadata: Record<string, string>;
}

/** Keys that wrap a dict of tensors in files of the field. */
const wrappers = ['params_ema', 'params-ema', 'params', 'state_dict', 'model', 'ema'];
const metadataKey = 'metadata';

function invalid(reason: string): never {
  return invalidFile('PyTorch', reason);
}

const prefix = 'module.';

function namedTensors({ entries }: PickleDict): [string, TorchTensor][] {
  const all = [...entries].map(([name, value]): [string, TorchTensor] => {
    const tensor = tensorOf(value);
    if (typeof name === 'string' && tensor) return [name, tensor];
    return invalid(`its entry ${shown(String(name))} is no tensor`);
  });
  const isParallel = all.every(([name]) => name.startsWith(prefix));
  return isParallel ? all.map(([name, tensor]) => [name.slice(prefix.length), tensor]) : all;
}

const hasTensors = ({ entries }: PickleDict): boolean =>
  [...entries.values()].some((value) => tensorOf(value) !== undefined);

function textsOf(value: PickleValue | undefined): Record<string, string> {
  const entries = isKind(value, 'dict') ? [...value.entries] : [];
  return Object.fromEntries(
    entries.filter((pair): pair is [string, string] => pair.every((s) => typeof s === 'string')),
  );
}

/**
 * The dicts of tensors that a .pth or .pt file holds: the file's own dict, or those below the keys that
 * the field wraps them in. Optimizer states and counters beside them are passed over.
 * @throws E_MODEL_FORMAT (exit code 9) saying what is wrong, and naming what a pickle wanted to load
 */
export function decodeTorch(bytes: Uint8Array): TorchContent {
  const { top, storages } = isLegacyTorch(bytes) ? openLegacy(bytes) : openZip(bytes);
  if (!isKind(top, 'dict')) return invalid('it holds no dict of tensors');
  const reader = new TensorReader(storages);
  const stateOf = (dict: PickleDict, wrapper: string | undefined): TorchState => ({
    wrapper,
    read: () => namedTensors(dict).map(([name, tensor]) => reader.read(name, tensor)),
  });
  if (hasTensors(top)) return { states: [stateOf(top, undefined)], metadata: {} };
  const states = wrappers.flatMap((wrapper) => {
    const inner = top.entries.get(wrapper);
    return isKind(inner, 'dict') && hasTensors(inner) ? [stateOf(inner, wrapper)] : [];
  });
  if (states.length > 0) return { states, metadata: textsOf(top.entries.get(metadataKey)) };
  const keys = shown([...top.entries.keys()].join(', '));
  return invalid(`it holds no dict of tensors, only ${keys || 'an empty one'}`);
}
