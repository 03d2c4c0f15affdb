import { tensorSizes } from '../network/sizes.ts';
import { inputName, type NetworkSpec } from '../network/spec.ts';

/** Bytes of float32 activations that are needed at once in inference, for each input pixel. */
export function activationBytes(spec: NetworkSpec): number {
  const lastUse = new Map<string, number>();
  for (const [i, { inputs }] of spec.nodes.entries()) {
    for (const input of inputs) lastUse.set(input, i);
  }
  const bytes = new Map(
    [...tensorSizes(spec)].map(([name, { channels, factor }]) => [
      name,
      4 * channels * factor ** 2,
    ]),
  );
  const of = (name: string) => bytes.get(name) as number;
  let alive = of(inputName);
  let most = 0;
  for (const [i, node] of spec.nodes.entries()) {
    alive += of(node.name);
    most = Math.max(most, alive);
    for (const input of new Set(node.inputs)) if (lastUse.get(input) === i) alive -= of(input);
  }
  return most;
}
