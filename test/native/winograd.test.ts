/** The convolutions of many channels, which are Winograd's, against sums in double precision. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkSpec } from '../../src/network/spec.ts';
import { makeTrainer, type Size, uniforms } from './networks.ts';

const init = { kind: 'constant', value: 0 } as const;

function convolution(inputs: number, outputs: number): NetworkSpec {
  return {
    architecture: 'test',
    scale: 1,
    inputChannels: inputs,
    output: 'op',
    parameters: [
      { name: 'weight', shape: [outputs, inputs, 3, 3], init },
      { name: 'bias', shape: [outputs], init },
    ],
    nodes: [
      {
        name: 'op',
        op: 'conv2d',
        inputs: ['input'],
        parameters: ['weight', 'bias'],
        attributes: { padding: 1, stride: 1 },
      },
    ],
  };
}

interface Sums {
  output: Float64Array;
  inputGradient: Float64Array;
  parameterGradients: Float64Array;
}

/** Every product of a weight and a pixel goes where it belongs, in the result and both gradients. */
function plainSums(
  [inputs, outputs]: [number, number],
  { batch, height, width }: Size,
  x: Float32Array,
  parameters: Float32Array,
  dy: Float32Array,
): Sums {
  const weights = outputs * inputs * 9;
  const output = new Float64Array(dy.length);
  const inputGradient = new Float64Array(x.length);
  const parameterGradients = new Float64Array(parameters.length);
  const at = (array: { [index: number]: number }, i: number) => array[i] as number;
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputs; o++)
      for (let y = 0; y < height; y++)
        for (let px = 0; px < width; px++) {
          const result = ((n * outputs + o) * height + y) * width + px;
          const gradient = at(dy, result);
          let sum = at(parameters, weights + o);
          parameterGradients[weights + o] = at(parameterGradients, weights + o) + gradient;
          for (let c = 0; c < inputs; c++)
            for (let t = 0; t < 9; t++) {
              const [sy, sx] = [y + Math.floor(t / 3) - 1, px + (t % 3) - 1];
              if (sy < 0 || sy >= height || sx < 0 || sx >= width) continue;
              const pixel = ((n * inputs + c) * height + sy) * width + sx;
              const weight = (o * inputs + c) * 9 + t;
              sum += at(x, pixel) * at(parameters, weight);
              inputGradient[pixel] = at(inputGradient, pixel) + gradient * at(parameters, weight);
              parameterGradients[weight] = at(parameterGradients, weight) + gradient * at(x, pixel);
            }
          output[result] = sum;
        }
  return { output, inputGradient, parameterGradients };
}

/** 2-norm of the difference, as a part of that of what is expected. */
function relativeError(found: Float32Array, expected: Float64Array): number {
  const norm = (values: Iterable<number>) => {
    let sum = 0;
    for (const value of values) sum += value * value;
    return Math.sqrt(sum);
  };
  return norm(expected.map((value, i) => value - (found[i] as number))) / norm(expected);
}

describe('convolutions of many channels', () => {
  const cases: [number, number, Size][] = [
    [64, 64, { batch: 2, height: 9, width: 14 }],
    [24, 24, { batch: 1, height: 16, width: 5 }],
    [64, 32, { batch: 1, height: 8, width: 8 }],
    [192, 64, { batch: 1, height: 7, width: 6 }],
    [16, 48, { batch: 3, height: 1, width: 3 }],
  ];
  for (const [inputs, outputs, size] of cases) {
    it(`${inputs} to ${outputs}: 2e-6 of the result and of both gradients`, async () => {
      const spec = convolution(inputs, outputs);
      const pixels = size.batch * size.height * size.width;
      const x = uniforms(pixels * inputs, 1, -1, 1);
      const parameters = uniforms(outputs * (inputs * 9 + 1), 2, -0.1, 0.1);
      const dy = uniforms(pixels * outputs, 3, -1, 1);
      const expected = plainSums([inputs, outputs], size, x, parameters, dy);
      const results = [];
      for (const threads of [1, 2, 3]) {
        const trainer = makeTrainer(spec, { weights: parameters, threads });
        const found = await trainer._gradients(x, size, dy);
        trainer.dispose();
        results.push(found);
        for (const key of ['output', 'inputGradient', 'parameterGradients'] as const) {
          const error = relativeError(found[key], expected[key]);
          assert.ok(error < 2e-6, `${key}: ${error}`);
        }
      }
      assert.deepEqual(results[1], results[0], 'two threads as one');
      assert.deepEqual(results[2], results[0], 'three threads as one');
    });
  }
});
