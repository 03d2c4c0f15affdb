/**
 * The first convolutions of InceptionV3 (Szegedy et al. 2016, "Rethinking the inception architecture for
 * computer vision") under Keras' names, with each batch normalisation folded into its convolution, for
 * perceptual losses: input RGB in [0, 1], results before the ReLU.
 *
 * All convolutions and poolings are padded here, so that sides halve exactly; InceptionV3 leaves the border
 * out in four of them. Farther from the border than a convolution sees, the features are the network's.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { convInit, GraphBuilder } from './builder.ts';
import { inputName, type NetworkSpec } from './spec.ts';

/** Layers in the order of their depth; the last three end branches of the first inception block. */
export const inceptionLayers = [
  'conv2d_1',
  'conv2d_2',
  'conv2d_3',
  'conv2d_4',
  'conv2d_5',
  'conv2d_6',
  'conv2d_8',
  'conv2d_11',
] as const;

export type InceptionLayer = (typeof inceptionLayers)[number];

/** Every size once: a half, a quarter and an eighth of the sides. */
export const inceptionWeights: Readonly<Partial<Record<InceptionLayer, number>>> = {
  conv2d_1: 1,
  conv2d_3: 1,
  conv2d_5: 1,
  conv2d_8: 1,
  conv2d_11: 1,
};

interface Layer {
  channels: number;
  kernel: number;
  stride?: number;
}

/** Of all that a layer is made from; 7, 9 and 10 lie within branches. */
const convolutions: Readonly<Record<number, Layer>> = {
  1: { channels: 32, kernel: 3, stride: 2 },
  2: { channels: 32, kernel: 3 },
  3: { channels: 64, kernel: 3 },
  4: { channels: 80, kernel: 1 },
  5: { channels: 192, kernel: 3 },
  6: { channels: 64, kernel: 1 },
  7: { channels: 48, kernel: 1 },
  8: { channels: 64, kernel: 5 },
  9: { channels: 64, kernel: 1 },
  10: { channels: 96, kernel: 3 },
  11: { channels: 96, kernel: 3 },
};

const branches: readonly (readonly number[])[] = [[6], [7, 8], [9, 10, 11]];
/** Layers behind which the sides are halved by a pooling. */
const pooled = [3, 5];
const trunkLength = 5;
const pooling = { stride: 2, padding: 1 };

/** Adds a convolution and gives its tensor, before its ReLU. */
function addConvolution(graph: GraphBuilder, number: number, input: string): string {
  const { channels, ...options } = convolutions[number] as Layer;
  const padding = (options.kernel - 1) / 2;
  return graph.conv(`conv2d_${number}`, input, channels, convInit.torch, { ...options, padding });
}

const activate = (graph: GraphBuilder, number: number) =>
  graph.relu(`activation_${number}`, `conv2d_${number}`);

const pool = (graph: GraphBuilder, number: number, input: string) =>
  graph.maxPool(`max_pooling_${number}`, input, 3, pooling);

/**
 * The part of the network that makes the wanted layers; its features are theirs, in the order of
 * `inceptionLayers`. Throws E_CONFIG when there is no such layer.
 */
export function inceptionStem(layers: readonly string[]): NetworkSpec {
  const graph = new GraphBuilder(3);
  const wanted = inceptionLayers.filter((layer) => layers.includes(layer));
  if (wanted.length === 0 || wanted.length < layers.length)
    throw new EvensrError('E_CONFIG', exitCodes.usage, `InceptionV3 has no layers ${layers}`, {
      hint: `name one or more of ${inceptionLayers.join(', ')}`,
    });
  const isWanted = (number: number) => wanted.some((layer) => layer === `conv2d_${number}`);

  const ends = branches.filter((branch) => isWanted(branch.at(-1) as number));
  const deepest = Number(wanted.at(-1)?.slice('conv2d_'.length));
  let x = inputName;
  for (let number = 1; number <= Math.min(deepest, trunkLength); number++) {
    addConvolution(graph, number, x);
    if (number === deepest) break;
    x = activate(graph, number);
    if (pooled.includes(number)) x = pool(graph, number, x);
  }
  for (const branch of ends) {
    let inner = x;
    for (const [at, number] of branch.entries()) {
      inner = addConvolution(graph, number, inner);
      if (at < branch.length - 1) inner = activate(graph, number);
    }
  }
  return graph.buildFeatures('inceptionv3', wanted);
}

/** Tensors that a distance compares, after their ReLU: a half, a half, a quarter and an eighth of the sides. */
export const inceptionDistanceTaps = ['activation_1', 'activation_3', 'activation_5', 'mixed_1'];

/**
 * The network up to its first inception block, for distances: its features are `inceptionDistanceTaps`.
 * `mixed_1` is the block's three branches of convolutions, 224 channels; the fourth, an average pooling
 * with a convolution, is left out. The parameters are those of `inceptionStem(inceptionLayers)`.
 */
export function inceptionDistance(): NetworkSpec {
  const graph = new GraphBuilder(3);
  const activated = (number: number, input: string) => {
    addConvolution(graph, number, input);
    return activate(graph, number);
  };
  let x = inputName;
  for (let number = 1; number <= trunkLength; number++) {
    x = activated(number, x);
    if (pooled.includes(number)) x = pool(graph, number, x);
  }
  const ends = branches.map((branch) =>
    branch.reduce((inner, number) => activated(number, inner), x),
  );
  graph.concat('mixed_1', ends);
  return graph.buildFeatures('inceptionv3', inceptionDistanceTaps);
}
