/** Convolutions for tests, and what they are in double precision. */
import type { NetworkSpec } from '../../src/network/spec.ts';
import type { Size } from './networks.ts';

const init = { kind: 'constant', value: 0 } as const;

/** A network of one convolution 3x3. */
export function convolution(inputs: number, outputs: number): NetworkSpec {
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

export interface Sums {
  output: Float64Array;
  inputGradient: Float64Array;
  parameterGradients: Float64Array;
}

/** Every product of a weight and a pixel goes where it belongs, in the result and both gradients. */
export function plainSums(
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
export function relativeError(found: ArrayLike<number>, expected: Float64Array): number {
  const norm = (values: Iterable<number>) => {
    let sum = 0;
    for (const value of values) sum += value * value;
    return Math.sqrt(sum);
  };
  return norm(expected.map((value, i) => value - (found[i] as number))) / norm(expected);
}
