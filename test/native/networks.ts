/** Helpers of the network tests: trainers, deterministic numbers, and derivatives by differences. */

import {
  type NativeBatch,
  type NativeTrainer,
  native,
  type TrainerOptions,
} from '../../src/native.ts';
import type { NetworkSpec } from '../../src/network/spec.ts';
import { parameterCount } from '../../src/network/spec.ts';
import { Random } from '../../src/rng.ts';

export interface Size {
  batch: number;
  height: number;
  width: number;
}

interface TestTrainer extends NativeTrainer {
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
  _makeBatch(lq: Float32Array, gt: Float32Array, shape: Size & { scale: number }): NativeBatch;
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

export function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/**
 * The derivative of sum(weight x output) along `direction` in the block of inputs or parameters, by
 * central differences with step `step`.
 */
export async function differenceAlong(
  trainer: TestTrainer,
  point: {
    input: Float32Array;
    parameters: Float32Array;
    size: Size;
    outputGradient: Float32Array;
  },
  direction: { block: 'input' | 'parameters'; values: Float32Array },
  step: number,
): Promise<number> {
  const at = async (distance: number) => {
    const moved = point[direction.block].map(
      (value, i) => value + distance * (direction.values[i] as number),
    );
    const { input, parameters } =
      direction.block === 'input' ? { ...point, input: moved } : { ...point, parameters: moved };
    trainer.setState('params', parameters);
    return dot(await trainer.forward(input, point.size, 'params'), point.outputGradient);
  };
  const difference = (await at(step)) - (await at(-step));
  trainer.setState('params', point.parameters);
  return difference / (2 * step);
}
