/** What a file of weights has and what a network wants, side by side. */
import type { Tensor } from '../network/safetensors.ts';
import type { ParameterSpec } from '../network/spec.ts';

const nothing = '-';

const described = (name: string, shape: readonly number[]) => `${name} [${shape.join(', ')}]`;

/** Rows of two columns, the first a heading: tensors that only one has or that differ in shape. */
export function weightDiff(
  tensors: readonly Tensor[],
  parameters: readonly ParameterSpec[],
): string[] {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor.shape]));
  const rows: [string, string][] = [];
  for (const { name, shape } of parameters) {
    const own = found.get(name);
    if (own?.join() !== shape.join())
      rows.push([own ? described(name, own) : nothing, described(name, shape)]);
    found.delete(name);
  }
  for (const [name, shape] of found) rows.push([described(name, shape), nothing]);
  if (rows.length === 0) return [];
  const table: [string, string][] = [['the file has', 'the network wants'], ...rows];
  const width = Math.max(...table.map(([left]) => left.length));
  return table.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
}
