import { inputName, type NetworkSpec, type NodeSpec } from '../network/spec.ts';

/** Channels and size relative to the input. */
interface Size {
  channels: number;
  factor: number;
}

function sizeOf(node: NodeSpec, input: Size, shapes: ReadonlyMap<string, number[]>): Size {
  switch (node.op) {
    case 'conv2d':
      return { ...input, channels: shapes.get(node.parameters[0] as string)?.[0] ?? 0 };
    case 'pixelShuffle': {
      const { factor } = node.attributes;
      return { channels: input.channels / factor ** 2, factor: input.factor * factor };
    }
    case 'upsampleNearest':
    case 'upsampleBilinear':
      return { ...input, factor: input.factor * node.attributes.factor };
    default:
      return input;
  }
}

/** Bytes of float32 activations that are needed at once in inference, for each input pixel. */
export function activationBytes(spec: NetworkSpec): number {
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  const sizes = new Map<string, Size>([[inputName, { channels: spec.inputChannels, factor: 1 }]]);
  const lastUse = new Map<string, number>();
  for (const [i, node] of spec.nodes.entries()) {
    sizes.set(node.name, sizeOf(node, sizes.get(node.inputs[0] as string) as Size, shapes));
    for (const input of node.inputs) lastUse.set(input, i);
  }
  const bytes = (name: string) => {
    const { channels, factor } = sizes.get(name) as Size;
    return 4 * channels * factor ** 2;
  };
  let alive = bytes(inputName);
  let most = 0;
  for (const [i, node] of spec.nodes.entries()) {
    alive += bytes(node.name);
    most = Math.max(most, alive);
    for (const input of new Set(node.inputs)) if (lastUse.get(input) === i) alive -= bytes(input);
  }
  return most;
}
