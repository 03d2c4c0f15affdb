/** Networks of ours in ncnn files: what they are called there says nothing, what they compute does. */
import { EvensrError, exitCodes } from '../../errors.ts';
import { buildNetwork, type NetworkConfig } from '../build.ts';
import type { Tensor } from '../safetensors.ts';
import type { NetworkSpec } from '../spec.ts';
import { type Expression, ExpressionTable, expressionOf } from './expressions.ts';
import { invalidFile, shown } from './invalid.ts';
import { type NcnnLayer, readNcnn } from './ncnn-read.ts';

export interface NcnnContent {
  /** With the names of the network's state dict. */
  tensors: Tensor[];
  network: NetworkConfig;
}

function unknown(reason: string): never {
  throw new EvensrError(
    'E_MODEL_UNKNOWN',
    exitCodes.invalidModel,
    `the ncnn file is no network that can be built: ${reason}`,
    { hint: 'known: RRDBNet and SRVGGNetCompact, as Real-ESRGAN publishes them' },
  );
}

const number = (layer: NcnnLayer, key: number, otherwise = 0) => layer.values.get(key) ?? otherwise;

/**
 * Whether a convolution is 3x3 of stride 1 with zero padding 1, as all of ours: keys of kernel (1, 11),
 * dilation (2, 12), stride (3, 13), padding (4, 14, 15, 16), its value (18) and weights as inputs (19).
 */
function isPlainConvolution(layer: NcnnLayer): boolean {
  const kernel = [1, 11].every((key) => number(layer, key, 3) === 3);
  const steps = [2, 12, 3, 13].every((key) => number(layer, key, 1) === 1);
  const padding = [14, 15, 16].every((key) => number(layer, key, 1) === 1);
  const plain = [18, 19].every((key) => number(layer, key) === 0);
  return kernel && steps && padding && plain && number(layer, 4) === 1;
}

/** What a layer computes, once its inputs are known; nothing when none of our operators does it. */
type Translator = (
  layer: NcnnLayer,
  inputs: readonly Expression[],
  graph: { table: ExpressionTable; weighted: () => number },
) => Expression | undefined;

/** Activations that are fused into convolutions: key 9 their kind, list 10 their slope. */
function fusedActivation(layer: NcnnLayer, x: Expression, table: ExpressionTable) {
  const kind = number(layer, 9);
  if (kind === 0) return x;
  if (kind === 1) return table.apply('relu', {}, [x]);
  const slope = layer.lists.get(10)?.[0];
  return kind === 2 && slope !== undefined ? table.apply('leakyRelu', { slope }, [x]) : undefined;
}

const sumOf = (table: ExpressionTable, inputs: readonly Expression[], factors: readonly number[]) =>
  table.sum(inputs.map((of, at) => ({ factor: factors[at] ?? 1, of })));

const translators: Readonly<Record<string, Translator>> = {
  Convolution: (layer, inputs, { table, weighted }) =>
    isPlainConvolution(layer)
      ? fusedActivation(layer, table.apply('conv2d', weighted(), inputs), table)
      : undefined,
  PReLU: (_, inputs, { table, weighted }) => table.apply('prelu', weighted(), inputs),
  ReLU: (layer, inputs, { table }) => {
    const slope = number(layer, 0);
    return slope === 0
      ? table.apply('relu', {}, inputs)
      : table.apply('leakyRelu', { slope }, inputs);
  },
  Split: (_, [input]) => input,
  Noop: (_, [input]) => input,
  // Key 0 is the axis behind the batch: 0 the channels.
  Concat: (layer, inputs, { table }) =>
    number(layer, 0) === 0 ? table.apply('concat', {}, inputs) : undefined,
  // Mode 0 (key 1) is PyTorch's order of channels.
  PixelShuffle: (layer, inputs, { table }) =>
    number(layer, 1) === 0
      ? table.apply('pixelShuffle', { factor: number(layer, 0, 1) }, inputs)
      : undefined,
  // Mode 1 (key 0) is nearest; keys 1 and 2 are the factors of height and width.
  Interp: (layer, inputs, { table }) => {
    const factor = number(layer, 1, 1);
    const isNearest = number(layer, 0) === 1 && factor === number(layer, 2, 1);
    return isNearest && Number.isInteger(factor)
      ? table.apply('upsampleNearest', { factor }, inputs)
      : undefined;
  },
  // Operation 1 (key 0) is a sum; list 1 are its factors.
  Eltwise: (layer, inputs, { table }) =>
    number(layer, 0) === 1 ? sumOf(table, inputs, layer.lists.get(1) ?? []) : undefined,
  // Operations: 0 sum, 2 product; with key 1 the second operand is the number of key 2.
  BinaryOp: (layer, inputs, { table }) => {
    const operation = number(layer, 0);
    if (number(layer, 1) === 0) return operation === 0 ? sumOf(table, inputs, []) : undefined;
    return operation === 2 ? table.scaled(number(layer, 2), inputs[0] as Expression) : undefined;
  },
};

interface Translated {
  /** By blob. */
  expressions: Map<string, Expression>;
  /** Of the blob that no layer takes. */
  result: Expression | undefined;
}

/** What the layers compute, in the file's order, which has every input before its use. */
function translate(layers: readonly NcnnLayer[], table: ExpressionTable): Translated {
  const expressions = new Map<string, Expression>();
  const open = new Set<string>();
  let count = 0;
  const weighted = () => count++;
  for (const layer of layers) {
    const inputs = layer.inputs.map((blob) => {
      open.delete(blob);
      const found = expressions.get(blob);
      const name = shown(layer.name);
      return (
        found ?? invalidFile('ncnn', `its layer ${name} takes ${shown(blob)}, which is not made`)
      );
    });
    const made = expressionOfLayer(layer, inputs, { table, weighted });
    for (const blob of layer.outputs) {
      expressions.set(blob, made);
      open.add(blob);
    }
  }
  const [last] = open;
  return { expressions, result: open.size === 1 ? expressions.get(last as string) : undefined };
}

function expressionOfLayer(
  layer: NcnnLayer,
  inputs: readonly Expression[],
  graph: { table: ExpressionTable; weighted: () => number },
): Expression {
  if (layer.type === 'Input') return graph.table.input;
  if (inputs.length === 0) invalidFile('ncnn', `its layer ${shown(layer.name)} takes nothing`);
  const translator = Object.hasOwn(translators, layer.type) ? translators[layer.type] : undefined;
  const made = translator?.(layer, inputs, graph);
  // An expression of its own, so that the graph can be told from ours.
  return made ?? graph.table.apply('other', layer.name, inputs);
}

/** Networks that the weights could belong to, from their number and shapes. */
function candidates(layers: readonly NcnnLayer[]): NetworkConfig[] {
  const shapes = layers
    .filter(({ type }) => type === 'Convolution')
    .map(({ weights }) => weights[0]?.shape ?? []);
  const [numFeat = 0, inputs = 0] = shapes[0] ?? [];
  const [outputs = 0] = shapes.at(-1) ?? [];
  const compact = { type: 'srvgg', scale: Math.sqrt(outputs / 3), numFeat } as const;
  const numConv = shapes.length - 2;
  const activations = ['prelu', 'relu', 'leakyrelu'] as const;
  const numGrowCh = shapes[1]?.[0] ?? 0;
  const unshuffled = Math.sqrt(inputs / 3);
  const all: NetworkConfig[] = [
    ...activations.map((activation) => ({ ...compact, numConv, activation })),
    ...[0, 1, 2].map((upsamplings): NetworkConfig => {
      const scale = 2 ** upsamplings / unshuffled;
      const numBlock = (shapes.length - 4 - upsamplings) / 15;
      const plain = unshuffled === 1 && scale < 4 ? { unshuffle: false } : {};
      return { type: 'rrdbnet', scale, numFeat, numBlock, numGrowCh, ...plain };
    }),
  ];
  return all.filter((network) =>
    Object.values(network).every(
      (size) => typeof size !== 'number' || (Number.isInteger(size) && size >= 0),
    ),
  );
}

function specOf(network: NetworkConfig): NetworkSpec | undefined {
  try {
    return buildNetwork(network);
  } catch (error) {
    if (error instanceof EvensrError) return undefined;
    throw error;
  }
}

/** The weights in the file's order under the names of the network's; nothing when shapes differ. */
function named(layers: readonly NcnnLayer[], spec: NetworkSpec): Tensor[] | undefined {
  const weights = layers.flatMap((layer) => layer.weights);
  if (weights.length !== spec.parameters.length) return undefined;
  const tensors = weights.map(({ data, shape }, at) => ({
    name: spec.parameters[at]?.name as string,
    shape,
    data,
  }));
  const fits = tensors.every(({ shape }, at) => shape.join() === spec.parameters[at]?.shape.join());
  return fits ? tensors : undefined;
}

/**
 * The network in a `.param` and a `.bin` file. It is taken for one of ours only when every layer, slope
 * and factor agrees.
 * @throws E_MODEL_FORMAT for damaged files, E_MODEL_UNKNOWN for other networks (both exit code 9)
 */
export function decodeNcnn(param: Uint8Array, bin: Uint8Array): NcnnContent {
  const layers = readNcnn(param, bin);
  const table = new ExpressionTable();
  const { expressions, result } = translate(layers, table);
  let reason = 'no network has as many layers of these sizes';
  for (const network of candidates(layers)) {
    const spec = specOf(network);
    const tensors = spec && named(layers, spec);
    if (!spec || !tensors) continue;
    const ours = expressionOf(spec, table);
    if (ours === result) return { tensors, network };
    const isWithin = [...expressions.values()].includes(ours);
    reason = isWithin
      ? `the layers of ${spec.architecture} x${spec.scale} are followed by others - use the file without them`
      : `its weights have the shapes of ${spec.architecture} x${spec.scale}, its layers do something else`;
  }
  return unknown(reason);
}
