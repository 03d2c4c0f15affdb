/**
 * Names and shapes of the tensors in other people's files, in the order in which their modules register
 * them. Facts read from the modules' definitions; nothing here knows ours:
 *
 * - ESRGAN of 2018: xinntao/ESRGAN at 140595a, architecture.py (RRDB_Net) and block.py. Convolutions in a
 *   dense block are sequences of one or two layers, all others lie in one flat sequence.
 * - ESRGAN: xinntao/ESRGAN at d274b11, RRDBNet_arch.py.
 * - KAIR: cszn/KAIR, models/network_rrdbnet.py at ad57c00 (BSRGAN; sf 2 has no upconv2), network_rrdb.py
 *   (RRDB), network_msrresnet.py (MSRResNet1) at f9888a0 and basicblock.py at 5d55a5f, where a sequence
 *   of one layer is that layer.
 * - EDSR-PyTorch: sanghyun-son/EDSR-PyTorch, src/model/edsr.py at 3dd71ae and common.py at 1abac01.
 * - mmediting: open-mmlab/mmagic, mmedit/models/backbones/sr_backbones, rrdb_net.py at 2be3180, edsr.py at
 *   4744e93 and sr_resnet.py at 23213c8, each the `generator` of what it trains.
 */
import type { NetworkConfig } from '../src/network/build.ts';

type Named = readonly [string, readonly number[]];

/** Weight and bias of a square convolution. */
const conv = (name: string, outputs: number, inputs: number, kernel = 3): Named[] => [
  [`${name}.weight`, [outputs, inputs, kernel, kernel]],
  [`${name}.bias`, [outputs]],
];
const times = <T>(count: number, make: (at: number) => T[]): T[] =>
  Array.from({ length: count }, (_, at) => make(at)).flat();

const features = 8;
const grown = 4;
const blocks = 2;
const square = (name: string) => conv(name, features, features);

/** Convolutions of a dense block, from 1 on. */
const denseBlock = (nameOf: (layer: number) => string): Named[] =>
  times(5, (at) => conv(nameOf(at + 1), at < 4 ? grown : features, features + at * grown));
const denseBlocks = (nameOf: (block: number, dense: number, layer: number) => string): Named[] =>
  times(blocks, (block) =>
    times(3, (dense) => denseBlock((layer) => nameOf(block, dense + 1, layer))),
  );

/** `last`: the name of a dense block's fifth convolution. */
function numbered(upsamplings: number, last: string): Named[] {
  const behind = 2 + 3 * upsamplings;
  return [
    ...conv('model.0', features, 3),
    ...denseBlocks((block, dense, layer) => {
      const conv = layer === 5 ? last : `conv${layer}.0`;
      return `model.1.sub.${block}.RDB${dense}.${conv}`;
    }),
    ...square(`model.1.sub.${blocks}`),
    ...times(upsamplings, (at) => square(`model.${3 + 3 * at}`)),
    ...square(`model.${behind}`),
    ...conv(`model.${behind + 2}`, 3, features),
  ];
}

const trunk = (upsamplings: number, inputs = 3): Named[] => [
  ...conv('conv_first', features, inputs),
  ...denseBlocks((block, dense, layer) => `RRDB_trunk.${block}.RDB${dense}.conv${layer}`),
  ...square('trunk_conv'),
  ...times(upsamplings, (at) => square(`upconv${at + 1}`)),
  ...square('HRconv'),
  ...conv('conv_last', 3, features),
];

const residualBlocks = (nameOf: (block: number, layer: number) => string): Named[] =>
  times(blocks, (block) => times(2, (layer) => square(nameOf(block, layer))));
const shuffled = (name: string, factor = 2) => conv(name, features * factor ** 2, features);

const kairMsrresnet: Named[] = [
  ...conv('conv_first', features, 3),
  ...residualBlocks((block, layer) => `recon_trunk.${block}.conv${layer + 1}`),
  ...times(2, (at) => shuffled(`upconv${at + 1}`)),
  ...square('HRconv'),
  ...conv('conv_last', 3, features),
];

const edsrPytorch = (tail: Named[]): Named[] => [
  ...conv('head.0', features, 3),
  ...residualBlocks((block, layer) => `body.${block}.body.${2 * layer}`),
  ...square(`body.${blocks}`),
  ...tail,
  ...conv('tail.1', 3, features),
];

const mmeditingRrdb: Named[] = [
  ...conv('generator.conv_first', features, 12),
  ...denseBlocks((block, dense, layer) => `generator.body.${block}.rdb${dense}.conv${layer}`),
  ...['conv_body', 'conv_up1', 'conv_up2', 'conv_hr'].flatMap((name) =>
    square(`generator.${name}`),
  ),
  ...conv('generator.conv_last', 3, features),
];

const mmeditingEdsr: Named[] = [
  ...conv('generator.conv_first', features, 3),
  ...residualBlocks((block, layer) => `generator.body.${block}.conv${layer + 1}`),
  ...square('generator.conv_after_body'),
  ...times(2, (at) => shuffled(`generator.upsample.${at}.upsample_conv`)),
  ...conv('generator.conv_last', 3, features),
];

/** Of another computation than BasicSR's. */
export const mmeditingMsrresnet: Named[] = [
  ...conv('generator.conv_first', features, 3),
  ...residualBlocks((block, layer) => `generator.trunk_net.${block}.conv${layer + 1}`),
  ...times(2, (at) => shuffled(`generator.upsample${at + 1}.upsample_conv`)),
  ...square('generator.conv_hr'),
  ...conv('generator.conv_last', 3, features),
];

const rrdb = (scale: number): NetworkConfig => ({
  ...({ type: 'rrdbnet', scale, numFeat: features, numBlock: blocks, numGrowCh: grown } as const),
  ...(scale < 4 ? { unshuffle: false } : {}),
});
const edsr = (scale: number): NetworkConfig => ({
  ...({ type: 'edsr', scale, numFeat: features, numBlock: blocks, resScale: 1 } as const),
});

export interface ForeignNetwork {
  style: string;
  /** What the tensors are in our words. */
  network: NetworkConfig;
  tensors: readonly Named[];
}

export const foreignNetworks: readonly ForeignNetwork[] = [
  ...[0, 1, 2].flatMap((ups): ForeignNetwork[] => [
    { style: 'ESRGAN of 2018', network: rrdb(2 ** ups), tensors: numbered(ups, 'conv5.0') },
    { style: 'ESRGAN of 2018', network: rrdb(2 ** ups), tensors: numbered(ups, 'conv5') },
  ]),
  ...[1, 2].map((ups) => ({
    ...{ style: 'ESRGAN and KAIR', network: rrdb(2 ** ups), tensors: trunk(ups) },
  })),
  {
    style: 'KAIR',
    network: { type: 'msrresnet', scale: 4, numFeat: features, numBlock: blocks },
    tensors: kairMsrresnet,
  },
  {
    style: 'EDSR-PyTorch',
    network: edsr(4),
    tensors: edsrPytorch([...shuffled('tail.0.0'), ...shuffled('tail.0.2')]),
  },
  { style: 'EDSR-PyTorch', network: edsr(3), tensors: edsrPytorch(shuffled('tail.0.0', 3)) },
  {
    style: 'mmediting',
    network: { ...rrdb(4), scale: 2 } as NetworkConfig,
    tensors: mmeditingRrdb,
  },
  {
    style: 'mmediting',
    network: { ...edsr(4), imgRange: 1 } as NetworkConfig,
    tensors: mmeditingEdsr,
  },
];
