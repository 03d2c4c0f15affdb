/** A file such as torchvision's weights of VGG19, of random values. */
import { writeFileSync } from 'node:fs';
import { initialWeights } from '../src/network/init.ts';
import { encodeSafetensors } from '../src/network/safetensors.ts';
import { elements } from '../src/network/spec.ts';
import { type VggLayer, vgg19 } from '../src/network/vgg19.ts';

/** Holds all layers up to `last`. */
export function writeFeaturesFile(file: string, last: VggLayer): void {
  const spec = vgg19([last]);
  const values = initialWeights(spec, 7);
  let offset = 0;
  const tensors = spec.parameters.map(({ name, shape }) => {
    const data = values.subarray(offset, offset + elements(shape));
    offset += data.length;
    return { name, shape, data };
  });
  writeFileSync(file, Buffer.concat(encodeSafetensors(tensors)));
}
