/** Every operator alone: forward against a plain loop, gradients against finite differences. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkSpec, NodeSpec, ParameterSpec } from '../../src/network/spec.ts';
import { inputName, parameterCount } from '../../src/network/spec.ts';
import { differenceAlong, makeTrainer, testNative, uniforms } from './networks.ts';

interface OpCase {
  name: string;
  node: Pick<NodeSpec, 'op' | 'attributes'>;
  inputChannels: number;
  scale?: number;
  parameters?: { name: string; shape: number[] }[];
  /** The result at (n, c, y, x), from x(n, c, y, x) (0 outside) and the parameters. */
  expected: (
    at: (n: number, c: number, y: number, x: number) => number,
    parameters: Float32Array,
    where: { n: number; c: number; y: number; x: number; height: number; width: number },
  ) => number;
}

const size = { batch: 2, height: 5, width: 7 };

function conv(
  inputs: number,
  outputs: number,
  kernel: number,
  padding: number,
  bias: boolean,
): OpCase {
  const weights = outputs * inputs * kernel ** 2;
  return {
    name: `conv2d ${inputs}->${outputs} k${kernel} p${padding}${bias ? '' : ' without bias'}`,
    node: { op: 'conv2d', attributes: { padding } },
    inputChannels: inputs,
    parameters: [
      { name: 'w', shape: [outputs, inputs, kernel, kernel] },
      ...(bias ? [{ name: 'b', shape: [outputs] }] : []),
    ],
    expected: (at, parameters, { n, c, y, x }) => {
      let sum = bias ? (parameters[weights + c] as number) : 0;
      for (let i = 0; i < inputs; i++) {
        for (let dy = 0; dy < kernel; dy++) {
          for (let dx = 0; dx < kernel; dx++) {
            const weight = parameters[((c * inputs + i) * kernel + dy) * kernel + dx] as number;
            sum += weight * at(n, i, y + dy - padding, x + dx - padding);
          }
        }
      }
      return sum;
    },
  };
}

/** Bilinear weights with half-pixel centres: [position, weight] pairs of one output. */
function bilinear(out: number, factor: number, length: number): [number, number][] {
  const source = Math.max(0, (out + 0.5) / factor - 0.5);
  const first = Math.floor(source);
  const second = Math.min(first + 1, length - 1);
  return [
    [first, 1 - (source - first)],
    [second, source - first],
  ];
}

const cases: OpCase[] = [
  conv(3, 8, 3, 1, true),
  conv(24, 24, 3, 1, true),
  conv(5, 3, 3, 1, false),
  conv(4, 6, 1, 0, true),
  conv(2, 4, 5, 2, true),
  conv(16, 32, 3, 1, true),
  {
    name: 'prelu',
    node: { op: 'prelu', attributes: {} },
    inputChannels: 24,
    parameters: [{ name: 'a', shape: [24] }],
    expected: (at, parameters, { n, c, y, x }) => {
      const value = at(n, c, y, x);
      return value > 0 ? value : value * (parameters[c] as number);
    },
  },
  {
    name: 'relu',
    node: { op: 'relu', attributes: {} },
    inputChannels: 3,
    expected: (at, _, { n, c, y, x }) => Math.max(0, at(n, c, y, x)),
  },
  {
    name: 'leakyRelu',
    node: { op: 'leakyRelu', attributes: { slope: 0.1 } },
    inputChannels: 3,
    expected: (at, _, { n, c, y, x }) => Math.max(0.1 * at(n, c, y, x), at(n, c, y, x)),
  },
  ...[3, 2].map(
    (factor): OpCase => ({
      name: `pixelShuffle ${factor}`,
      node: { op: 'pixelShuffle', attributes: { factor } },
      inputChannels: 2 * factor ** 2,
      scale: factor,
      expected: (at, _, { n, c, y, x }) => {
        const channel = (c * factor + (y % factor)) * factor + (x % factor);
        return at(n, channel, Math.floor(y / factor), Math.floor(x / factor));
      },
    }),
  ),
  {
    name: 'upsampleNearest',
    node: { op: 'upsampleNearest', attributes: { factor: 3 } },
    inputChannels: 3,
    scale: 3,
    expected: (at, _, { n, c, y, x }) => at(n, c, Math.floor(y / 3), Math.floor(x / 3)),
  },
  ...[2, 3, 4].map(
    (factor): OpCase => ({
      name: `upsampleBilinear ${factor}`,
      node: { op: 'upsampleBilinear', attributes: { factor } },
      inputChannels: 3,
      scale: factor,
      expected: (at, _, { n, c, y, x }) => {
        let sum = 0;
        for (const [row, weightY] of bilinear(y, factor, size.height)) {
          for (const [column, weightX] of bilinear(x, factor, size.width)) {
            sum += weightY * weightX * at(n, c, row, column);
          }
        }
        return sum;
      },
    }),
  ),
];

function specOf(test: OpCase): NetworkSpec {
  const parameters: ParameterSpec[] = (test.parameters ?? []).map((parameter) => ({
    ...parameter,
    init: { kind: 'constant', value: 0 },
  }));
  const names = parameters.map(({ name }) => name);
  const node = { name: 'op', inputs: [inputName], parameters: names, ...test.node } as NodeSpec;
  return {
    architecture: 'test',
    scale: test.scale ?? 1,
    inputChannels: test.inputChannels,
    output: 'op',
    parameters,
    nodes: [node],
  };
}

/** Values away from 0, where activations have a corner. */
function inputOf(count: number): Float32Array {
  return uniforms(count, 11, -1, 1).map((value) => (value < 0 ? value - 0.05 : value + 0.05));
}

describe('operators', () => {
  it('have the names of the specification', () => {
    const names: Record<NodeSpec['op'], true> = {
      conv2d: true,
      prelu: true,
      relu: true,
      leakyRelu: true,
      add: true,
      pixelShuffle: true,
      upsampleNearest: true,
      upsampleBilinear: true,
    };
    assert.deepEqual(testNative._networkOps().sort(), Object.keys(names).sort());
  });

  for (const test of cases) {
    it(`${test.name}: forward and gradients`, async () => {
      const spec = specOf(test);
      const { batch, height, width } = size;
      const parameters = uniforms(parameterCount(spec), 12, -0.5, 0.5);
      const input = inputOf(batch * test.inputChannels * height * width);
      const trainer = makeTrainer(spec, { weights: parameters });
      const output = await trainer.forward(input, size, 'params');

      const [outHeight, outWidth] = [height * spec.scale, width * spec.scale];
      const channels = output.length / (batch * outHeight * outWidth);
      const at = (n: number, c: number, y: number, x: number) =>
        y < 0 || y >= height || x < 0 || x >= width
          ? 0
          : (input[((n * test.inputChannels + c) * height + y) * width + x] as number);
      for (const [i, value] of output.entries()) {
        const x = i % outWidth;
        const y = Math.floor(i / outWidth) % outHeight;
        const c = Math.floor(i / (outWidth * outHeight)) % channels;
        const n = Math.floor(i / (outWidth * outHeight * channels));
        const expected = test.expected(at, parameters, { n, c, y, x, height, width });
        assert.ok(Math.abs(value - expected) < 2e-5, `${value} for ${expected} at ${[n, c, y, x]}`);
      }

      const outputGradient = uniforms(output.length, 13, -1, 1);
      const found = await trainer._gradients(input, size, outputGradient);
      assert.deepEqual(found.output, output);
      const point = { input, parameters, size, outputGradient };
      const blocks = [
        ['input', found.inputGradient],
        ['parameters', found.parameterGradients],
      ] as const;
      for (const [block, gradient] of blocks) {
        for (let probe = 0; probe < Math.min(12, gradient.length); probe++) {
          const index = Math.floor((probe / 12) * gradient.length);
          const values = new Float32Array(gradient.length);
          values[index] = 1;
          const difference = await differenceAlong(trainer, point, { block, values }, 0.02);
          const analytic = gradient[index] as number;
          assert.ok(
            Math.abs(difference - analytic) < 2e-3 + 1e-3 * Math.abs(analytic),
            `${block}[${index}]: ${analytic}, differences say ${difference}`,
          );
        }
      }
      trainer.dispose();
    });
  }
});
