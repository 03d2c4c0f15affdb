/** Weights and pixels that the fixtures from PyTorch are made of. */
import { buffersOf, elements, type NetworkSpec, parameterCount } from '../../src/network/spec.ts';

/** The fixtures' formula: value(i) = (i * 2654435761 mod 2^32) / 2^32. */
export function formula(index: number): number {
  return (Math.imul(index, 2654435761) >>> 0) / 2 ** 32;
}

/** Convolutions U(+-sqrt(4.5 / fan_in)), biases U(+-0.05), slopes U(0.15, 0.35). */
export function referenceWeights(spec: NetworkSpec): Float32Array {
  const slopes = new Set(
    spec.nodes.filter(({ op }) => op === 'prelu').flatMap(({ parameters }) => parameters),
  );
  const all = new Float32Array(parameterCount(spec));
  let position = 0;
  for (const { name, shape } of spec.parameters) {
    const isSlope = slopes.has(name);
    const spread = 2 * Math.sqrt(4.5 / elements(shape.slice(1)));
    for (const end = position + elements(shape); position < end; position++) {
      const v = formula(position) - 0.5;
      all[position] = shape.length === 4 ? v * spread : isSlope ? v * 0.2 + 0.25 : v * 0.1;
    }
  }
  return all;
}

/** First u and v of spectral norms: centred values of the formula, of norm 1. */
export function referenceBuffers(spec: NetworkSpec): Float32Array {
  let position = 3_000_000;
  const vectors = buffersOf(spec).map(({ shape: [length] }) => {
    const vector = Array.from({ length }, () => formula(position++) - 0.5);
    const size = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    return vector.map((value) => value / size);
  });
  return Float32Array.from(vectors.flat());
}
