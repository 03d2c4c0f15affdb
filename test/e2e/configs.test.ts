/** The sample configurations of the field's networks: each trains end to end, at toy size. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { vgg19 } from '../../src/network/vgg19.ts';
import { loadConfig } from '../../src/train/config.ts';
import { writeFeaturesFile } from '../features-file.ts';
import { Workbench } from './train-kit.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const steps = 10;
const toy = [
  'images={train: photos, setAside: 0.3}',
  'degradation.margin=1',
  'balance={rule: quota, warmup: 4, every: 4, references: {specialistSteps: 10}}',
  `training.steps=${steps}`,
  'training.batchSize=2',
  'training.lqSize=8',
  'training.device=cpu',
  'training.replayEvery=3',
  'validation={every: 5, samplesPerTask: 1, pictures: 1}',
  'log.every=1',
];
const rrdbnet = ['network.numFeat=4', 'network.numBlock=1', 'network.numGrowCh=2'];

/** In this order: the second stage goes on from the first. */
const cases: Record<string, string[]> = {
  srvgg_x4: ['network.numFeat=4', 'network.numConv=1'],
  msrresnet_x4: ['network.numFeat=4', 'network.numBlock=1'],
  realesrnet_x4: rrdbnet,
  realesrgan_x4: [
    ...rrdbnet,
    'network.weights=realesrnet_x4',
    'discriminator.numFeat=4',
    'training.loss.perceptual.weights=vgg.safetensors',
    'training.loss.perceptual.layers={conv1_2: 0.1, conv2_2: 0.1}',
  ],
};

describe('sample configurations', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    writeFeaturesFile(place.path('vgg.safetensors'), vgg19(['conv2_2']));
  });
  after(() => place.remove());

  for (const [name, keys] of Object.entries(cases)) {
    it(`${name} trains with quotas, to a report`, async () => {
      const set = [...toy, ...keys].flatMap((key) => ['--set', key]);
      const { code, stderr } = await place.train(`${root}configs/${name}.yaml`, '-o', name, ...set);
      assert.equal(code, 0, stderr);
      const lines = readFileSync(place.path(`${name}/metrics.jsonl`), 'utf8')
        .trim()
        .split('\n');
      assert.equal(lines.length, steps);
      const { loss, skipped, psnr, tasks, discriminator } = JSON.parse(lines.at(-1) as string);
      assert.ok(loss > 0 && skipped === 0 && psnr > 0);
      assert.equal(Object.keys(tasks).length, 9);
      const report = readFileSync(place.path(`${name}/report.html`), 'utf8');
      const isGan = name === 'realesrgan_x4';
      assert.equal(discriminator !== undefined, isGan);
      assert.equal(report.includes('Loss of the discriminator'), isGan);
      assert.equal(report.includes('Perceptual loss'), isGan);
    });
  }

  it('the second stage has the network of the first, and the losses of Real-ESRGAN', () => {
    const [first, second] = ['realesrnet_x4', 'realesrgan_x4'].map((name) =>
      loadConfig(`${root}configs/${name}.yaml`),
    ) as [ReturnType<typeof loadConfig>, ReturnType<typeof loadConfig>];
    const { weights, ...network } = second.network;
    assert.deepEqual({ ...network, weights: null }, first.network);
    assert.match(weights ?? '', /runs\/realesrnet_x4$/);
    const { perceptual, gan, weight } = second.training.loss;
    assert.deepEqual(
      [weight, perceptual?.weight, gan],
      [1, 1, { type: 'vanilla', weight: 0.1, gtUsm: false }],
    );
    const layers = { conv1_2: 0.1, conv2_2: 0.1, conv3_4: 1, conv4_4: 1, conv5_4: 1 };
    assert.deepEqual(perceptual?.layers, layers);
  });
});
