/**
 * EDSR as BasicSR writes it (Lim et al. 2017, "Enhanced deep residual networks for single image
 * super-resolution"): residual blocks between the first convolution and a global skip, pixel-shuffle
 * upsampling without activations. The mean colour is taken off the input and added to the result.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { convInit, GraphBuilder } from './builder.ts';
import { inputName, type NetworkSpec, requireCount } from './spec.ts';

export interface EdsrConfig {
  /** 2, 3 or 4. */
  scale: number;
  numFeat: number;
  numBlock: number;
  /** Factor of what each residual block adds. */
  resScale?: number;
  /** The network works on (x - rgbMean) x imgRange. */
  imgRange?: number;
  rgbMean?: [number, number, number];
}

/** The mean colour of DIV2K. */
export const div2kMean: [number, number, number] = [0.4488, 0.4371, 0.404];

/** Throws E_CONFIG for a scale other than 2, 3, 4, a size that is not a positive integer or a range of 0. */
export function edsr(config: EdsrConfig): NetworkSpec {
  const { scale, numFeat, numBlock } = config;
  const { resScale = 1, imgRange = 255, rgbMean = div2kMean } = config;
  requireCount('numFeat', numFeat);
  requireCount('numBlock', numBlock, 0);
  if (!(imgRange > 0)) {
    throw new EvensrError('E_CONFIG', exitCodes.usage, `imgRange must be > 0, not ${imgRange}`);
  }
  const graph = new GraphBuilder(3);
  const convolution = (name: string, input: string, channels = numFeat) =>
    graph.conv(name, input, channels, convInit.torch);

  const centred = graph.affine('normalize', inputName, {
    scale: rgbMean.map(() => imgRange),
    shift: rgbMean.map((mean) => -mean * imgRange),
  });
  const first = convolution('conv_first', centred);
  let x = first;
  for (let block = 0; block < numBlock; block++) {
    const name = `body.${block}`;
    let residual = convolution(`${name}.conv1`, x);
    residual = graph.relu(`${name}.act`, residual);
    residual = convolution(`${name}.conv2`, residual);
    x = graph.add(name, x, residual, resScale);
  }
  x = graph.add('body.out', convolution('conv_after_body', x), first);
  for (const [index, factor] of upsamplings(scale).entries()) {
    // BasicSR's names: the shuffles stand between the convolutions in one list.
    x = convolution(`upsample.${2 * index}`, x, numFeat * factor ** 2);
    x = graph.pixelShuffle(`upsample.${2 * index + 1}`, x, factor);
  }
  x = convolution('conv_last', x, 3);
  const output = graph.affine('output', x, {
    scale: rgbMean.map(() => 1 / imgRange),
    shift: rgbMean,
  });
  return graph.build('edsr', scale, output);
}

function upsamplings(scale: number): number[] {
  if (scale === 4) return [2, 2];
  if (scale === 2 || scale === 3) return [scale];
  throw new EvensrError('E_CONFIG', exitCodes.usage, `edsr has no scale ${scale}`, {
    hint: 'use scale 2, 3 or 4, or the srvgg network',
  });
}
