/** First weights of a network, the same for a seed on every machine and device. */
import { Random, streams } from '../rng.ts';
import { buffersOf, elements, type InitSpec, type NetworkSpec, parameterCount } from './spec.ts';

/**
 * All parameters in one block, in the order of `spec.parameters`. Each tensor has its own random
 * sequence, keyed by the seed and its position.
 */
export function initialWeights(spec: NetworkSpec, seed: number): Float32Array {
  const weights = new Float32Array(parameterCount(spec));
  let offset = 0;
  for (const [index, { shape, init }] of spec.parameters.entries()) {
    const count = elements(shape);
    fill(weights.subarray(offset, offset + count), init, new Random(seed, streams.weights, index));
    offset += count;
  }
  return weights;
}

/** All buffers in one block, in the order of `buffersOf(spec)`: directions drawn evenly. */
export function initialBuffers(spec: NetworkSpec, seed: number): Float32Array {
  const vectors = buffersOf(spec).map(({ shape: [length] }, index) => {
    const vector = new Float32Array(length);
    // After the parameters' sequences, which are of the same stream.
    fillNormal(vector, 1, new Random(seed, streams.weights, spec.parameters.length + index));
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return vector.map((value) => value / norm);
  });
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const vector of vectors) {
    all.set(vector, offset);
    offset += vector.length;
  }
  return all;
}

function fill(values: Float32Array, init: InitSpec, random: Random): void {
  if (init.kind === 'constant') {
    values.fill(init.value);
  } else if (init.kind === 'uniform') {
    for (let i = 0; i < values.length; i++) values[i] = random.between(-init.bound, init.bound);
  } else {
    fillNormal(values, init.std, random);
    if (init.zeroSum) centre(values, init.zeroSum);
  }
}

/** Takes the mean of every `count` values in a row off them. */
function centre(values: Float32Array, count: number): void {
  for (let at = 0; at < values.length; at += count) {
    const part = values.subarray(at, at + count);
    const mean = part.reduce((sum, value) => sum + value, 0) / count;
    for (const [i, value] of part.entries()) part[i] = value - mean;
  }
}

/** Two normal numbers from two uniform ones (Box and Muller 1958). */
function fillNormal(values: Float32Array, std: number, random: Random): void {
  for (let i = 0; i < values.length; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - random.uniform()));
    const angle = 2 * Math.PI * random.uniform();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
}
