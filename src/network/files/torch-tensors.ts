/** Tensors as PyTorch's pickles describe them, views into storages, and the reading of their numbers. */
import { type ElementType, elementBytes, floatsOf } from '../element-type.ts';
import type { Tensor } from '../safetensors.ts';
import { elements } from '../spec.ts';
import { invalidFile, shown } from './invalid.ts';
import { isKind, type PickleHost, type PickleObject, type PickleValue } from './pickle-machine.ts';

export interface TorchStorage {
  key: string;
  type: ElementType;
  count: number;
}

export interface TorchTensor {
  storage: TorchStorage;
  offset: number;
  shape: number[];
  strides: number[];
}

/** Where the numbers of storages lie. */
export interface StorageBytes {
  /** Bytes of the whole file. */
  fileBytes: number;
  /** All bytes of a storage; nothing when the file has not as many of it. Throws E_MODEL_FORMAT. */
  read(storage: TorchStorage): Uint8Array | undefined;
}

const mostDimensions = 8;
/** float32 bytes for each byte of the file: half floats take 2, a storage may be shared by two tensors. */
const mostGrowth = 4;

function invalid(reason: string): never {
  return invalidFile('PyTorch', reason);
}

const numberTypes: Readonly<Record<string, ElementType>> = {
  Double: 'F64',
  Float: 'F32',
  Half: 'F16',
  BFloat16: 'BF16',
  Long: 'I64',
  Int: 'I32',
  Short: 'I16',
  Char: 'I8',
  Byte: 'U8',
  Bool: 'BOOL',
};

const storageTypes: ReadonlyMap<string, ElementType> = new Map(
  Object.entries(numberTypes).map(([name, type]) => [`torch.${name}Storage`, type]),
);

/** A tensor of a pickle; files of 2017 make it first and say what it is of afterwards. */
class TensorRef {
  tensor: TorchTensor | undefined;
  constructor(tensor?: TorchTensor) {
    this.tensor = tensor;
  }
}

/** What a value is when it is a tensor. */
export function tensorOf(value: PickleValue | undefined): TorchTensor | undefined {
  return refOf(value)?.tensor;
}

function refOf(value: PickleValue | undefined): TensorRef | undefined {
  return isKind(value, 'object') && value.value instanceof TensorRef ? value.value : undefined;
}

const reference = (tensor?: TorchTensor): PickleValue => ({
  kind: 'object',
  value: new TensorRef(tensor),
});

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

function counts(value: PickleValue | undefined): number[] {
  if (!isKind(value, 'tuple') || !value.items.every(isCount) || value.items.length > mostDimensions)
    return invalid('a tensor in it has an impossible shape');
  return value.items as number[];
}

function isStorage(value: unknown): value is TorchStorage {
  return typeof value === 'object' && value !== null && 'count' in value;
}

/** Of storage, offset, size and stride, with which all ways to rebuild a tensor begin. */
function viewOf([holder, offset, size, stride]: readonly PickleValue[]): TorchTensor {
  const storage = isKind(holder, 'object') ? holder.value : undefined;
  if (!isStorage(storage) || !isCount(offset)) return invalid('a tensor in it has no storage');
  const shape = counts(size);
  const strides = counts(stride);
  if (shape.length !== strides.length) return invalid('a tensor in it has an impossible shape');
  return { storage, offset, shape, strides };
}

function parameterOf([data]: readonly PickleValue[]): PickleValue {
  return refOf(data) && data ? data : invalid('it has a parameter that is no tensor');
}

type Callable = (args: readonly PickleValue[]) => PickleValue;

const emptyTensor: Callable = (args) =>
  args.length === 0 ? reference() : invalid('it makes a tensor of something');

/** What pickles of tensors call, since PyTorch 0.1. */
const callables: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  [
    'collections.OrderedDict',
    (args) =>
      args.length === 0 ? { kind: 'dict', entries: new Map() } : invalid('it has a dict of pairs'),
  ],
  ['torch._utils._rebuild_tensor_v2', (args) => reference(viewOf(args))],
  ['torch._utils._rebuild_tensor', (args) => reference(viewOf(args))],
  ['torch._utils._rebuild_parameter', parameterOf],
  ['torch.nn.parameter.Parameter', (args) => (args.length === 0 ? reference() : parameterOf(args))],
  ...Object.keys(numberTypes).map((name): [string, Callable] => [
    `torch.${name}Tensor`,
    emptyTensor,
  ]),
]);

/**
 * The state of an object that is a tensor: storage, offset, size and stride of a tensor of 2017; of a
 * parameter of that time the tensor and four flags, or three flags when it was made of its tensor.
 */
function buildTensor(object: PickleObject, state: PickleValue): void {
  const ref = refOf(object);
  const items = isKind(state, 'tuple') ? state.items : [];
  if (!ref) invalid('it gives a state to something that is no tensor');
  if (ref.tensor) {
    if (items.length !== 3) invalid('it changes a tensor');
  } else if (items.length === 4) ref.tensor = viewOf(items);
  else ref.tensor = tensorOf(items[0]) ?? invalid('it has a parameter that is no tensor');
}

/** An id is the tuple ('storage', type, key, device, number of elements), in old files with a part of it. */
function storageOf(id: PickleValue): TorchStorage {
  const [kind, type, key, , count, part = null] = isKind(id, 'tuple') ? id.items : [];
  const known = isKind(type, 'global') ? storageTypes.get(type.name) : undefined;
  if (kind !== 'storage' || !known || typeof key !== 'string' || !isCount(count))
    return invalid('it refers to something that is no storage of numbers');
  if (part !== null) return invalid('it has storages that are parts of others');
  return { key, type: known, count };
}

/** What a pickle of tensors may ask for. `onStorage` gets every storage that it names. */
export function tensorHost(onStorage: (storage: TorchStorage) => void = () => {}): PickleHost {
  return {
    allows: (name) => callables.has(name) || storageTypes.has(name),
    call: (name, args) => callables.get(name)?.(args) ?? invalid(`it calls ${name}`),
    persistent: (id) => {
      const storage = storageOf(id);
      onStorage(storage);
      return { kind: 'object', value: storage };
    },
    build: buildTensor,
  };
}

/** Reads tensors, as long as they do not grow far beyond the file. */
export class TensorReader {
  readonly #storages: StorageBytes;
  /** Of storages that were read; many tensors may share one. */
  readonly #numbers = new Map<string, Float32Array>();
  #left: number;

  constructor(storages: StorageBytes) {
    this.#storages = storages;
    this.#left = mostGrowth * storages.fileBytes;
  }

  /** Float32 in C order. Throws E_MODEL_FORMAT for a tensor that does not lie in its storage. */
  read(name: string, { storage, offset, shape, strides }: TorchTensor): Tensor {
    const count = elements(shape);
    const last = shape.reduce((at, size, d) => at + (size - 1) * (strides[d] as number), offset);
    if (count > storage.count || (count > 0 && last >= storage.count))
      invalid(`the tensor ${shown(name)} reaches beyond its storage`);
    this.#left -= 4 * count;
    if (this.#left < 0) invalid('its tensors share their storages too often');
    const numbers = this.#numbersOf(storage, name);
    return { name, shape, data: contiguous(numbers, { offset, shape, strides }, count) };
  }

  #numbersOf(storage: TorchStorage, name: string): Float32Array {
    const { key, type, count } = storage;
    const id = `${type} ${key}`;
    const known = this.#numbers.get(id);
    if (known?.length === count) return known;
    const bytes = this.#storages.read(storage);
    if (bytes?.length !== count * elementBytes[type])
      return invalid(`the storage of the tensor ${shown(name)} has another size than it says`);
    const numbers = floatsOf(bytes, type);
    this.#numbers.set(id, numbers);
    return numbers;
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
