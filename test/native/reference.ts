/** Networks in plain loops and double precision: what the native engine is compared with. */
import {
  elements,
  inputName,
  type NetworkSpec,
  type NodeSpec,
  type OpAttributes,
  type OpName,
} from '../../src/network/spec.ts';

/** (B, C, H, W), C order. */
export interface Values {
  shape: [number, number, number, number];
  data: Float64Array;
}

type Parameter = { shape: readonly number[]; data: Float64Array };
type Place = { n: number; c: number; y: number; x: number };

function valueAt({ shape: [, C, H, W], data }: Values, n: number, c: number, y: number, x: number) {
  return data[((n * C + c) * H + y) * W + x] as number;
}

function make(shape: Values['shape'], value: (place: Place) => number): Values {
  const [, C, H, W] = shape;
  const data = Float64Array.from({ length: elements(shape) }, (_, i) =>
    value({
      x: i % W,
      y: Math.floor(i / W) % H,
      c: Math.floor(i / (W * H)) % C,
      n: Math.floor(i / (W * H * C)),
    }),
  );
  return { shape, data };
}

function map(input: Values, change: (value: number, channel: number) => number): Values {
  return make(input.shape, ({ n, c, y, x }) => change(valueAt(input, n, c, y, x), c));
}

function conv2d(
  input: Values,
  { padding, stride }: OpAttributes['conv2d'],
  weight: Parameter,
  bias?: Parameter,
): Values {
  const [N, I, H, W] = input.shape;
  const [O = 0, , k = 0] = weight.shape;
  const result = (side: number) => Math.floor((side + 2 * padding - k) / stride) + 1;
  return make([N, O, result(H), result(W)], ({ n, c, y, x }) => {
    let sum = bias?.data[c] ?? 0;
    for (let i = 0; i < I; i++) {
      for (let dy = 0; dy < k; dy++) {
        for (let dx = 0; dx < k; dx++) {
          const [row, column] = [y * stride + dy - padding, x * stride + dx - padding];
          if (row < 0 || row >= H || column < 0 || column >= W) continue;
          const w = weight.data[((c * I + i) * k + dy) * k + dx] as number;
          sum += w * valueAt(input, n, i, row, column);
        }
      }
    }
    return sum;
  });
}

/** Half-pixel centres, borders repeated: [position, weight] pairs of one output. */
function bilinear(out: number, factor: number, length: number): [number, number][] {
  const source = Math.max(0, (out + 0.5) / factor - 0.5);
  const first = Math.floor(source);
  return [
    [first, 1 - (source - first)],
    [Math.min(first + 1, length - 1), source - first],
  ];
}

function upsampleBilinear(input: Values, factor: number): Values {
  const [N, C, H, W] = input.shape;
  return make([N, C, H * factor, W * factor], ({ n, c, y, x }) => {
    let sum = 0;
    for (const [row, weightY] of bilinear(y, factor, H)) {
      for (const [column, weightX] of bilinear(x, factor, W)) {
        sum += weightY * weightX * valueAt(input, n, c, row, column);
      }
    }
    return sum;
  });
}

type Run = (node: NodeSpec, inputs: Values[], parameters: Parameter[]) => Values;

function attribute(node: NodeSpec, key: string): number {
  return (node.attributes as Record<string, number>)[key] as number;
}

function listed(node: NodeSpec, key: string, index: number): number {
  return (node.attributes as Record<string, number[]>)[key]?.[index] as number;
}

/** A value of tensors whose channels follow one another. */
function channelOfAll(inputs: readonly Values[], { n, c, y, x }: Place): number {
  let first = 0;
  for (const input of inputs) {
    if (c - first < input.shape[1]) return valueAt(input, n, c - first, y, x);
    first += input.shape[1];
  }
  throw new Error(`no channel ${c}`);
}

const operators: Record<OpName, Run> = {
  conv2d: (node, [x], [weight, bias]) =>
    conv2d(x as Values, node.attributes as OpAttributes['conv2d'], weight as Parameter, bias),
  prelu: (_, [x], [slope]) =>
    map(x as Values, (v, c) => (v > 0 ? v : v * (slope?.data[c] as number))),
  relu: (_, [x]) => map(x as Values, (v) => Math.max(v, 0)),
  leakyRelu: (node, [x]) => map(x as Values, (v) => (v > 0 ? v : v * attribute(node, 'slope'))),
  add: (node, [a, b]) => {
    const { shape, data } = a as Values;
    const scale = attribute(node, 'scale');
    return { shape, data: data.map((v, i) => v + scale * (b?.data[i] as number)) };
  },
  affine: (node, [x]) =>
    map(x as Values, (v, c) => v * listed(node, 'scale', c) + listed(node, 'shift', c)),
  concat: (_, inputs) => {
    const [N, , H, W] = (inputs[0] as Values).shape;
    const channels = inputs.reduce((sum, { shape }) => sum + shape[1], 0);
    return make([N, channels, H, W], (place) => channelOfAll(inputs, place));
  },
  globalStatistics: (_, [x]) => {
    const [N, C, H, W] = (x as Values).shape;
    return make([N, 2 * C, 1, 1], ({ n, c }) => {
      let sum = 0;
      for (let i = 0; i < H * W; i++) {
        const value = valueAt(x as Values, n, c % C, Math.floor(i / W), i % W);
        sum += c < C ? Math.abs(value) : value ** 2;
      }
      return c < C ? sum / (H * W) : Math.sqrt(sum / (H * W) + 1e-12);
    });
  },
  modulate: (_, [x, m]) => {
    const C = (x as Values).shape[1];
    return make((x as Values).shape, (p) => {
      const scale = 1 + valueAt(m as Values, p.n, p.c, 0, 0);
      return (
        scale * valueAt(x as Values, p.n, p.c, p.y, p.x) + valueAt(m as Values, p.n, C + p.c, 0, 0)
      );
    });
  },
  pixelUnshuffle: (node, [x]) => {
    const [N, C, H, W] = (x as Values).shape;
    const f = attribute(node, 'factor');
    return make([N, C * f ** 2, H / f, W / f], ({ n, c, y, x: column }) => {
      const [dy, dx] = [Math.floor(c / f) % f, c % f];
      return valueAt(x as Values, n, Math.floor(c / f ** 2), y * f + dy, column * f + dx);
    });
  },
  maxPool: (node, [x]) => {
    const [N, C, H, W] = (x as Values).shape;
    const [size, stride, padding] = ['size', 'stride', 'padding'].map((key) =>
      attribute(node, key),
    ) as [number, number, number];
    const count = (side: number) => Math.floor((side + 2 * padding - size) / stride) + 1;
    const isInside = (at: number, side: number) => at >= 0 && at < side;
    return make([N, C, count(H), count(W)], (p) => {
      const window = Array.from({ length: size ** 2 }, (_, i) => {
        const row = p.y * stride - padding + Math.floor(i / size);
        const column = p.x * stride - padding + (i % size);
        const inside = isInside(row, H) && isInside(column, W);
        return inside ? valueAt(x as Values, p.n, p.c, row, column) : -Infinity;
      });
      return Math.max(...window);
    });
  },
  pixelShuffle: (node, [x]) => {
    const [N, C, H, W] = (x as Values).shape;
    const f = attribute(node, 'factor');
    return make([N, C / f ** 2, H * f, W * f], (p) =>
      valueAt(
        x as Values,
        p.n,
        (p.c * f + (p.y % f)) * f + (p.x % f),
        Math.floor(p.y / f),
        Math.floor(p.x / f),
      ),
    );
  },
  upsampleNearest: (node, [x]) => {
    const [N, C, H, W] = (x as Values).shape;
    const f = attribute(node, 'factor');
    return make([N, C, H * f, W * f], (p) =>
      valueAt(x as Values, p.n, p.c, Math.floor(p.y / f), Math.floor(p.x / f)),
    );
  },
  upsampleBilinear: (node, [x]) => upsampleBilinear(x as Values, attribute(node, 'factor')),
};

/** W / (u^T W v), W one row an output channel. */
function normalized({ shape, data }: Parameter, u: Float64Array, v: Float64Array): Parameter {
  const columns = v.length;
  const sigma = u.reduce((sum, left, row) => {
    const product = v.reduce((s, right, i) => s + right * (data[row * columns + i] as number), 0);
    return sum + left * product;
  }, 0);
  return { shape, data: data.map((value) => value / sigma) };
}

/**
 * The outputs of a network, one after the other. `weights` in the order of `spec.parameters`, `buffers` in that of
 * buffersOf(spec), as they are: no power iteration.
 */
export function evaluate(
  spec: NetworkSpec,
  weights: Float64Array,
  input: Float64Array,
  size: { batch: number; height: number; width: number },
  buffers = new Float64Array(),
): Float64Array {
  const parameters = new Map<string, Parameter>();
  let offset = 0;
  let buffer = 0;
  for (const { name, shape, spectralNorm } of spec.parameters) {
    const plain = { shape, data: weights.subarray(offset, offset + elements(shape)) };
    offset += elements(shape);
    if (!spectralNorm) {
      parameters.set(name, plain);
      continue;
    }
    const [rows = 0, ...rest] = shape;
    const columns = elements(rest);
    const u = buffers.subarray(buffer, buffer + rows);
    const v = buffers.subarray(buffer + rows, buffer + rows + columns);
    buffer += rows + columns;
    parameters.set(name, normalized(plain, u, v));
  }
  const shape: Values['shape'] = [size.batch, spec.inputChannels, size.height, size.width];
  const tensors = new Map<string, Values>([[inputName, { shape, data: input }]]);
  for (const node of spec.nodes) {
    const inputs = node.inputs.map((name) => tensors.get(name) as Values);
    const own = node.parameters.map((name) => parameters.get(name) as Parameter);
    tensors.set(node.name, operators[node.op](node, inputs, own));
  }
  const outputs = spec.features ?? [...(spec.estimate ? [spec.estimate] : []), spec.output];
  return Float64Array.from(outputs.flatMap((name) => [...(tensors.get(name)?.data ?? [])]));
}
