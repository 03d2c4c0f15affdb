/** Files of the networks of perceptual losses, of random values. */
import { writeFileSync } from 'node:fs';
import { initialWeights } from '../src/network/init.ts';
import { encodeSafetensors } from '../src/network/safetensors.ts';
import { elements, type NetworkSpec } from '../src/network/spec.ts';

/** Holds all layers of `spec`. */
export function writeFeaturesFile(file: string, spec: NetworkSpec): void {
  const values = initialWeights(spec, 7);
  let offset = 0;
  const tensors = spec.parameters.map(({ name, shape }) => {
    const data = values.subarray(offset, offset + elements(shape));
    offset += data.length;
    return { name, shape, data };
  });
  writeFileSync(file, Buffer.concat(encodeSafetensors(tensors)));
}
