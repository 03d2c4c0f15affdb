/** Writes a network as an ONNX model: IR 8, opset 17, float32, any batch, height and width. */
import { EvensrError, exitCodes } from '../errors.ts';
import { floatType, onnxSchema } from './onnx-schema.ts';
import {
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
  constants: { name: string; shape: number[]; data: Float32Array }[];
}

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
  part.constants.push({ name: scales, shape: [4], data: Float32Array.of(1, 1, factor, factor) });
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

type Writer<Op extends OpName> = (
  node: NodeOf<Op>,
  shapeOf: (parameter: string) => readonly number[],
) => OnnxPart;

/** A row of the table below, for a node that is known to match it. */
type AnyWriter = (node: NodeSpec, shapeOf: (parameter: string) => readonly number[]) => OnnxPart;

/** How every operator is written; the compiler asks for a row for each. */
const writers = {
  conv2d: (node, shapeOf) => {
    const { padding } = node.attributes;
    const kernel = shapeOf(node.parameters[0] as string).slice(2);
    return single(node, 'Conv', [
      ints('kernel_shape', kernel),
      ints('pads', [padding, padding, padding, padding]),
      ints('strides', [1, 1]),
    ]);
  },
  prelu: (node) => single(node, 'PRelu', []),
  relu: (node) => single(node, 'Relu', []),
  leakyRelu: (node) => single(node, 'LeakyRelu', [float('alpha', node.attributes.slope)]),
  add,
  // CRD: the channel is c f^2 + dy f + dx, as in torch's PixelShuffle.
  pixelShuffle: (node) =>
    single(node, 'DepthToSpace', [int('blocksize', node.attributes.factor), string('mode', 'CRD')]),
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
 * @throws E_SHAPE when `weights` does not have the network's number of parameters
 */
export function networkToOnnx(
  spec: NetworkSpec,
  weights: Float32Array,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (weights.length !== parameterCount(spec)) {
    throw new EvensrError(
      'E_SHAPE',
      exitCodes.bug,
      `${weights.length} weights for a network of ${parameterCount(spec)}`,
    );
  }
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  const shapeOf = (parameter: string) => shapes.get(parameter) ?? [];
  const parts = spec.nodes.map((node) => (writers[node.op] as AnyWriter)(node, shapeOf));
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
        ...initializers(spec, weights),
        ...parts.flatMap(({ constants }) => constants.map(tensor)),
      ],
      input: [valueInfo(onnxInput, ['N', spec.inputChannels, 'H', 'W'])],
      output: [valueInfo(onnxOutput, ['N', outputChannels(spec), 'H_out', 'W_out'])],
    },
  });
}

function renameTensors(node: OnnxPart['nodes'][number], output: string) {
  const rename = (name: string) => {
    if (name === output) return onnxOutput;
    return name === inputName ? onnxInput : name;
  };
  return { ...node, input: node.input.map(rename), output: node.output.map(rename) };
}

function initializers(spec: NetworkSpec, weights: Float32Array) {
  // ONNX broadcasts from the right: a slope a channel is (C, 1, 1).
  const slopes = new Set(
    spec.nodes.filter(({ op }) => op === 'prelu').flatMap(({ parameters }) => parameters),
  );
  let offset = 0;
  return spec.parameters.map(({ name, shape }) => {
    const data = weights.subarray(offset, offset + elements(shape));
    offset += data.length;
    return tensor({ name, shape: slopes.has(name) ? [...shape, 1, 1] : shape, data });
  });
}

function tensor({ name, shape, data }: OnnxPart['constants'][number]) {
  const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: shape, data_type: floatType, raw_data };
}

function valueInfo(name: string, shape: (string | number)[]) {
  const dim = shape.map((size) =>
    typeof size === 'string' ? { dim_param: size } : { dim_value: size },
  );
  return { name, type: { tensor_type: { elem_type: floatType, shape: { dim } } } };
}

/** Channels of the result, followed through the graph. */
function outputChannels(spec: NetworkSpec): number {
  const channels = new Map([[inputName, spec.inputChannels]]);
  for (const node of spec.nodes) {
    let count = channels.get(node.inputs[0] as string) as number;
    if (node.op === 'conv2d') {
      const weight = spec.parameters.find(({ name }) => name === node.parameters[0]);
      count = weight?.shape[0] as number;
    } else if (node.op === 'pixelShuffle') {
      count /= node.attributes.factor ** 2;
    }
    channels.set(node.name, count);
  }
  return channels.get(spec.output) as number;
}

function encode(type: string, message: Record<string, unknown>): Uint8Array {
  const schema = onnxSchema.lookupType(`onnx.${type}`);
  return schema.encode(schema.fromObject(message)).finish();
}
