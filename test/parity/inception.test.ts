/** InceptionV3's first layers, from an npm package: what the script takes out, and what it is good for. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';
import { readWeightFile } from '../../src/infer/weight-files.ts';
import {
  type FeatureLayer,
  featureLayers,
  featureWeights,
} from '../../src/network/feature-networks.ts';
import { inceptionStem } from '../../src/network/inception-stem.ts';
import type { Tensor } from '../../src/network/safetensors.ts';
import { makeTrainer, testNative } from '../native/networks.ts';
import { inceptionPackage } from '../pretrained.ts';
import { pythonWith } from '../python.ts';

const source = inceptionPackage();
const python = pythonWith('torch', 'numpy');
const root = fileURLToPath(new URL('../../..', import.meta.url));

const losses = testNative as typeof testNative & {
  _perceptualLoss(
    network: { spec: string; weights: Float32Array; layerWeights: Float64Array },
    sr: Float32Array,
    gt: Float32Array,
    shape: { batch: number; height: number; width: number },
    sampleWeights: Float64Array,
  ): { losses: Float64Array; gradient: Float32Array };
};

const size = { width: 128, height: 112 };

const planes = (data: Buffer): Float32Array => {
  const pixels = data.length / 3;
  return Float32Array.from(
    { length: data.length },
    (_, i) => (data[3 * (i % pixels) + Math.floor(i / pixels)] as number) / 255,
  );
};

/** A piece of a photograph: the ground truth on the picture of the demo. */
const photograph = () =>
  sharp(join(root, 'docs/images/demo-upscaled.webp'))
    .extract({ left: 1010, top: 380, ...size })
    .removeAlpha();
const pixelsOf = async (picture: Sharp) => planes(await picture.raw().toBuffer());

describe('the first layers of InceptionV3', { skip: source.skip }, () => {
  let folder: string;
  let tensors: Tensor[];
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'evensr-inception-'));
    const file = join(folder, 'inception.safetensors');
    const script = join(root, 'scripts/inception-features.mjs');
    execFileSync(process.execPath, [script, source.folder, file], { stdio: 'pipe' });
    tensors = (await readWeightFile(file, readFileSync(file), 'params')).tensors;
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  it('make a distance that grows with blur and with noise', async () => {
    const layers = featureLayers({ network: 'inceptionv3', layers: null });
    const spec = inceptionStem(layers.map(([layer]) => layer));
    const network = {
      spec: JSON.stringify(spec),
      weights: featureWeights('inceptionv3', spec, tensors),
      layerWeights: Float64Array.from(layers, ([, weight]) => weight),
    };
    const gt = await pixelsOf(photograph());
    const noisy = (sigma: number) =>
      gt.map((value, i) => value + sigma * Math.sin(12.9898 * i) * Math.cos(78.233 * i));
    const shape = { batch: 1, ...size };
    const distance = (picture: Float32Array) =>
      losses._perceptualLoss(network, picture, gt, shape, Float64Array.of(1)).losses[0] as number;
    const blurred = async (sigma: number) => distance(await pixelsOf(photograph().blur(sigma)));
    const byBlur = [distance(gt), await blurred(0.7), await blurred(1.5), await blurred(3)];
    const byNoise = [0, 0.02, 0.06].map((sigma) => distance(noisy(sigma)));
    for (const rising of [byBlur, byNoise]) {
      assert.equal(rising[0], 0);
      for (const [at, value] of rising.entries())
        assert.ok(at === 0 || value > 1.3 * (rising[at - 1] as number), `${rising}`);
    }
  });

  it("are the package's, farther from the border than they see", {
    skip: python.skip,
  }, async () => {
    const models = join(source.folder, 'dist/models/inception_v3');
    const load = (name: string) => createRequire(import.meta.url)(join(models, `${name}.min.js`));
    const model = load('model') as { weightsManifest: { paths: string[] }[] };
    const paths = model.weightsManifest[0]?.paths ?? [];
    const path = (name: string) => join(folder, name);
    writeFileSync(path('model.json'), JSON.stringify(model));
    const shards = paths.map((name) => Buffer.from(load(name) as string, 'base64'));
    writeFileSync(path('shards'), Buffer.concat(shards));

    // Their windows begin at the image's corner, ours a pixel before it: three pixels later they meet.
    const shift = 3;
    const whole = await pixelsOf(photograph());
    const [width, height] = [size.width - shift, size.height - shift];
    const later = photograph().extract({ left: shift, top: shift, width, height });
    const moved = await pixelsOf(sharp(await later.png().toBuffer()));
    writeFileSync(path('image'), new Uint8Array(moved.buffer));

    // As far from the edge of a layer a zero beyond the edge of an earlier one can count.
    const border = 3;
    const cases: [FeatureLayer, number, number][] = [
      ['conv2d_1', 2, 2],
      ['conv2d_3', 2, 3],
      ['conv2d_5', 4, 3],
      ['conv2d_8', 8, 2],
      ['conv2d_11', 8, 2],
    ];
    for (const [layer, factor, offset] of cases) {
      execFileSync(
        python.path,
        [
          join(root, 'test/parity/inception_torch.py'),
          ...[path('model.json'), path('shards'), path('image'), `${height}`, `${width}`],
          ...[path('out'), layer],
        ],
        { stdio: 'pipe' },
      );
      const { features: _, ...spec } = inceptionStem([layer]);
      const weights = featureWeights('inceptionv3', inceptionStem([layer]), tensors);
      const shape = { batch: 1, ...size };
      const [w, h] = [size.width / factor, size.height / factor];
      const channels = spec.parameters.at(-1)?.shape[0] as number;
      const gradient = new Float32Array(channels * w * h);
      const { output } = await makeTrainer(spec, { weights })._gradients(whole, shape, gradient);
      const out = readFileSync(path('out'));
      const theirs = new Float32Array(out.buffer, out.byteOffset, out.length / 4);
      const side = sideOf(width, layer);
      const rows = sideOf(height, layer);
      assert.equal(theirs.length, channels * side * rows);
      let most = 0;
      let largest = 0;
      let compared = 0;
      for (let c = 0; c < channels; c++)
        for (let y = border; y < rows - border; y++)
          for (let x = border; x < side - border; x++) {
            const their = theirs[(c * rows + y) * side + x] as number;
            const our = output[(c * h + y + offset) * w + x + offset] as number;
            most = Math.max(most, Math.abs(their - our));
            largest = Math.max(largest, Math.abs(their));
            compared++;
          }
      assert.ok(compared > 10 * channels, `${layer}: ${compared}`);
      assert.ok(most < 2e-5 * largest, `${layer}: ${most} of ${largest}`);
    }
  });
});

/** Width of a layer of the package's for an image of `width`. */
function sideOf(width: number, layer: FeatureLayer): number {
  const first = Math.floor((width - 3) / 2) + 1;
  if (layer === 'conv2d_1') return first;
  if (layer === 'conv2d_3') return first - 2;
  const fifth = Math.floor((first - 2 - 3) / 2) + 1 - 2;
  return layer === 'conv2d_5' ? fifth : Math.floor((fifth - 3) / 2) + 1;
}
