/**
 * SRVGGNetCompact of Real-ESRGAN (realesr-animevideov3: numConv 16, realesr-general-x4v3: 32):
 * convolutions at the input's size, one pixel shuffle, plus the nearest-upsampled input.
 */
import { convInit, GraphBuilder } from './builder.ts';
import { type ConditioningConfig, conditioner } from './conditioner.ts';
import { type InitStyle, inputName, type NetworkSpec, requireCount } from './spec.ts';

export type SrvggActivation = 'prelu' | 'relu' | 'leakyrelu';

export interface SrvggConfig {
  scale: number;
  /** Channels of the hidden layers. */
  numFeat: number;
  /** Convolutions between the first and the last. */
  numConv: number;
  activation?: SrvggActivation;
  init?: InitStyle;
  conditioning?: ConditioningConfig | null;
}

/** Slope of nn.LeakyReLU in the reference code. */
const leakySlope = 0.1;

/** Throws E_CONFIG when a size is not a positive integer. */
export function srvgg(config: SrvggConfig): NetworkSpec {
  const { scale, numFeat, numConv, activation = 'prelu', init = 'reference' } = config;
  requireCount('scale', scale);
  requireCount('numFeat', numFeat);
  requireCount('numConv', numConv, 0);
  const hidden = init === 'he' ? convInit.he : convInit.torch;
  const last = init === 'he' ? convInit.heTenth : convInit.torch;
  const graph = new GraphBuilder(3);
  const condition = conditioner(graph, config.conditioning, {
    layers: numConv + 1,
    channels: numFeat,
  });

  let x: string = inputName;
  for (let layer = 0; layer <= numConv; layer++) {
    x = graph.conv(`body.${2 * layer}`, x, numFeat, hidden);
    x = condition.modulate(activate(graph, `body.${2 * layer + 1}`, x, activation));
  }
  x = graph.conv(`body.${2 * (numConv + 1)}`, x, 3 * scale ** 2, last);
  x = graph.pixelShuffle('upsampler', x, scale);
  const base = graph.upsample('base', inputName, scale, 'nearest');
  return { ...graph.build('srvgg', scale, graph.add('output', x, base)), ...condition.spec };
}

function activate(graph: GraphBuilder, name: string, x: string, kind: SrvggActivation): string {
  if (kind === 'prelu') return graph.prelu(name, x);
  return kind === 'relu' ? graph.relu(name, x) : graph.leakyRelu(name, x, leakySlope);
}
