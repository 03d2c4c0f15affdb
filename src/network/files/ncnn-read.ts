/**
 * Files of ncnn (https://github.com/Tencent/ncnn, "param and model file structure"): `.param`, a text with
 * one layer a line, and `.bin`, the numbers of the layers that have any, in the order of the lines.
 */
import { elementBytes, floatsOf } from '../element-type.ts';
import { invalidFile, shown } from './invalid.ts';

export interface NcnnLayer {
  type: string;
  name: string;
  inputs: string[];
  outputs: string[];
  /** Numbers by key; absent ones have the layer's defaults. */
  values: ReadonlyMap<number, number>;
  /** Lists of numbers by key. */
  lists: ReadonlyMap<number, readonly number[]>;
  /** What the `.bin` file holds for the layer: weight and bias, or slopes. */
  weights: NcnnWeight[];
}

export interface NcnnWeight {
  role: 'weight' | 'bias';
  shape: number[];
  data: Float32Array;
}

const magic = '7767517';
const mostLayers = 65536;
const mostBlobs = 1024;
const longestText = 2 ** 24;
/** Keys from here down are lists: -23300 - k. */
const listKey = -23300;
/** Type names of float16 and float32 numbers at the start of a weight. */
const flags = { half: 0x01306b47, float: 0x0002c056, plain: 0 } as const;

function invalid(reason: string, hint?: string): never {
  return invalidFile('ncnn', reason, hint);
}

const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;

function countOf(word: string | undefined): number {
  const count = Number(word);
  return word !== undefined && isCount(count)
    ? count
    : invalid(`"${shown(word ?? '')}" is no count`);
}

function parameters(words: readonly string[], name: string) {
  const values = new Map<number, number>();
  const lists = new Map<number, number[]>();
  for (const word of words) {
    const [key = Number.NaN, first = Number.NaN, ...rest] = word.split(/[=,]/).map(Number);
    if (![key, first, ...rest].every(Number.isFinite))
      invalid(`its layer ${shown(name)} has the parameter "${shown(word)}"`);
    if (key > listKey) values.set(key, first);
    else if (rest.length === first) lists.set(listKey - key, rest);
    else invalid(`its layer ${shown(name)} has a list of another length than it says`);
  }
  return { values, lists };
}

function layerOf(line: string): NcnnLayer {
  const [type = '', name = '', inputCount, outputCount, ...words] = line.split(/\s+/);
  const [ins, outs] = [countOf(inputCount), countOf(outputCount)];
  if (ins + outs > Math.min(words.length, mostBlobs))
    invalid(`its layer ${shown(name)} has fewer blobs than it says`);
  const inputs = words.slice(0, ins);
  const outputs = words.slice(ins, ins + outs);
  const rest = words.slice(ins + outs);
  return { type, name, inputs, outputs, ...parameters(rest, name), weights: [] };
}

function layersOf(text: string): NcnnLayer[] {
  const [first, counts = '', ...lines] = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (first !== magic) invalid(`its .param does not begin with ${magic}`);
  const count = countOf(counts.split(/\s+/)[0]);
  if (count !== lines.length || count > mostLayers)
    invalid(`its .param has ${lines.length} layers and says ${count}`);
  return lines.map(layerOf);
}

/** Reads numbers one after the other. */
class Numbers {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  #take(size: number, layer: NcnnLayer): Uint8Array {
    if (!isCount(size) || size > this.left)
      invalid(`its .bin ends within the layer ${shown(layer.name)}`);
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  floats(count: number, layer: NcnnLayer): Float32Array {
    return floatsOf(this.#take(count * elementBytes.F32, layer), 'F32');
  }

  /** A weight, which says itself of what type it is. */
  flagged(count: number, layer: NcnnLayer): Float32Array {
    const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = this.#take(4, layer);
    const flag = (b0 | (b1 << 8) | (b2 << 16) | (b3 << 24)) >>> 0;
    if (flag === flags.plain || flag === flags.float) return this.floats(count, layer);
    if (flag !== flags.half)
      invalid(
        `the weight of its layer ${shown(layer.name)} is of the type 0x${flag.toString(16)}`,
        'float16 and float32 are read; quantised weights are not',
      );
    const padded = Math.ceil((count * elementBytes.F16) / 4) * 4;
    return floatsOf(this.#take(padded, layer).subarray(0, count * elementBytes.F16), 'F16');
  }
}

/** Keys of a convolution, and what they must be for the convolutions of our networks. */
const convolution = { outputs: 0, kernel: 1, kernelHeight: 11, hasBias: 5, count: 6, int8: 8 };

function convolutionWeights(layer: NcnnLayer, numbers: Numbers): NcnnWeight[] {
  const value = (key: number, otherwise: number) => layer.values.get(key) ?? otherwise;
  const outputs = value(convolution.outputs, 0);
  const kernel = value(convolution.kernel, 0);
  const height = value(convolution.kernelHeight, kernel);
  const count = value(convolution.count, 0);
  const inputs = count / (outputs * kernel * height);
  if (![outputs, kernel, height, count, inputs].every((size) => isCount(size) && size > 0))
    invalid(`its layer ${shown(layer.name)} has an impossible size`);
  if (value(convolution.int8, 0) !== 0) invalid(`its layer ${shown(layer.name)} is quantised`);
  const shape = [outputs, inputs, height, kernel];
  const weight: NcnnWeight = { role: 'weight', shape, data: numbers.flagged(count, layer) };
  if (value(convolution.hasBias, 0) === 0) return [weight];
  return [weight, { role: 'bias', shape: [outputs], data: numbers.floats(outputs, layer) }];
}

function slopes(layer: NcnnLayer, numbers: Numbers): NcnnWeight[] {
  const count = layer.values.get(0) ?? 0;
  return [{ role: 'weight', shape: [count], data: numbers.floats(count, layer) }];
}

const weightReaders: Readonly<
  Record<string, (layer: NcnnLayer, numbers: Numbers) => NcnnWeight[]>
> = { Convolution: convolutionWeights, PReLU: slopes };

/** Layers without numbers in `.bin`. Others could have some, and all that follow would be misread. */
const weightless = new Set([
  ...['Input', 'Split', 'ReLU', 'Concat', 'PixelShuffle', 'Interp', 'Eltwise', 'BinaryOp', 'Noop'],
]);

/**
 * The layers of a network with their weights, as float32. Weights may share memory with `bin`.
 * @throws E_MODEL_FORMAT (exit code 9) for damaged files and for layers that no network here has
 */
export function readNcnn(param: Uint8Array, bin: Uint8Array): NcnnLayer[] {
  if (param.length > longestText) invalid('its .param is too long');
  const layers = layersOf(new TextDecoder().decode(param));
  const numbers = new Numbers(bin);
  for (const layer of layers) {
    const reader = Object.hasOwn(weightReaders, layer.type) ? weightReaders[layer.type] : undefined;
    if (reader) layer.weights = reader(layer, numbers);
    else if (!weightless.has(layer.type))
      invalid(`it has a layer of the type ${shown(layer.type)}, which no network here has`);
  }
  if (numbers.left !== 0) invalid(`its .bin has ${numbers.left} bytes behind the last layer`);
  return layers;
}
