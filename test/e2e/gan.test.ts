/** Training with a perceptual and an adversarial loss, from a first stage to the last checkpoint. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { inceptionLayers, inceptionStem } from '../../src/network/inception-stem.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/network/safetensors.ts';
import { buffersOf } from '../../src/network/spec.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { vgg19 } from '../../src/network/vgg19.ts';
import { writeFeaturesFile } from '../features-file.ts';
import { atStep, Workbench } from './train-kit.ts';

const last = 'checkpoints/step-00000024.safetensors';
const losses = '{weights: vgg.safetensors, layers: {conv1_1: 0.5, conv1_2: 1}, weight: 0.5}';
const gan = [
  'training.steps=24',
  'validation.every=12',
  'degradation.usm=true',
  'training.lqSize=8',
  'training.learningRate=5e-4',
  'training.schedule={type: multistep, milestones: [12]}',
  `training.loss={perceptual: ${losses}, gan: {type: vanilla}}`,
  'discriminator={numFeat: 4, learningRate: 1e-3}',
  'network.weights=first',
  'balance={rule: quota, warmup: 8, every: 8, references: {specialistSteps: 10}}',
];
/** Of a line of the metrics. */
interface Metrics {
  tasks: Record<string, { realised: number }>;
  parts: Record<string, number>;
  gradientNorm: number;
}

const flags = (keys: readonly string[]) => keys.flatMap((key) => ['--set', key]);

describe('GAN training', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    writeFeaturesFile(place.path('vgg.safetensors'), vgg19(['conv1_2']));
    const stage = ['training.steps=12', 'validation.every=12', 'balance.rule=natural'];
    const first = await place.train('tiny.yaml', '-o', 'first', ...flags(stage));
    assert.equal(first.code, 0, first.stderr);
    const whole = await place.train('tiny.yaml', '-o', 'whole', ...flags(gan));
    assert.equal(whole.code, 0, whole.stderr);
  });
  after(() => place.remove());

  const tensorsOf = (file: string) =>
    new Map(decodeSafetensors(readFileSync(place.path(file))).tensors.map((t) => [t.name, t.data]));
  const sameAsWhole = (run: string) => {
    for (const file of ['metrics.jsonl', last])
      assert.equal(place.sha256(`${run}/${file}`), place.sha256(`whole/${file}`), file);
  };

  it('keeps the discriminator, its moments, u and v in the checkpoint, and all of them move', () => {
    const [early, late] = [
      tensorsOf('whole/checkpoints/step-00000014.safetensors'),
      tensorsOf(`whole/${last}`),
    ];
    for (const name of ['params/conv1.weight_orig', 'm/conv9.bias', 'v/conv5.weight_orig'])
      assert.notDeepEqual(early.get(`discriminator/${name}`), late.get(`discriminator/${name}`));
    for (const name of ['conv1.weight_u', 'conv8.weight_v']) {
      const key = `discriminator/buffers/${name}`;
      assert.ok((late.get(key)?.length ?? 0) > 0, key);
      assert.notDeepEqual(early.get(key), late.get(key));
    }
  });

  it('writes the parts of both losses to the metrics and keeps the KPI from PSNR', () => {
    const lines = readFileSync(place.path('whole/metrics.jsonl'), 'utf8').trim().split('\n');
    assert.equal(lines.length, 24);
    for (const text of lines) {
      const { step, loss, parts, discriminator, learningRate } = JSON.parse(text);
      assert.deepEqual(Object.keys(parts).sort(), ['gan', 'perceptual', 'pixel']);
      const sum = parts.pixel + 0.5 * parts.perceptual + 0.1 * parts.gan;
      assert.ok(Math.abs(loss - sum) < 1e-9 * sum, `${loss}, its parts make ${sum}`);
      assert.ok(Math.abs(discriminator.loss - discriminator.real - discriminator.fake) < 1e-12);
      assert.ok(discriminator.gradientNorm > 0);
      assert.equal(learningRate, step > 12 ? 2.5e-4 : 5e-4);
      assert.equal(discriminator.learningRate, 2 * learningRate, 'along the same schedule');
    }
    const { tasks, psnr } = JSON.parse(lines.at(-1) as string);
    const all = Object.values(tasks as Record<string, { psnr: number; kpi: number | null }>);
    assert.ok(Math.abs(all.reduce((sum, t) => sum + t.psnr, 0) / all.length - psnr) < 1e-9);
    assert.ok(all.some(({ kpi }) => kpi !== null && kpi !== undefined));
  });

  it('begins with the moving average of the first stage', async () => {
    const keys = [...gan, 'training.steps=1'];
    const run = await place.train('tiny.yaml', '-o', 'begun', ...flags(keys));
    assert.equal(run.code, 0, run.stderr);
    const found = tensorsOf('begun/checkpoints/step-00000000.safetensors');
    const first = tensorsOf('first/checkpoints/step-00000012.safetensors');
    for (const name of ['body.0.weight', 'body.6.bias']) {
      assert.deepEqual(found.get(`params/${name}`), first.get(`ema/${name}`));
      assert.deepEqual(found.get(`ema/${name}`), first.get(`ema/${name}`));
    }
  });

  it('begins with a discriminator of a file, u and v included', async () => {
    const found = tensorsOf(`whole/${last}`);
    const tensors = unetDiscriminator({ numFeat: 4 });
    const wanted = [
      ...tensors.parameters.map(({ name, shape }) => ({ name, shape, group: 'params' })),
      ...buffersOf(tensors).map(({ name, shape }) => ({ name, shape, group: 'buffers' })),
    ].map(({ group, ...one }) => ({
      ...one,
      data: found.get(`discriminator/${group}/${one.name}`) as Float32Array,
    }));
    // Any order will do: they are found by their names.
    const parts = encodeSafetensors(wanted.toReversed());
    writeFileSync(place.path('judge.safetensors'), Buffer.concat(parts));
    const keys = [...gan, 'training.steps=1', 'discriminator.weights=judge.safetensors'];
    const run = await place.train('tiny.yaml', '-o', 'judged', ...flags(keys));
    assert.equal(run.code, 0, run.stderr);
    const begun = tensorsOf('judged/checkpoints/step-00000000.safetensors');
    for (const name of ['params/conv1.weight_orig', 'params/conv9.bias', 'buffers/conv7.weight_u'])
      assert.deepEqual(begun.get(`discriminator/${name}`), found.get(`discriminator/${name}`));
  });

  it('shows the discriminator gt that is not sharpened, whatever the network is to make', async () => {
    const lines = await Promise.all(
      [true, false].map(async (usm) => {
        const keys = [...gan, 'training.steps=1', `degradation.usm=${usm}`];
        const run = await place.train('tiny.yaml', '-o', `usm-${usm}`, ...flags(keys));
        assert.equal(run.code, 0, run.stderr);
        return JSON.parse(readFileSync(place.path(`usm-${usm}/metrics.jsonl`), 'utf8'));
      }),
    );
    const [sharpened, plain] = lines;
    assert.equal(sharpened.discriminator.real, plain.discriminator.real);
    assert.notEqual(sharpened.parts.pixel, plain.parts.pixel);
  });

  it('compares each loss with sharpened gt or with gt as it was before, as its key says', async () => {
    const lines = await Promise.all(
      ['', 'training.loss', 'training.loss.perceptual', 'training.loss.gan'].map(
        async (loss, at) => {
          const others = loss ? [`${loss}.gtUsm=${loss.endsWith('gan')}`] : [];
          const keys = [...gan, 'training.steps=1', ...others];
          const run = await place.train('tiny.yaml', '-o', `gt-${at}`, ...flags(keys));
          assert.equal(run.code, 0, run.stderr);
          return JSON.parse(readFileSync(place.path(`gt-${at}/metrics.jsonl`), 'utf8'));
        },
      ),
    );
    const [usual, ...others] = lines.map(({ parts, discriminator: { real } }) => ({
      ...parts,
      real,
    }));
    for (const [at, changed] of ['pixel', 'perceptual', 'real'].entries())
      for (const name of Object.keys(usual))
        assert.equal(others[at][name] !== usual[name], name === changed, `${changed}: ${name}`);
  });

  it('makes runs that are used as any other', async () => {
    const args = ['-i', 'photos/0.png', '-o', 'large', '-m', 'whole'];
    const upscaled = await place.run('upscale', ...args);
    assert.equal(upscaled.code, 0, upscaled.stderr);
    const measured = await place.run('tasks', 'measure', 'whole', '--steps', '10', '--json');
    assert.equal(measured.code, 0, measured.stderr);
  });

  it('goes on after a stop to the same bytes, the weights that it began with gone', async () => {
    cpSync(place.path('first'), place.path('start'), { recursive: true });
    const keys = [...gan, 'network.weights=start'];
    const running = place.start('tiny.yaml', '-o', 'stopped', ...flags(keys));
    await running.seen(atStep(5));
    running.child.kill('SIGINT');
    assert.equal((await running.finished).code, 130);
    rmSync(place.path('start'), { recursive: true });
    const resumed = await place.train('-o', 'stopped', '--resume');
    assert.equal(resumed.code, 0, resumed.stderr);
    sameAsWhole('stopped');
  });

  it('goes on after a kill to the same bytes', async () => {
    const running = place.start('tiny.yaml', '-o', 'killed', ...flags(gan));
    await running.seen(atStep(16));
    running.child.kill('SIGKILL');
    await running.finished;
    const resumed = await place.train('-o', 'killed', '--resume');
    assert.equal(resumed.code, 0, resumed.stderr);
    sameAsWhole('killed');
  });

  it('in parts of a batch has the same losses, counts and files, also after a kill', async () => {
    const keys = [...gan, 'training.accumulate=2'];
    const running = place.start('tiny.yaml', '-o', 'parts', ...flags(keys));
    await running.seen(atStep(16));
    running.child.kill('SIGKILL');
    await running.finished;
    const resumed = await place.train('-o', 'parts', '--resume');
    assert.equal(resumed.code, 0, resumed.stderr);
    const straight = await place.train('tiny.yaml', '-o', 'straight', ...flags(keys));
    assert.equal(straight.code, 0, straight.stderr);
    for (const file of ['metrics.jsonl', last])
      assert.equal(place.sha256(`parts/${file}`), place.sha256(`straight/${file}`), file);
    const [whole, parts] = ['whole', 'parts'].map((run) =>
      readFileSync(place.path(`${run}/metrics.jsonl`), 'utf8')
        .trim()
        .split('\n')
        .slice(0, 4)
        .map((line) => JSON.parse(line)),
    ) as [Metrics[], Metrics[]];
    for (const [at, line] of parts.entries()) {
      const expected = whole[at] as Metrics;
      const counts = ({ tasks }: Metrics) => Object.values(tasks).map(({ realised }) => realised);
      assert.deepEqual(counts(line), counts(expected));
      for (const [name, value] of Object.entries(expected.parts))
        assert.ok(Math.abs((line.parts[name] as number) - value) <= 1e-4 * value, name);
      const off = line.gradientNorm - expected.gradientNorm;
      assert.ok(Math.abs(off) <= 1e-4 * expected.gradientNorm, `${off}`);
    }
  });

  it('plans its time and disk with both networks', async () => {
    const args = ['tiny.yaml', '--dry-run', '--json', ...flags(gan)];
    const [with_, without] = [
      await place.run('train', ...args),
      await place.run('train', ...args, '--set', 'training.loss={}'),
    ];
    assert.equal(with_.code, 0, with_.stderr);
    const disk = ({ stdout }: typeof with_) => JSON.parse(stdout).disk.checkpoint as number;
    assert.ok(disk(with_) > disk(without));
  });

  it('trains with the features of InceptionV3 and says so', async () => {
    writeFeaturesFile(place.path('inception.safetensors'), inceptionStem(inceptionLayers));
    const perceptual = '{network: inceptionv3, weights: inception.safetensors, weight: 0.5}';
    const keys = [
      ...gan,
      `training.loss={perceptual: ${perceptual}}`,
      'training.steps=12',
      'log.report=true',
    ];
    const run = await place.train('tiny.yaml', '-o', 'inception', ...flags(keys));
    assert.equal(run.code, 0, run.stderr);
    const lines = readFileSync(place.path('inception/metrics.jsonl'), 'utf8').trim().split('\n');
    const { parts } = JSON.parse(lines.at(-1) as string);
    assert.ok(parts.perceptual > 0 && Object.keys(parts).length === 2);
    const report = readFileSync(place.path('inception/report.html'), 'utf8');
    assert.match(report, /0\.5 InceptionV3 \(conv2d_1,conv2d_3,conv2d_5,conv2d_8,conv2d_11\)/);
  });

  const refused: [string, string[], number, RegExp[]][] = [
    [
      'no file of VGG19',
      ['training.loss.perceptual={}'],
      2,
      [/training\.loss\.perceptual\.weights: needs a file of .*vgg19-dcbb9e9d\.pth/],
    ],
    [
      'a file that is not there',
      ['training.loss.perceptual.weights=gone.pth'],
      9,
      [/training\.loss\.perceptual\.weights: .*gone\.pth/, /vgg19-dcbb9e9d\.pth/],
    ],
    [
      'a file that lacks a layer',
      ['training.loss.perceptual.layers={conv2_1: 1}'],
      9,
      [/vgg\.safetensors: the VGG19 file has no features\.5\.weight/],
    ],
    [
      'a layer of another network',
      ['training.loss.perceptual.layers={conv1_1: 1, conv2d_3: 1}'],
      2,
      [/training\.loss\.perceptual\.layers: VGG19 has no conv2d_3, it has conv1_1/],
    ],
    [
      'weights of VGG19 for InceptionV3',
      ['training.loss.perceptual={network: inceptionv3, weights: vgg.safetensors}'],
      9,
      [/vgg\.safetensors: the InceptionV3 file has no conv2d_1\.weight/, /inception-features/],
    ],
    [
      'a crop that the discriminator cannot halve',
      ['training.lqSize=9'],
      2,
      [/training\.lqSize: times the scale 4 must be a multiple of 8 for the discriminator, not 36/],
    ],
    [
      'weights of another network',
      ['network.numFeat=9'],
      9,
      [
        /network\.weights: .*first.* holds SRVGGNetCompact x4, which is not the SRVGGNetCompact x4/,
        /the file has +the network wants/,
        /body\.0\.weight \[8, 3, 3, 3\] +body\.0\.weight \[9, 3, 3, 3\]/,
      ],
    ],
    [
      'a discriminator that is none',
      ['discriminator.weights=vgg.safetensors'],
      9,
      [/discriminator\.weights: .* tensors differ/, /conv1\.weight_u \[8\]/],
    ],
  ];
  for (const [what, keys, code, texts] of refused) {
    it(`refuses ${what}`, async () => {
      const run = await place.train('tiny.yaml', '-o', 'refused', ...flags([...gan, ...keys]));
      assert.equal(run.code, code, run.stderr);
      for (const text of texts) assert.match(run.stderr, text);
    });
  }
});
