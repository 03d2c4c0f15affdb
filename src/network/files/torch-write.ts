/** Writes tensors so that torch.load(weights_only=True) reads them: the zip format of PyTorch 1.6 and later. */
import type { Tensor } from '../safetensors.ts';
import { encodeZip } from './zip.ts';

export interface TorchWrite {
  /** Key of the dict of tensors, where the field's programs look for it. */
  wrapper: 'params' | 'params_ema';
  /** Texts, below the key `metadata` beside the tensors. */
  metadata: Readonly<Record<string, string>>;
}

const encoder = new TextEncoder();

/** Pickle protocol 2, as much of it as a dict of tensors takes. Every method returns what is pickled. */
const pickle = {
  global: (module: string, name: string) => [...encoder.encode(`c${module}\n${name}\n`)],
  text: (text: string) => {
    const bytes = encoder.encode(text);
    return [0x58, ...uint32(bytes.length), ...bytes];
  },
  int: (value: number) =>
    value < 2 ** 31 ? [0x4a, ...uint32(value)] : [0x8a, 8, ...uint64(value)],
  tuple: (items: number[][]) => [0x28, ...items.flat(), 0x74],
  call: (callee: number[], args: number[][]) => [...callee, ...pickle.tuple(args), 0x52],
  persistent: (id: number[]) => [...id, 0x51],
  dict: (entries: number[][]) => [0x7d, 0x28, ...entries.flat(), 0x75],
  no: [0x89],
};

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
}

function pickledTensor({ shape, data }: Tensor, key: string): number[] {
  const storage = [
    pickle.text('storage'),
    pickle.global('torch', 'FloatStorage'),
    ...[pickle.text(key), pickle.text('cpu'), pickle.int(data.length)],
  ];
  const ints = (values: readonly number[]) => pickle.tuple(values.map(pickle.int));
  return pickle.call(pickle.global('torch._utils', '_rebuild_tensor_v2'), [
    pickle.persistent(pickle.tuple(storage)),
    ...[pickle.int(0), ints(shape), ints(stridesOf(shape)), pickle.no],
    pickle.call(pickle.global('collections', 'OrderedDict'), []),
  ]);
}

function pickled(tensors: readonly Tensor[], { wrapper, metadata }: TorchWrite): Uint8Array {
  const texts = Object.entries(metadata).flatMap(([key, text]) => [
    pickle.text(key),
    pickle.text(text),
  ]);
  const state = tensors.flatMap((tensor, at) => [
    pickle.text(tensor.name),
    pickledTensor(tensor, String(at)),
  ]);
  const whole = pickle.dict([
    ...[pickle.text(wrapper), pickle.dict(state)],
    ...[pickle.text('metadata'), pickle.dict(texts)],
  ]);
  return Uint8Array.from([0x80, 2, ...whole, 0x2e]);
}

/**
 * Parts of a .pth file that hold float32 tensors under their names, `{ WRAPPER: tensors, metadata }`.
 * The tensors' numbers are not copied. Throws E_MODEL_FORMAT when the file would have 4 GiB or more.
 */
export function encodeTorch(tensors: readonly Tensor[], options: TorchWrite): Uint8Array[] {
  const record = (name: string, bytes: Uint8Array) => ({ name: `archive/${name}`, bytes });
  return encodeZip([
    record('data.pkl', pickled(tensors, options)),
    record('byteorder', encoder.encode('little')),
    ...tensors.map(({ data }, at) =>
      record(`data/${at}`, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ),
    record('version', encoder.encode('3\n')),
  ]);
}
