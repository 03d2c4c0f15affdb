/** What a case of GAN training has beside its generator: Real-ESRGAN's losses, discriminator and features. */
import { initialBuffers, initialWeights } from '../../network/init.ts';
import { macsPerPixel } from '../../network/macs.ts';
import { buffersOf, type NetworkSpec } from '../../network/spec.ts';
import { unetDiscriminator } from '../../network/unet-discriminator.ts';
import { type VggLayer, vgg19 } from '../../network/vgg19.ts';

export interface GanOptions {
  /** Channels of the discriminator at the size of gt. */
  numFeat: number;
  /** Layers of VGG19 and their weights in the perceptual loss. */
  layers: Readonly<Partial<Record<VggLayer, number>>>;
}

/** Weights of the losses. */
const lossWeights = { pixel: 1, perceptual: 1, gan: 0.1 } as const;

const seed = 2;

/** With it random weights of VGG19 keep their results as large as they were from layer to layer. */
const featureGain = Math.sqrt(6);

interface Tensors {
  readonly name: string;
  readonly shape: readonly number[];
}

/** What contenders need to know, all plain. */
export interface GanPeerWork {
  numFeat: number;
  weights: typeof lossWeights;
  /** Nodes of VGG19 that are compared, in order, and their weights. */
  features: readonly string[];
  layerWeights: readonly number[];
  tensors: {
    discriminator: readonly Tensors[];
    buffers: readonly Tensors[];
    features: readonly Tensors[];
  };
}

const tensorsOf = (list: readonly Tensors[]) => list.map(({ name, shape }) => ({ name, shape }));

/** Networks and first weights of a discriminator and a feature extractor. */
export class GanWork {
  readonly options: GanOptions;
  readonly lossWeights = lossWeights;
  readonly judge: NetworkSpec;
  readonly features: NetworkSpec;
  readonly values: Readonly<Record<'discriminator' | 'buffers' | 'features', Float32Array>>;
  readonly layerWeights: Float64Array;

  constructor(options: GanOptions) {
    this.options = options;
    const layers = Object.keys(options.layers) as VggLayer[];
    this.judge = unetDiscriminator(options);
    this.features = vgg19(layers);
    this.layerWeights = Float64Array.from(layers, (layer) => options.layers[layer] as number);
    this.values = {
      discriminator: initialWeights(this.judge, seed),
      buffers: initialBuffers(this.judge, seed),
      features: initialWeights(this.features, seed).map((value) => featureGain * value),
    };
  }

  /**
   * Multiply-adds of a step for each pixel of gt, of direct convolutions: the discriminator judges (forward
   * and back to the picture) and learns from two batches; features are made of gt and of sr, and go back to sr.
   */
  macsPerGtPixel(): number {
    return (2 + 2 * 3) * macsPerPixel(this.judge) + 3 * macsPerPixel(this.features);
  }

  forPeers(): GanPeerWork {
    return {
      numFeat: this.options.numFeat,
      weights: lossWeights,
      features: this.features.features ?? [],
      layerWeights: [...this.layerWeights],
      tensors: {
        discriminator: tensorsOf(this.judge.parameters),
        buffers: tensorsOf(buffersOf(this.judge)),
        features: tensorsOf(this.features.parameters),
      },
    };
  }
}
