/** Small ONNX models that repeat every pixel, in all the shapes that models of images come in. */
import { toHalves } from '../src/network/half.ts';
import { onnxSchema } from '../src/network/onnx-schema.ts';

export interface RepeaterOptions {
  scale: number;
  channels?: 1 | 3;
  order?: 'nchw' | 'nhwc';
  type?: 'float32' | 'float16';
  /** Sides that the description fixes. */
  fixed?: { height: number; width: number };
  batch?: number;
  /** Sides must be multiples of this. */
  multiple?: number;
}

const elementTypes = { float32: 1, float16: 10 };
const int = (name: string, i: number) => ({ name, type: 2, i });
const ints = (name: string, values: number[]) => ({ name, type: 7, ints: values });
const text = (name: string, value: string) => ({ name, type: 3, s: Buffer.from(value) });

function weights({ scale, channels = 3, type = 'float32' }: RepeaterOptions) {
  const rows = channels * scale ** 2;
  const values = Float32Array.from({ length: rows * channels }, (_, i) =>
    Math.floor(Math.floor(i / channels) / scale ** 2) === i % channels ? 1 : 0,
  );
  const data = type === 'float32' ? values : toHalves(values);
  const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name: 'w', dims: [rows, channels, 1, 1], data_type: elementTypes[type], raw_data };
}

function nodes({ scale, order = 'nchw', multiple = 1 }: RepeaterOptions) {
  const list: { op_type: string; attribute: object[]; weights?: boolean }[] = [];
  if (order === 'nhwc')
    list.push({ op_type: 'Transpose', attribute: [ints('perm', [0, 3, 1, 2])] });
  if (multiple > 1) {
    list.push({ op_type: 'SpaceToDepth', attribute: [int('blocksize', multiple)] });
    list.push({ op_type: 'DepthToSpace', attribute: [int('blocksize', multiple)] });
  }
  list.push({ op_type: 'Conv', attribute: [], weights: true });
  list.push({
    op_type: 'DepthToSpace',
    attribute: [int('blocksize', scale), text('mode', 'CRD')],
  });
  if (order === 'nhwc')
    list.push({ op_type: 'Transpose', attribute: [ints('perm', [0, 2, 3, 1])] });
  const name = (i: number) => (i === 0 ? 'image' : i === list.length ? 'larger' : `t${i}`);
  return list.map(({ op_type, attribute, weights: hasWeights }, i) => ({
    op_type,
    attribute,
    input: hasWeights ? [name(i), 'w'] : [name(i)],
    output: [name(i + 1)],
  }));
}

type Size = string | number;

function value(name: string, sizes: Size[], type: keyof typeof elementTypes) {
  const dim = sizes.map((size) =>
    typeof size === 'string' ? { dim_param: size } : { dim_value: size },
  );
  return { name, type: { tensor_type: { elem_type: elementTypes[type], shape: { dim } } } };
}

/** The bytes of a model `image` -> `larger` that repeats each pixel `scale` x `scale` times. */
export function repeater(options: RepeaterOptions): Uint8Array {
  const { channels = 3, order = 'nchw', type = 'float32', fixed, batch, scale } = options;
  const ordered = (height: Size, width: Size): Size[] =>
    order === 'nchw'
      ? [batch ?? 'N', channels, height, width]
      : [batch ?? 'N', height, width, channels];
  const result = fixed ? [fixed.height * scale, fixed.width * scale] : ['H2', 'W2'];
  return model({
    node: nodes(options),
    initializer: [weights(options)],
    input: [value('image', ordered(fixed?.height ?? 'H', fixed?.width ?? 'W'), type)],
    output: [value('larger', ordered(result[0] as Size, result[1] as Size), type)],
  });
}

/** A model that makes one number of each image. */
export function meanModel(): Uint8Array {
  return model({
    node: [{ op_type: 'GlobalAveragePool', input: ['image'], output: ['larger'] }],
    input: [value('image', ['N', 3, 'H', 'W'], 'float32')],
    output: [value('larger', ['N', 3, 1, 1], 'float32')],
  });
}

/** A model of two inputs. */
export function sumModel(): Uint8Array {
  return model({
    node: [{ op_type: 'Add', input: ['image', 'other'], output: ['larger'] }],
    input: ['image', 'other'].map((name) => value(name, ['N', 3, 'H', 'W'], 'float32')),
    output: [value('larger', ['N', 3, 'H', 'W'], 'float32')],
  });
}

function model(graph: object): Uint8Array {
  const schema = onnxSchema.lookupType('onnx.ModelProto');
  const message = {
    ir_version: 8,
    opset_import: [{ domain: '', version: 17 }],
    graph: { name: 'test', ...graph },
  };
  return schema.encode(schema.fromObject(message)).finish();
}
