/** Helpers of the network tests: trainers, deterministic numbers, the check of a whole network. */

import assert from 'node:assert/strict';
import {
  type NativeBatch,
  type NativeTrainer,
  native,
  type TrainerOptions,
} from '../../src/native.ts';
import { initialBuffers } from '../../src/network/init.ts';
import { elements, type NetworkSpec, parameterCount } from '../../src/network/spec.ts';
import { Random } from '../../src/rng.ts';
import { evaluate } from './reference.ts';

export interface Size {
  batch: number;
  height: number;
  width: number;
}

export interface TestTrainer extends NativeTrainer {
  _gradients(
    input: Float32Array,
    shape: Size,
    outputGradient: Float32Array,
  ): Promise<{
    output: Float32Array;
    inputGradient: Float32Array;
    parameterGradients: Float32Array;
  }>;
}

export const testNative = native as typeof native & {
  _networkOps(): string[];
  _makeBatch(
    lq: Float32Array,
    gt: Float32Array,
    shape: Size & { scale: number },
    plainGt?: Float32Array,
  ): NativeBatch;
};

/** A random sequence for tests; `stream` numbers are the tests' own. */
export function randomOf(seed: number): Random {
  return new Random(seed, 1000, 0);
}

export function uniforms(count: number, seed: number, low = 0, high = 1): Float32Array {
  const random = randomOf(seed);
  return Float32Array.from({ length: count }, () => random.between(low, high));
}

export function makeTrainer(spec: NetworkSpec, options: Partial<TrainerOptions> = {}): TestTrainer {
  return native.createTrainer({
    spec: JSON.stringify(spec),
    device: 'cpu',
    threads: 2,
    loss: { type: 'l1', epsilon: 1e-3 },
    optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 },
    emaDecay: 0.999,
    weights: uniforms(parameterCount(spec), 1, -0.2, 0.2),
    buffers: initialBuffers(spec, 1),
    ...options,
  }) as TestTrainer;
}

/** A batch of noise in [0, 1] on a smooth ramp, so that losses and gradients are no accident. */
export function makeBatch(scale: number, size: Size, seed: number): NativeBatch {
  const count = 3 * size.batch * size.height * size.width;
  const lq = uniforms(count, seed);
  const gt = uniforms(count * scale ** 2, seed + 1);
  return testNative._makeBatch(lq, gt, { ...size, scale });
}

/** Where a network is looked at. */
export interface Point {
  input: Float32Array;
  parameters: Float32Array;
  size: Size;
  outputGradient: Float32Array;
}

/** Input, parameters and output gradient of a network at a size, all away from 0 where kinks are. */
export function randomPoint(spec: NetworkSpec, size: Size, seed: number): Point {
  const input = awayFromZero(size.batch * spec.inputChannels * size.height * size.width, seed);
  const parameters = uniforms(parameterCount(spec), seed + 1, -0.4, 0.4);
  const buffers = Float64Array.from(initialBuffers(spec, 1));
  const weights = Float64Array.from(parameters);
  const { length } = evaluate(spec, weights, Float64Array.from(input), size, buffers);
  return { input, parameters, size, outputGradient: uniforms(length, seed + 2, -1, 1) };
}

function awayFromZero(count: number, seed: number): Float32Array {
  return uniforms(count, seed, -1, 1).map((value) => value + Math.sign(value) * 0.05);
}

/**
 * Checks a trainer's network at a point against plain loops in double precision: its output, and its
 * gradients against central differences, along random directions, in the input and every parameter.
 */
export async function checkNetwork(spec: NetworkSpec, point: Point): Promise<void> {
  const trainer = makeTrainer(spec, { weights: point.parameters });
  const found = await trainer._gradients(point.input, point.size, point.outputGradient);
  const last = await trainer.forward(point.input, point.size, 'params');
  assert.deepEqual(last, found.output.subarray(-last.length));
  const weights = Float64Array.from(point.parameters);
  const input = Float64Array.from(point.input);
  // Where the pass has moved them: gradients take them for constants.
  const buffers = Float64Array.from(trainer.getBuffers());
  const expected = evaluate(spec, weights, input, point.size, buffers);
  for (const [i, value] of found.output.entries()) {
    const wanted = expected[i] as number;
    assert.ok(
      Math.abs(value - wanted) < 2e-5 * (1 + Math.abs(wanted)),
      `${i}: ${value}, ${wanted}`,
    );
  }
  const objective = (w: Float64Array, x: Float64Array) =>
    evaluate(spec, w, x, point.size, buffers).reduce(
      (sum, value, i) => sum + value * (point.outputGradient[i] as number),
      0,
    );
  const check = (what: string, gradient: Float32Array, start: number, block: 'w' | 'x') => {
    const direction = uniforms(gradient.length, start + 77, -1, 1);
    const along = (distance: number) => {
      const moved = (block === 'w' ? weights : input).slice();
      for (const [i, d] of direction.entries())
        moved[start + i] = (moved[start + i] ?? 0) + distance * d;
      return block === 'w' ? objective(moved, input) : objective(weights, moved);
    };
    const step = 1e-6;
    const difference = (along(step) - along(-step)) / (2 * step);
    const analytic = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
    const size = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    const error = Math.abs(analytic - difference);
    assert.ok(error <= 1e-4 * size + 1e-6, `${what}: ${analytic}, differences say ${difference}`);
  };
  check('input', found.inputGradient, 0, 'x');
  for (const { name, shape, offset } of trainer.tensors()) {
    const gradient = found.parameterGradients.subarray(offset, offset + elements(shape));
    check(name, gradient, offset, 'w');
  }
  trainer.dispose();
}
