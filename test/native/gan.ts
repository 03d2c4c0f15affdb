/** A small generator with a perceptual loss and its discriminator, and what PyTorch makes of them. */
import { readFileSync } from 'node:fs';
import type { NativeBatch, NativeTrainer, StepResult, TrainerOptions } from '../../src/native.ts';
import { buildNetwork, type NetworkConfig } from '../../src/network/build.ts';
import { convInit, GraphBuilder } from '../../src/network/builder.ts';
import { inputName, type NetworkSpec } from '../../src/network/spec.ts';
import { unetDiscriminator } from '../../src/network/unet-discriminator.ts';
import { makeTrainer, type Size, testNative } from './networks.ts';
import { formula, referenceBuffers, referenceWeights } from './reference-values.ts';

export type Part = keyof StepResult['parts'];

/** How far a tensor has gone from its start: its length, and along the fixture's direction. */
export interface Movement {
  distance: number;
  along: number;
}

/** One case of test/fixtures/gan_reference.py. */
export interface ReferenceCase {
  type: 'vanilla' | 'lsgan' | 'ragan';
  pixel: number;
  perceptual: number;
  gan: number;
  layers: number[];
  sampleWeights: number[];
  gtUsm: { pixel: boolean; perceptual: boolean; gan: boolean };
  steps: {
    parts: Record<Part, number[]>;
    gradientNorm: number;
    discriminatorGradientNorm: number;
  }[];
  generator: Movement[];
  ema: Movement[];
  discriminator: Movement[];
  buffers: number[];
}

/** `vanilla, gan sharpened`: its loss, and what it compares with another gt than Real-ESRGAN does. */
export function nameOf({ type, gtUsm }: ReferenceCase): string {
  const usual = { pixel: true, perceptual: true, gan: false };
  const others = (['pixel', 'perceptual', 'gan'] as const)
    .filter((loss) => gtUsm[loss] !== usual[loss])
    .map((loss) => `${loss} ${gtUsm[loss] ? 'sharpened' : 'plain'}`);
  return [type, ...others].join(', ');
}

interface Reference {
  size: Size;
  network: NetworkConfig;
  discriminatorFeatures: number;
  featureChannels: [number, number];
  optimizer: TrainerOptions['optimizer'];
  emaDecay: number;
  learningRate: number;
  discriminatorLearningRate: number;
  cases: ReferenceCase[];
}

export const reference = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/gan-reference.json', import.meta.url), 'utf8'),
) as Reference;
export const { size, emaDecay, optimizer, learningRate, discriminatorLearningRate } = reference;
export const { scale } = reference.network;
export const spec = buildNetwork(reference.network);
export const judgeSpec = unetDiscriminator({ numFeat: reference.discriminatorFeatures });
const deviation = [0.229, 0.224, 0.225];
const mean = [0.485, 0.456, 0.406];

/** Two convolutions as VGG19 has them. */
function featureSpec(): NetworkSpec {
  const graph = new GraphBuilder(3);
  const [one, two] = reference.featureChannels;
  const x = graph.affine('normalize', inputName, {
    scale: deviation.map((d) => 1 / d),
    shift: deviation.map((d, c) => -(mean[c] as number) / d),
  });
  const first = graph.conv('conv1', x, one, convInit.torch);
  const pooled = graph.maxPool('pool', graph.relu('act', first), 2);
  const second = graph.conv('conv2', pooled, two, convInit.torch);
  return graph.buildFeatures('features', [first, second]);
}

export const pixels = (count: number, start: number) =>
  Float32Array.from({ length: count }, (_, i) => formula(start + i));

/** `batch` samples, the reference's unless said. */
export function referenceBatch(
  change: (lq: Float32Array) => void = () => {},
  batch = size.batch,
): NativeBatch {
  const lq = pixels(3 * batch * size.height * size.width, 1_000_000);
  change(lq);
  const gtCount = lq.length * scale ** 2;
  const [gt, plain] = [pixels(gtCount, 2_000_000), pixels(gtCount, 2_500_000)];
  return testNative._makeBatch(lq, gt, { ...size, batch, scale }, plain);
}

export function makePair(
  test: ReferenceCase,
  options: Partial<TrainerOptions> = {},
  judgeOptions: Partial<TrainerOptions> = {},
) {
  const features = featureSpec();
  const trainer = makeTrainer(spec, {
    loss: { type: 'l1', epsilon: 1e-3, weight: test.pixel, gtUsm: test.gtUsm.pixel },
    perceptual: {
      spec: JSON.stringify(features),
      weights: referenceWeights(features),
      layerWeights: Float64Array.from(test.layers),
      weight: test.perceptual,
      gtUsm: test.gtUsm.perceptual,
    },
    gan: { type: test.type, weight: test.gan, gtUsm: test.gtUsm.gan },
    optimizer,
    emaDecay,
    weights: referenceWeights(spec),
    ...options,
  });
  const discriminator = makeTrainer(judgeSpec, {
    optimizer,
    emaDecay: 0,
    weights: referenceWeights(judgeSpec),
    buffers: referenceBuffers(judgeSpec),
    ...judgeOptions,
  });
  return { trainer, discriminator };
}

export const rates = { learningRate, discriminatorLearningRate };

/** All that a step may change. */
export const stateOf = (trainer: NativeTrainer) => [
  ...(['params', 'ema', 'm', 'v'] as const).map((block) => trainer.getState(block)),
  trainer.getBuffers(),
  trainer.stepCount,
];
