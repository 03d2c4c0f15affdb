/** How large every tensor of a network is, whatever the size of its input. */
import { inputName, type NetworkSpec, type NodeSpec } from './spec.ts';

export interface TensorSize {
  channels: number;
  /** Height and width, as multiples of the input's; 0 for a single pixel. */
  factor: number;
}

type Shapes = ReadonlyMap<string, readonly number[]>;

function sizeOf(node: NodeSpec, inputs: readonly TensorSize[], shapes: Shapes): TensorSize {
  const [{ channels, factor }] = inputs as [TensorSize];
  switch (node.op) {
    case 'conv2d':
      return {
        factor: factor / node.attributes.stride,
        channels: shapes.get(node.parameters[0] as string)?.[0] ?? 0,
      };
    case 'concat':
      return { factor, channels: inputs.reduce((sum, input) => sum + input.channels, 0) };
    case 'pixelShuffle': {
      const by = node.attributes.factor;
      return { channels: channels / by ** 2, factor: factor * by };
    }
    case 'pixelUnshuffle': {
      const by = node.attributes.factor;
      return { channels: channels * by ** 2, factor: factor / by };
    }
    case 'globalStatistics':
      return { channels: 2 * channels, factor: 0 };
    case 'maxPool':
      return { channels, factor: factor / node.attributes.stride };
    case 'upsampleNearest':
    case 'upsampleBilinear':
      return { channels, factor: factor * node.attributes.factor };
    default:
      return { channels, factor };
  }
}

/** The size of every tensor by its name, the input first, then the nodes in their order. */
export function tensorSizes(spec: NetworkSpec): Map<string, TensorSize> {
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  const sizes = new Map([[inputName, { channels: spec.inputChannels, factor: 1 }]]);
  for (const node of spec.nodes) {
    const inputs = node.inputs.map((name) => sizes.get(name) as TensorSize);
    sizes.set(node.name, sizeOf(node, inputs, shapes));
  }
  return sizes;
}

/** Of what height and width of the input must be multiples, so that no tensor ends within a pixel. */
export function inputMultiple(spec: NetworkSpec): number {
  const factors = [...tensorSizes(spec).values()].map(({ factor }) => factor);
  return Math.max(...factors.filter((factor) => factor > 0).map((factor) => Math.ceil(1 / factor)));
}
