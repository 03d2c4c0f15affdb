/**
 * The convolutions of VGG19 (Simonyan and Zisserman 2015, configuration E) under torchvision's names,
 * for perceptual losses: input RGB in [0, 1], results before the ReLU.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { convInit, GraphBuilder } from './builder.ts';
import { inputName, type NetworkSpec } from './spec.ts';

/** Channels of the convolutions of each block; a 2x2 max pooling stands between two blocks. */
const blocks = [
  [64, 64],
  [128, 128],
  [256, 256, 256, 256],
  [512, 512, 512, 512],
  [512, 512, 512, 512],
];

/** Mean and standard deviation of ImageNet, which the published weights expect to be taken off. */
const mean = [0.485, 0.456, 0.406];
const deviation = [0.229, 0.224, 0.225];

/** `conv{block}_{convolution}`, both from 1: `conv5_4` is the last. */
export type VggLayer = `conv${number}_${number}`;

/** All layers, from the first to the last. */
export const vggLayers: readonly VggLayer[] = blocks.flatMap((sizes, block) =>
  sizes.map((_, at): VggLayer => `conv${block + 1}_${at + 1}`),
);

/** The layers of Real-ESRGAN's perceptual loss and their weights. */
export const perceptualLayers: Readonly<Record<VggLayer, number>> = {
  conv1_2: 0.1,
  conv2_2: 0.1,
  conv3_4: 1,
  conv4_4: 1,
  conv5_4: 1,
};

/**
 * The network up to the last of the wanted layers; its features are theirs, from the first layer to the
 * last. Sides must be multiples of 16 for all to be whole. Throws E_CONFIG when there is no such layer.
 */
export function vgg19(layers: readonly VggLayer[]): NetworkSpec {
  const graph = new GraphBuilder(3);
  const wanted = new Set<string>(layers);
  const features: string[] = [];
  let x = graph.affine('normalize', inputName, {
    scale: deviation.map((d) => 1 / d),
    shift: deviation.map((d, c) => -(mean[c] as number) / d),
  });
  // torchvision counts convolutions, activations and poolings alike.
  let index = 0;
  for (const [block, sizes] of blocks.entries()) {
    for (const [at, channels] of sizes.entries()) {
      x = graph.conv(`features.${index++}`, x, channels, convInit.torch);
      if (wanted.delete(`conv${block + 1}_${at + 1}`)) features.push(x);
      if (wanted.size === 0 && features.length > 0) return graph.buildFeatures('vgg19', features);
      x = graph.relu(`features.${index++}`, x);
    }
    x = graph.maxPool(`features.${index++}`, x, 2);
  }
  throw new EvensrError(
    'E_CONFIG',
    exitCodes.usage,
    `VGG19 has no layer ${[...wanted].join(', ') || 'of no name'}`,
    { hint: `name one or more of ${Object.keys(perceptualLayers).join(', ')} and their like` },
  );
}
