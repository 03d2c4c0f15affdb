/** Writes a network as an ONNX model: IR 8, opset 17, float32 or float16, any batch, height and width. */
import { EvensrError, exitCodes } from '../errors.ts';
import { toHalves } from './half.ts';
import { floatType, halfType, int64Type, onnxSchema } from './onnx-schema.ts';
import { tensorSizes } from './sizes.ts';
import {
  buffersOf,
  elements,
  inputName,
  type NetworkSpec,
  type NodeOf,
  type NodeSpec,
  type OpName,
  parameterCount,
} from './spec.ts';

/** Names of the model's input and output tensors. */
const onnxInput = 'input';
const onnxOutput = 'output';

type Attribute = Record<string, unknown>;

/** One or more ONNX nodes and constants that do what one node of ours does. */
interface OnnxPart {
  nodes: {
    op_type: string;
    input: string[];
    output: string[];
    name: string;
    attribute: Attribute[];
  }[];
  constants: Constant[];
}

interface Constant {
  name: string;
  shape: number[];
  data: Float32Array | BigInt64Array;
  /** An operand that ONNX wants as float32 in a float16 model too. */
  isFloat32?: boolean;
}

/** Of weights, activations, input and output. */
export type OnnxPrecision = 'float32' | 'float16';

function int(name: string, i: number): Attribute {
  return { name, i, type: 'INT' };
}

function ints(name: string, values: number[]): Attribute {
  return { name, ints: values, type: 'INTS' };
}

function float(name: string, f: number): Attribute {
  return { name, f, type: 'FLOAT' };
}

function string(name: string, value: string): Attribute {
  return { name, s: new TextEncoder().encode(value), type: 'STRING' };
}

function single(
  node: NodeSpec,
  op_type: string,
  attribute: Attribute[],
  input: string[] = [...node.inputs, ...node.parameters],
): OnnxPart {
  return {
    nodes: [{ op_type, input, output: [node.name], name: node.name, attribute }],
    constants: [],
  };
}

/** Resize by a constant factor; the second input (roi) is not used. */
function resize(
  node: NodeOf<'upsampleNearest'> | NodeOf<'upsampleBilinear'>,
  attribute: Attribute[],
): OnnxPart {
  const { factor } = node.attributes;
  const scales = `${node.name}.scales`;
  const part = single(node, 'Resize', attribute, [...node.inputs, '', scales]);
  const data = Float32Array.of(1, 1, factor, factor);
  part.constants.push({ name: scales, shape: [4], data, isFloat32: true });
  return part;
}

function add(node: NodeOf<'add'>): OnnxPart {
  const { scale } = node.attributes;
  if (scale === 1) return single(node, 'Add', []);
  const [a, b] = node.inputs as [string, string];
  const factor = `${node.name}.scale`;
  const scaled = `${node.name}.scaled`;
  const multiply = { op_type: 'Mul', input: [b, factor], output: [scaled], name: scaled };
  const part = single(node, 'Add', [], [a, scaled]);
  part.nodes.unshift({ ...multiply, attribute: [] });
  part.constants.push({ name: factor, shape: [], data: Float32Array.of(scale) });
  return part;
}

function affine(node: NodeOf<'affine'>): OnnxPart {
  const { scale, shift } = node.attributes;
  const [input] = node.inputs as [string];
  const [factors, scaled, shifts] = ['scale', 'scaled', 'shift'].map(
    (s) => `${node.name}.${s}`,
  ) as [string, string, string];
  const multiply = { op_type: 'Mul', input: [input, factors], output: [scaled], name: scaled };
  const part = single(node, 'Add', [], [scaled, shifts]);
  part.nodes.unshift({ ...multiply, attribute: [] });
  for (const [name, values] of [
    [factors, scale],
    [shifts, shift],
  ] as const) {
    part.constants.push({ name, shape: [values.length, 1, 1], data: Float32Array.from(values) });
  }
  return part;
}

type OnnxNode = OnnxPart['nodes'][number];

/** A step on the way to a node's result, under a name of its own. */
function step(
  node: NodeSpec,
  {
    op,
    suffix,
    input,
    attribute = [],
  }: {
    op: string;
    suffix: string;
    input: string[];
    attribute?: Attribute[];
  },
): OnnxNode {
  const name = `${node.name}.${suffix}`;
  return { op_type: op, input, output: [name], name, attribute };
}

/** Added to mean squares (native/math/statistics.h). */
const rmsFloor = 1e-12;

function globalStatistics(node: NodeOf<'globalStatistics'>): OnnxPart {
  const [x] = node.inputs as [string];
  const at = (suffix: string) => `${node.name}.${suffix}`;
  const overPixels = [ints('axes', [2, 3])];
  const part = single(node, 'Concat', [int('axis', 1)], [at('mean'), at('rms')]);
  part.nodes.unshift(
    step(node, { op: 'Abs', suffix: 'abs', input: [x] }),
    step(node, { op: 'ReduceMean', suffix: 'mean', input: [at('abs')], attribute: overPixels }),
    step(node, { op: 'Mul', suffix: 'square', input: [x, x] }),
    step(node, { op: 'ReduceMean', suffix: 'power', input: [at('square')], attribute: overPixels }),
    step(node, { op: 'Add', suffix: 'floored', input: [at('power'), at('floor')] }),
    step(node, { op: 'Sqrt', suffix: 'rms', input: [at('floored')] }),
  );
  part.constants.push({ name: at('floor'), shape: [], data: Float32Array.of(rmsFloor) });
  return part;
}

function modulate(node: NodeOf<'modulate'>): OnnxPart {
  const [x, change] = node.inputs as [string, string];
  const at = (suffix: string) => `${node.name}.${suffix}`;
  const part = single(node, 'Add', [], [at('scaled'), at('t')]);
  part.nodes.unshift(
    {
      op_type: 'Split',
      input: [change],
      output: [at('s'), at('t')],
      name: at('halves'),
      attribute: [int('axis', 1)],
    },
    step(node, { op: 'Mul', suffix: 'more', input: [x, at('s')] }),
    step(node, { op: 'Add', suffix: 'scaled', input: [x, at('more')] }),
  );
  return part;
}

/** SpaceToDepth makes channels (dy f + dx) C + c; a Gather puts them in torch's order, c f^2 + dy f + dx. */
function pixelUnshuffle(node: NodeOf<'pixelUnshuffle'>, channels: number): OnnxPart {
  const { factor } = node.attributes;
  const [blocks, order] = [`${node.name}.blocks`, `${node.name}.order`];
  const part = single(node, 'Gather', [int('axis', 1)], [blocks, order]);
  part.nodes.unshift({
    op_type: 'SpaceToDepth',
    input: node.inputs,
    output: [blocks],
    name: blocks,
    attribute: [int('blocksize', factor)],
  });
  const count = channels * factor ** 2;
  const data = BigInt64Array.from({ length: count }, (_, i) =>
    BigInt((i % factor ** 2) * channels + Math.floor(i / factor ** 2)),
  );
  part.constants.push({ name: order, shape: [count], data });
  return part;
}

/** What a row may know beside its node. */
interface Sizes {
  shapeOf: (parameter: string) => readonly number[];
  channelsOf: (tensor: string) => number;
}

type Writer<Op extends OpName> = (node: NodeOf<Op>, sizes: Sizes) => OnnxPart;

/** A row of the table below, for a node that is known to match it. */
type AnyWriter = (node: NodeSpec, sizes: Sizes) => OnnxPart;

/** How every operator is written; the compiler asks for a row for each. */
const writers = {
  conv2d: (node, { shapeOf }) => {
    const { padding, stride } = node.attributes;
    const kernel = shapeOf(node.parameters[0] as string).slice(2);
    return single(node, 'Conv', [
      ints('kernel_shape', kernel),
      ints('pads', [padding, padding, padding, padding]),
      ints('strides', [stride, stride]),
    ]);
  },
  prelu: (node) => single(node, 'PRelu', []),
  relu: (node) => single(node, 'Relu', []),
  leakyRelu: (node) => single(node, 'LeakyRelu', [float('alpha', node.attributes.slope)]),
  add,
  affine,
  concat: (node) => single(node, 'Concat', [int('axis', 1)]),
  globalStatistics,
  modulate,
  // CRD: the channel is c f^2 + dy f + dx, as in torch's PixelShuffle.
  pixelShuffle: (node) =>
    single(node, 'DepthToSpace', [int('blocksize', node.attributes.factor), string('mode', 'CRD')]),
  pixelUnshuffle: (node, { channelsOf }) =>
    pixelUnshuffle(node, channelsOf(node.inputs[0] as string)),
  maxPool: (node) => {
    const { size, stride, padding } = node.attributes;
    return single(node, 'MaxPool', [
      ints('kernel_shape', [size, size]),
      ints('strides', [stride, stride]),
      ints('pads', [padding, padding, padding, padding]),
    ]);
  },
  upsampleNearest: (node) =>
    resize(node, [
      string('mode', 'nearest'),
      string('coordinate_transformation_mode', 'asymmetric'),
      string('nearest_mode', 'floor'),
    ]),
  upsampleBilinear: (node) =>
    resize(node, [
      string('mode', 'linear'),
      string('coordinate_transformation_mode', 'half_pixel'),
    ]),
} satisfies { [Op in OpName]: Writer<Op> };

/**
 * The bytes of an ONNX file with inputs `input` (N, C, H, W) and `output` (N, C', s H, s W).
 *
 * @param weights all parameters in one block, in the order of `spec.parameters`
 * @param metadata goes into metadata_props, beside `architecture` and `scale`
 * @param precision float16 halves the file; sums are then rounded to float16 between layers
 * @throws E_SHAPE when `weights` does not have the network's number of parameters, E_NETWORK for a
 * discriminator with spectral norm or a feature extractor, E_ONNX (exit code 9) when a weight is too
 * large for float16
 */
export function networkToOnnx(
  spec: NetworkSpec,
  weights: Float32Array,
  metadata: Readonly<Record<string, string>> = {},
  precision: OnnxPrecision = 'float32',
): Uint8Array {
  if (weights.length !== parameterCount(spec)) {
    throw new EvensrError(
      'E_SHAPE',
      exitCodes.bug,
      `${weights.length} weights for a network of ${parameterCount(spec)}`,
    );
  }
  if (spec.features || buffersOf(spec).length > 0) {
    throw new EvensrError('E_NETWORK', exitCodes.bug, `${spec.architecture} restores no images`);
  }
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  const tensors = tensorSizes(spec);
  const sizes: Sizes = {
    shapeOf: (parameter) => shapes.get(parameter) ?? [],
    channelsOf: (name) => tensors.get(name)?.channels ?? 0,
  };
  const parts = nodesOfOutput(spec).map((node) => (writers[node.op] as AnyWriter)(node, sizes));
  const props = { architecture: spec.architecture, scale: `${spec.scale}`, ...metadata };
  return encode('ModelProto', {
    ir_version: 8,
    producer_name: 'evensr',
    opset_import: [{ domain: '', version: 17 }],
    metadata_props: Object.entries(props).map(([key, value]) => ({ key, value })),
    graph: {
      name: spec.architecture,
      node: parts.flatMap(({ nodes }) => nodes.map((node) => renameTensors(node, spec.output))),
      initializer: [
        ...initializers(spec, weights).map((one) => tensor(one, precision)),
        ...parts.flatMap(({ constants }) => constants.map((one) => tensor(one, precision))),
      ],
      input: [valueInfo(onnxInput, ['N', spec.inputChannels, 'H', 'W'], precision)],
      output: [
        valueInfo(onnxOutput, ['N', sizes.channelsOf(spec.output), 'H_out', 'W_out'], precision),
      ],
    },
  });
}

/** Without what only training asks for. */
function nodesOfOutput({ nodes, output }: NetworkSpec): NodeSpec[] {
  const wanted = new Set([output]);
  return nodes
    .toReversed()
    .filter(({ name, inputs }) => {
      if (!wanted.has(name)) return false;
      for (const input of inputs) wanted.add(input);
      return true;
    })
    .toReversed();
}

function renameTensors(node: OnnxNode, output: string) {
  const rename = (name: string) => {
    if (name === output) return onnxOutput;
    return name === inputName ? onnxInput : name;
  };
  return { ...node, input: node.input.map(rename), output: node.output.map(rename) };
}

function initializers(spec: NetworkSpec, weights: Float32Array): Constant[] {
  // ONNX broadcasts from the right: a slope a channel is (C, 1, 1).
  const slopes = new Set(
    spec.nodes.filter(({ op }) => op === 'prelu').flatMap(({ parameters }) => parameters),
  );
  const used = new Set(nodesOfOutput(spec).flatMap(({ parameters }) => parameters));
  let offset = 0;
  const all = spec.parameters.map(({ name, shape }) => {
    const data = weights.subarray(offset, offset + elements(shape));
    offset += data.length;
    return { name, shape: slopes.has(name) ? [...shape, 1, 1] : shape, data };
  });
  return all.filter(({ name }) => used.has(name));
}

function tensor({ name, shape, data, isFloat32 }: Constant, precision: OnnxPrecision) {
  const isHalf = data instanceof Float32Array && precision === 'float16' && !isFloat32;
  const numbers = isHalf ? halves(name, data) : data;
  const raw_data = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  const data_type = data instanceof BigInt64Array ? int64Type : isHalf ? halfType : floatType;
  return { name, dims: shape, data_type, raw_data };
}

const largestHalf = 65504;

function halves(name: string, values: Float32Array): Uint16Array {
  if (values.every((value) => Math.abs(value) <= largestHalf)) return toHalves(values);
  throw new EvensrError(
    'E_ONNX',
    exitCodes.invalidModel,
    `${name} has values beyond ${largestHalf}, the largest of float16`,
    { hint: 'write float32' },
  );
}

function valueInfo(name: string, shape: (string | number)[], precision: OnnxPrecision) {
  const dim = shape.map((size) =>
    typeof size === 'string' ? { dim_param: size } : { dim_value: size },
  );
  const elem_type = precision === 'float16' ? halfType : floatType;
  return { name, type: { tensor_type: { elem_type, shape: { dim } } } };
}

function encode(type: string, message: Record<string, unknown>): Uint8Array {
  const schema = onnxSchema.lookupType(`onnx.${type}`);
  return schema.encode(schema.fromObject(message)).finish();
}
