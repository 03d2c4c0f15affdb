/** Weights and pixels that the fixtures from PyTorch are made of. */
import { elements, type NetworkSpec } from '../../src/network/spec.ts';

/** The fixture's formula: value(i) = (i * 2654435761 mod 2^32) / 2^32. */
export function formula(index: number): number {
  return (Math.imul(index, 2654435761) >>> 0) / 2 ** 32;
}

/** Convolutions U(+-sqrt(4.5 / fan_in)), biases U(+-0.05), slopes U(0.15, 0.35). */
export function referenceWeights(spec: NetworkSpec): Float32Array {
  const slopes = new Set(
    spec.nodes.filter(({ op }) => op === 'prelu').flatMap(({ parameters }) => parameters),
  );
  let position = 0;
  const all = spec.parameters.flatMap(({ name, shape }) => {
    const fanIn = elements(shape.slice(1));
    return Array.from({ length: elements(shape) }, () => {
      const v = formula(position++) - 0.5;
      if (shape.length === 4) return v * 2 * Math.sqrt(4.5 / fanIn);
      return slopes.has(name) ? v * 0.2 + 0.25 : v * 0.1;
    });
  });
  return Float32Array.from(all);
}
