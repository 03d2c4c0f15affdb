/**
 * MSRResNet of BasicSR ("SRResNet" of Real-ESRGAN and TGSR): residual blocks without batch norm,
 * pixel-shuffle upsampling, plus the bilinearly upsampled input. There is no global feature skip.
 */
import { EvensrError, exitCodes } from '../errors.ts';
import { convInit, GraphBuilder } from './builder.ts';
import { type ConditioningConfig, conditioner } from './conditioner.ts';
import { type InitStyle, inputName, type NetworkSpec, requireCount } from './spec.ts';

export interface MsrresnetConfig {
  /** 2, 3 or 4. */
  scale: number;
  numFeat: number;
  numBlock: number;
  init?: InitStyle;
  conditioning?: ConditioningConfig | null;
}

const leakySlope = 0.1;

/** Throws E_CONFIG for a scale other than 2, 3, 4 or a size that is not a positive integer. */
export function msrresnet(config: MsrresnetConfig): NetworkSpec {
  const { scale, numFeat, numBlock, init = 'reference' } = config;
  requireCount('numFeat', numFeat);
  requireCount('numBlock', numBlock, 0);
  const hidden = init === 'he' ? convInit.he : convInit.kaimingTenth;
  const last = init === 'he' ? convInit.heTenth : convInit.kaimingTenth;
  const graph = new GraphBuilder(3);
  const condition = conditioner(graph, config.conditioning, {
    layers: numBlock,
    channels: numFeat,
  });

  let x = graph.conv('conv_first', inputName, numFeat, hidden);
  x = graph.leakyRelu('conv_first.act', x, leakySlope);
  for (let block = 0; block < numBlock; block++) {
    const name = `body.${block}`;
    let residual = graph.conv(`${name}.conv1`, x, numFeat, hidden);
    residual = condition.modulate(graph.relu(`${name}.act`, residual));
    residual = graph.conv(`${name}.conv2`, residual, numFeat, hidden);
    x = graph.add(name, x, residual);
  }
  for (const [index, factor] of upsamplings(scale).entries()) {
    const name = `upconv${index + 1}`;
    x = graph.conv(name, x, numFeat * factor ** 2, hidden);
    x = graph.pixelShuffle(`${name}.shuffle`, x, factor);
    x = graph.leakyRelu(`${name}.act`, x, leakySlope);
  }
  x = graph.conv('conv_hr', x, numFeat, hidden);
  x = graph.leakyRelu('conv_hr.act', x, leakySlope);
  x = graph.conv('conv_last', x, 3, last);
  const base = graph.upsample('base', inputName, scale, 'bilinear');
  return { ...graph.build('msrresnet', scale, graph.add('output', x, base)), ...condition.spec };
}

function upsamplings(scale: number): number[] {
  if (scale === 4) return [2, 2];
  if (scale === 2 || scale === 3) return [scale];
  throw new EvensrError('E_CONFIG', exitCodes.usage, `msrresnet has no scale ${scale}`, {
    hint: 'use scale 2, 3 or 4, or the srvgg network',
  });
}
