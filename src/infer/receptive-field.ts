import { type TensorSize, tensorSizes } from '../network/sizes.ts';
import { inputName, type NetworkSpec, type NodeSpec } from '../network/spec.ts';

/** How much farther a result of this operator looks than its input does, in pixels of that input. */
function reach(node: NodeSpec): number {
  switch (node.op) {
    case 'conv2d':
      return node.attributes.padding;
    case 'pixelUnshuffle':
      return node.attributes.factor - 1;
    case 'maxPool':
      return node.attributes.size - 1;
    case 'upsampleBilinear':
      return 1;
    default:
      return 0;
  }
}

/**
 * How many input pixels away from a pixel its output can depend on: with that much around a tile,
 * the tile's result is the whole image's. Of a network with a condition: once the condition is given, which
 * looks at all of the picture.
 */
export function receptiveRadius(spec: NetworkSpec): number {
  const sizes = tensorSizes(spec);
  const radii = new Map([[inputName, 0]]);
  for (const node of spec.nodes) {
    const { factor } = sizes.get(node.name) as TensorSize;
    const widest = Math.max(...node.inputs.map((name) => radii.get(name) as number));
    const before = sizes.get(node.inputs[0] as string) as TensorSize;
    radii.set(node.name, factor === 0 ? 0 : widest + reach(node) / before.factor);
  }
  return Math.ceil(radii.get(spec.output) as number);
}
