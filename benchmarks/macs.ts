import { buildNetwork, type NetworkConfig } from '../src/network/build.ts';
import { elements } from '../src/network/spec.ts';

/** Multiply-adds of all convolutions on one lq pixel, from the graph itself. */
export function macsPerPixel(config: NetworkConfig): number {
  const spec = buildNetwork(config);
  const resolution = new Map<string, number>([['input', 1]]);
  const shapes = new Map(spec.parameters.map(({ name, shape }) => [name, shape]));
  let macs = 0;
  for (const node of spec.nodes) {
    const at = resolution.get(node.inputs[0] ?? '') ?? 1;
    const factor = 'factor' in node.attributes ? node.attributes.factor : 1;
    resolution.set(node.name, at * factor * factor);
    const weight = shapes.get(node.parameters[0] ?? '');
    if (node.op === 'conv2d' && weight) macs += at * elements(weight);
  }
  return macs;
}
