/**
 * Tensors out of the files that torch.save writes since PyTorch 1.6: a zip of one pickle, `data.pkl`, and
 * the storages that its tensors lie in, `data/KEY`. Nothing in a file is executed.
 */
import { type ElementType, elementBytes, floatsOf } from '../element-type.ts';
import type { Tensor } from '../safetensors.ts';
import { elements } from '../spec.ts';
import { invalidFile, shown } from './invalid.ts';
import {
  isKind,
  type PickleDict,
  type PickleHost,
  type PickleValue,
  readPickle,
} from './pickle.ts';
import { ZipReader } from './zip.ts';

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

interface Storage {
  key: string;
  type: ElementType;
  count: number;
}

interface TorchTensor {
  storage: Storage;
  offset: number;
  shape: number[];
  strides: number[];
}

const storageTypes: Readonly<Record<string, ElementType>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

/** Keys that wrap a dict of tensors in files of the field. */
const wrappers = ['params_ema', 'params-ema', 'params', 'state_dict', 'model', 'ema'];
const metadataKey = 'metadata';
/** Pickles of weights are a few hundred kB. */
const mostPickleBytes = 2 ** 25;
const mostDimensions = 8;
/** float32 bytes for each byte of the file: half floats take 2, a storage may be shared by two tensors. */
const mostGrowth = 4;

function invalid(reason: string, hint?: string): never {
  return invalidFile('PyTorch', reason, hint);
}

class TensorRef {
  readonly tensor: TorchTensor;
  constructor(tensor: TorchTensor) {
    this.tensor = tensor;
  }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

function counts(value: PickleValue | undefined): number[] {
  if (!isKind(value, 'tuple') || !value.items.every(isCount) || value.items.length > mostDimensions)
    return invalid('a tensor in it has an impossible shape');
  return value.items as number[];
}

/** `args` are those of torch._utils._rebuild_tensor_v2: storage, offset, size, stride, and what a tensor here has not. */
function rebuildTensor(args: readonly PickleValue[]): PickleValue {
  const [holder, offset, size, stride] = args;
  const storage = isKind(holder, 'object') ? holder.value : undefined;
  if (!isStorage(storage) || !isCount(offset)) return invalid('a tensor in it has no storage');
  const shape = counts(size);
  const strides = counts(stride);
  if (shape.length !== strides.length) return invalid('a tensor in it has an impossible shape');
  return { kind: 'object', value: new TensorRef({ storage, offset, shape, strides }) };
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'count' in value;
}

const callable: Readonly<Record<string, (args: readonly PickleValue[]) => PickleValue>> = {
  'collections.OrderedDict': (args) =>
    args.length === 0 ? { kind: 'dict', entries: new Map() } : invalid('it has a dict of pairs'),
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor]) =>
    isTensor(tensor) ? tensor : invalid('it has a parameter that is no tensor'),
};

function isTensor(value: PickleValue | undefined): value is { kind: 'object'; value: TensorRef } {
  return isKind(value, 'object') && value.value instanceof TensorRef;
}

/** An id is the tuple ('storage', type, key, device, number of elements). */
function storageOf(id: PickleValue): PickleValue {
  const [kind, type, key, , count] = isKind(id, 'tuple') ? id.items : [];
  const known = isKind(type, 'global') ? storageTypes[type.name] : undefined;
  if (kind !== 'storage' || !known || typeof key !== 'string' || !isCount(count))
    return invalid('it refers to something that is no storage of numbers');
  return { kind: 'object', value: { key, type: known, count } satisfies Storage };
}

const host: PickleHost = {
  allows: (name) => Object.hasOwn(callable, name) || Object.hasOwn(storageTypes, name),
  call: (name, args) => {
    const made = Object.hasOwn(callable, name) ? callable[name]?.(args) : undefined;
    return made === undefined ? invalid(`it calls ${name}`) : made;
  },
  persistent: storageOf,
};

/** Refuses other kinds of files that PyTorch has written, each with what to do. */
function rootOf(zip: ZipReader): string {
  const roots = zip.names.filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const root = roots[0]?.slice(0, -'data.pkl'.length);
  if (root === undefined || roots.length > 1) return invalid('it has no data.pkl');
  if (zip.names.includes(`${root}constants.pkl`))
    return invalid('it is a TorchScript program', 'save the state_dict() of the model instead');
  if (zip.sizeOf(`${root}byteorder`) !== undefined) {
    const order = new TextDecoder().decode(zip.read(`${root}byteorder`));
    if (order !== 'little') invalid('its numbers are not little-endian');
  }
  return root;
}

/** The pickled number that begins the files of PyTorch before 1.6. */
const legacyMagic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

function refuseLegacy(bytes: Uint8Array): void {
  if (!legacyMagic.every((byte, at) => bytes[at] === byte)) return;
  invalid(
    'it has the format of PyTorch before 1.6, which is a pickle without a zip around it',
    `write it again: python -c "import torch; torch.save(torch.load('OLD.pth', 'cpu', weights_only=True), 'NEW.pth')"`,
  );
}

/** Reads tensors, as long as they do not grow far beyond the file. */
class Storages {
  readonly #zip: ZipReader;
  readonly #root: string;
  #left: number;

  constructor(zip: ZipReader, root: string, fileBytes: number) {
    this.#zip = zip;
    this.#root = root;
    this.#left = mostGrowth * fileBytes;
  }

  tensor(name: string, { storage, offset, shape, strides }: TorchTensor): Tensor {
    const count = elements(shape);
    const last = shape.reduce((at, size, d) => at + (size - 1) * (strides[d] as number), offset);
    if (count > storage.count || (count > 0 && last >= storage.count))
      invalid(`the tensor ${shown(name)} reaches beyond its storage`);
    this.#left -= 4 * count;
    if (this.#left < 0) invalid('its tensors share their storages too often');
    const numbers = this.#numbers(storage, name);
    return { name, shape, data: contiguous(numbers, { offset, shape, strides }, count) };
  }

  #numbers({ key, type, count }: Storage, name: string): Float32Array {
    const record = `${this.#root}data/${key}`;
    if (this.#zip.sizeOf(record) !== count * elementBytes[type])
      invalid(`the storage of the tensor ${shown(name)} has another size than it says`);
    return floatsOf(this.#zip.read(record), type);
  }
}

/** Strides of C order. Those of sides of 1 do not matter. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== step) return false;
    step *= shape[d] as number;
  }
  return true;
}

function contiguous(
  numbers: Float32Array,
  { offset, shape, strides }: Omit<TorchTensor, 'storage'>,
  count: number,
): Float32Array {
  if (count === 0 || isContiguous(shape, strides)) return numbers.subarray(offset, offset + count);
  const data = new Float32Array(count);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < count; to++) {
    data[to] = numbers[from] as number;
    for (let d = shape.length - 1; d >= 0; d--) {
      from += strides[d] as number;
      index[d] = (index[d] as number) + 1;
      if (index[d] !== shape[d]) break;
      from -= (strides[d] as number) * (shape[d] as number);
      index[d] = 0;
    }
  }
  return data;
}

const prefix = 'module.';

function namedTensors({ entries }: PickleDict): [string, TorchTensor][] {
  const all = [...entries].map(([name, value]): [string, TorchTensor] => {
    if (typeof name === 'string' && isTensor(value)) return [name, value.value.tensor];
    return invalid(`its entry ${shown(String(name))} is no tensor`);
  });
  const isParallel = all.every(([name]) => name.startsWith(prefix));
  return isParallel ? all.map(([name, tensor]) => [name.slice(prefix.length), tensor]) : all;
}

const hasTensors = ({ entries }: PickleDict): boolean => [...entries.values()].some(isTensor);

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
  refuseLegacy(bytes);
  const zip = new ZipReader(bytes);
  const root = rootOf(zip);
  if ((zip.sizeOf(`${root}data.pkl`) ?? 0) > mostPickleBytes) invalid('its pickle is too long');
  const top = readPickle(zip.read(`${root}data.pkl`), host);
  if (!isKind(top, 'dict')) return invalid('it holds no dict of tensors');
  const storages = new Storages(zip, root, bytes.length);
  const stateOf = (dict: PickleDict, wrapper: string | undefined): TorchState => ({
    wrapper,
    read: () => namedTensors(dict).map(([name, tensor]) => storages.tensor(name, tensor)),
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
