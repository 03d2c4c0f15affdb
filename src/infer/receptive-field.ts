import { inputName, type NetworkSpec, type NodeSpec } from '../network/spec.ts';

interface Reach {
  /** How far an output looks, in input pixels. */
  radius: number;
  /** Size relative to the input. */
  factor: number;
}

function advance(node: NodeSpec, { radius, factor }: Reach): Reach {
  switch (node.op) {
    case 'conv2d':
      return { radius: radius + node.attributes.padding / factor, factor };
    case 'pixelShuffle':
    case 'upsampleNearest':
      return { radius, factor: factor * node.attributes.factor };
    case 'upsampleBilinear':
      return { radius: radius + 1 / factor, factor: factor * node.attributes.factor };
    default:
      return { radius, factor };
  }
}

/**
 * How many input pixels away from a pixel its output can depend on: with that much around a tile,
 * the tile's result is the whole image's.
 */
export function receptiveRadius(spec: NetworkSpec): number {
  const reaches = new Map<string, Reach>([[inputName, { radius: 0, factor: 1 }]]);
  for (const node of spec.nodes) {
    const inputs = node.inputs.map((name) => reaches.get(name) as Reach);
    const widest = inputs.reduce((a, b) => (b.radius > a.radius ? b : a));
    reaches.set(node.name, advance(node, widest));
  }
  return Math.ceil((reaches.get(spec.output) as Reach).radius);
}
