// The first layers of the InceptionV3 in the npm package nsfwjs (MIT), for training.loss.perceptual and for
// evensr evaluate --distance:
//
//   npm pack nsfwjs@4.3.0 && tar xzf nsfwjs-4.3.0.tgz
//   node scripts/inception-features.mjs package inception_v3.safetensors
//
// An ImageNet network that its authors fine-tuned to five classes of pictures; its weights are kept as
// integers of 8 bits. The package keeps them in modules that hold texts, which are loaded here.
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { inceptionLayers, inceptionStem } from '../dist/src/network/inception-stem.js';
import { encodeSafetensors } from '../dist/src/network/safetensors.js';
import { elements } from '../dist/src/network/spec.js';

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

const [folder, out] = process.argv.slice(2);
if (!folder || !out) fail('usage: node scripts/inception-features.mjs PACKAGE OUT.safetensors');
const models = resolve(folder, 'dist/models/inception_v3');
if (!existsSync(join(models, 'model.min.js')))
  fail(`${models} has no model.min.js: give the folder of the unpacked npm package nsfwjs`);
const load = (name) => createRequire(import.meta.url)(join(models, `${name}.min.js`));

const { modelTopology, weightsManifest } = load('model');
const [group] = weightsManifest;
const bytes = Buffer.concat(group.paths.map((name) => Buffer.from(load(name), 'base64')));

/** Numbers by name: q x scale + min of every byte. */
const stored = new Map();
let offset = 0;
for (const { name, shape, quantization } of group.weights) {
  if (quantization?.dtype !== 'uint8') fail(`${name} is not kept as integers of 8 bits`);
  const part = bytes.subarray(offset, offset + elements(shape));
  offset += part.length;
  const { min, scale } = quantization;
  stored.set(name, { shape, data: Float64Array.from(part, (q) => q * scale + min) });
}
if (offset !== bytes.length) fail('the weights are not as long as their list says');

const layers = new Map(
  modelTopology.model_config.config.layers.map(({ name, config }) => [name, config]),
);

/** The convolution and its batch normalisation, which has no factor, as one: (O, I, k, k) and (O). */
function folded(name, number) {
  const norm = `batch_normalization_${number}`;
  const { epsilon, scale } = layers.get(norm);
  if (scale) fail(`${norm} has a factor`);
  const { shape, data } = stored.get(`${name}/kernel`);
  const [height, width, inputs, outputs] = shape;
  const [mean, variance, beta] = ['moving_mean', 'moving_variance', 'beta'].map(
    (part) => stored.get(`${norm}/${part}`).data,
  );
  const factor = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  const weight = new Float32Array(data.length);
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let at = 0; at < height * width; at++)
        weight[(o * inputs + i) * height * width + at] =
          data[(at * inputs + i) * outputs + o] * factor[o];
  const bias = Float32Array.from(beta, (b, o) => b - mean[o] * factor[o]);
  return [
    { name: `${name}.weight`, shape: [outputs, inputs, height, width], data: weight },
    { name: `${name}.bias`, shape: [outputs], data: bias },
  ];
}

const spec = inceptionStem(inceptionLayers);
const convolutions = spec.nodes.filter(({ op }) => op === 'conv2d').map(({ name }) => name);
const tensors = convolutions.flatMap((name) => folded(name, name.slice('conv2d_'.length)));
for (const [at, { name, shape }] of spec.parameters.entries())
  if (tensors[at].name !== name || tensors[at].shape.join() !== shape.join())
    fail(`${name} has the shape ${tensors[at].shape}, not ${shape}`);

const metadata = { format: 'pt', source: 'npm package nsfwjs, dist/models/inception_v3, MIT' };
writeFileSync(out, Buffer.concat(encodeSafetensors(tensors, metadata)));
process.stdout.write(`${out}  ${tensors.length} tensors\n`);
