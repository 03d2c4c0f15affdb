import { tensorSizes } from './sizes.ts';
import { elements, type NetworkSpec } from './spec.ts';

/**
 * Multiply-adds of all convolutions for one pixel of the input. Those that a picture needs once, however
 * large it is, are not counted.
 */
export function macsPerPixel(spec: NetworkSpec): number {
  const sizes = tensorSizes(spec);
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  return spec.nodes.reduce((sum, { op, name, parameters }) => {
    const weight = op === 'conv2d' ? shapes.get(parameters[0] as string) : undefined;
    const pixels = (sizes.get(name)?.factor ?? 0) ** 2;
    return sum + (weight ? pixels * elements(weight) : 0);
  }, 0);
}
