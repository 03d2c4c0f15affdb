/**
 * UNetDiscriminatorSN of Real-ESRGAN: a U-Net with spectrally normalised convolutions that says of
 * every pixel how real it looks, as a logit. Sides must be multiples of 8.
 */
import { convInit, GraphBuilder } from './builder.ts';
import { inputName, type NetworkSpec, requireCount } from './spec.ts';

export interface UnetDiscriminatorConfig {
  /** Channels at the input's size; 64 in the reference. */
  numFeat: number;
}

const leakySlope = 0.2;
const halving = { kernel: 4, stride: 2, bias: false, spectralNorm: true };
const same = { bias: false, spectralNorm: true };

/** Input (B, 3, H, W), output (B, 1, H, W). Throws E_CONFIG when numFeat is no positive integer. */
export function unetDiscriminator({ numFeat }: UnetDiscriminatorConfig): NetworkSpec {
  requireCount('numFeat', numFeat);
  const graph = new GraphBuilder(3);
  const layer = (name: string, input: string, channels: number, options = {}) =>
    graph.leakyRelu(
      `${name}.act`,
      graph.conv(name, input, channels, convInit.torch, options),
      leakySlope,
    );
  const up = (name: string, input: string, channels: number, skip: string) => {
    const large = graph.upsample(`${name}.up`, input, 2, 'bilinear');
    return graph.add(`${name}.skip`, layer(name, large, channels, same), skip);
  };

  const x0 = layer('conv0', inputName, numFeat);
  const x1 = layer('conv1', x0, 2 * numFeat, halving);
  const x2 = layer('conv2', x1, 4 * numFeat, halving);
  const x3 = layer('conv3', x2, 8 * numFeat, halving);
  let x = up('conv4', x3, 4 * numFeat, x2);
  x = up('conv5', x, 2 * numFeat, x1);
  x = up('conv6', x, numFeat, x0);
  x = layer('conv7', x, numFeat, same);
  x = layer('conv8', x, numFeat, same);
  return graph.build('unet-discriminator', 1, graph.conv('conv9', x, 1, convInit.torch));
}
