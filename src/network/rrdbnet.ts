/**
 * RRDBNet of ESRGAN and Real-ESRGAN: residual in residual dense blocks, then twice nearest upsampling
 * and a convolution. At scale 2 and 1 the pixels of the input become channels first, as in Real-ESRGAN; or
 * there are as many upsamplings less, as in ESRGAN and BSRGAN.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { convInit, GraphBuilder } from './builder.ts';
import { inputName, type NetworkSpec, requireCount } from './spec.ts';

export interface RrdbnetConfig {
  /** 1, 2 or 4. */
  scale: number;
  numFeat: number;
  numBlock: number;
  /** Channels that each convolution of a dense block adds. */
  numGrowCh: number;
  /** Whether scale 2 and 1 begin with a pixel unshuffle; true when not said. */
  unshuffle?: boolean | undefined;
}

const leakySlope = 0.2;
const residualScale = 0.2;
/** Factor of both upsamplings together. */
const mostScale = 4;
const denseLayers = 4;

/** Throws E_CONFIG for a scale other than 1, 2, 4 or a size that is not a positive integer. */
export function rrdbnet(config: RrdbnetConfig): NetworkSpec {
  const { scale, numFeat, numBlock, numGrowCh, unshuffle = true } = config;
  requireCount('numFeat', numFeat);
  requireCount('numBlock', numBlock, 0);
  requireCount('numGrowCh', numGrowCh);
  const graph = new GraphBuilder(3);
  const convolution = (name: string, input: string) =>
    graph.conv(name, input, numFeat, convInit.torch);
  const activated = (name: string, input: string) =>
    graph.leakyRelu(`${name}.act`, convolution(name, input), leakySlope);

  requireScale(scale);
  const factor = unshuffle ? mostScale / scale : 1;
  const pixels = factor === 1 ? inputName : graph.pixelUnshuffle('unshuffle', inputName, factor);
  const first = convolution('conv_first', pixels);
  let x = first;
  for (let block = 0; block < numBlock; block++) {
    x = residualInResidual(graph, `body.${block}`, x, config);
  }
  x = graph.add('body.out', first, convolution('conv_body', x));
  for (let up = 1; up <= Math.log2(scale * factor); up++) {
    const name = `conv_up${up}`;
    x = activated(name, graph.upsample(`${name}.nearest`, x, 2, 'nearest'));
  }
  x = activated('conv_hr', x);
  x = graph.conv('conv_last', x, 3, convInit.torch);
  return graph.build('rrdbnet', scale, x);
}

function requireScale(scale: number): void {
  if (scale === 1 || scale === 2 || scale === mostScale) return;
  throw new EvensrError('E_CONFIG', exitCodes.usage, `rrdbnet has no scale ${scale}`, {
    hint: 'use scale 1, 2 or 4, or the srvgg network',
  });
}

function residualInResidual(
  graph: GraphBuilder,
  name: string,
  input: string,
  config: RrdbnetConfig,
): string {
  let x = input;
  for (let i = 1; i <= 3; i++) x = denseBlock(graph, `${name}.rdb${i}`, x, config);
  return graph.add(name, input, x, residualScale);
}

/** Every convolution sees the block's input and the results of all before it. */
function denseBlock(
  graph: GraphBuilder,
  name: string,
  input: string,
  { numFeat, numGrowCh }: RrdbnetConfig,
): string {
  const features = [input];
  const seen = (layer: number) =>
    features.length === 1 ? input : graph.concat(`${name}.cat${layer}`, features);
  for (let layer = 1; layer <= denseLayers; layer++) {
    const conv = `${name}.conv${layer}`;
    const grown = graph.conv(conv, seen(layer), numGrowCh, convInit.kaimingTenth);
    features.push(graph.leakyRelu(`${conv}.act`, grown, leakySlope));
  }
  const last = denseLayers + 1;
  const residual = graph.conv(`${name}.conv${last}`, seen(last), numFeat, convInit.kaimingTenth);
  return graph.add(name, input, residual, residualScale);
}
