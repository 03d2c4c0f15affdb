/** The networks that are timed, training and upscaling, and against whom. */
import type { NetworkConfig } from '../../network/build.ts';
import { perceptualLayers } from '../../network/vgg19.ts';
import type { GanOptions } from './gan.ts';
import type { NetworkPeerName } from './peer.ts';

export type NetworkJob = 'train' | 'infer';

/**
 * bf16: a peer rounds activations and operands of convolutions to bfloat16, the native core the operands of
 * its convolutions 3x3; weights and losses are fp32 always.
 */
export type Dtype = 'fp32' | 'bf16';

/** Of lq: squares. */
export interface LqShape {
  batch: number;
  side: number;
}

export interface NetworkCase {
  /** `train/<net>/<dtype>` or `infer/<net>/<dtype>`. */
  readonly name: string;
  readonly job: NetworkJob;
  /** Of our own work; that of a peer is part of its name. */
  readonly dtype: Dtype;
  readonly network: NetworkConfig;
  /** What the first weights are multiplied by (comparableWeights). */
  readonly gain: number;
  readonly shape: LqShape;
  /** Of a training step with a perceptual and an adversarial loss. */
  readonly gan?: GanOptions;
  readonly peers: readonly NetworkPeerName[];
}

const scale = 4;

type Net = Pick<NetworkCase, 'network' | 'gain'>;

const srvgg = (numFeat: number, numConv: number): Net => ({
  network: { type: 'srvgg', scale, numFeat, numConv, activation: 'prelu', init: 'he' },
  gain: 1,
});
const rrdbnet = (numBlock: number): Net => ({
  network: { type: 'rrdbnet', scale, numFeat: 64, numBlock, numGrowCh: 32 },
  gain: 3,
});
const msrresnet: Net = {
  network: { type: 'msrresnet', scale, numFeat: 64, numBlock: 16 },
  gain: 6,
};

/** The case in fp32 against all peers, and in bf16 against those that compute in it. */
function inDtypes(
  dtypes: readonly Dtype[],
  job: NetworkJob,
  net: string,
  { network, gain }: Net,
  shape: LqShape,
): NetworkCase[] {
  const torch = ['torch-fp32', 'torch-bf16'] as const;
  const peers: Record<Dtype, readonly NetworkPeerName[]> = {
    fp32: job === 'train' ? torch : [...torch, 'onnxruntime'],
    bf16: ['torch-bf16'],
  };
  return dtypes.map((dtype) => ({
    ...{ name: `${job}/${net}/${dtype}`, job, dtype, network, gain, shape },
    peers: peers[dtype],
  }));
}

const both = ['fp32', 'bf16'] as const;

export const networkCases: readonly NetworkCase[] = [
  ...inDtypes(both, 'train', 'srvgg-16', srvgg(64, 16), { batch: 4, side: 48 }),
  ...inDtypes(both, 'train', 'msrresnet', msrresnet, { batch: 2, side: 48 }),
  ...inDtypes(both, 'train', 'rrdbnet-2', rrdbnet(2), { batch: 2, side: 32 }),
  // Its convolutions have too few channels to be rounded.
  ...inDtypes(['fp32'], 'train', 'srvgg-small', srvgg(24, 8), { batch: 16, side: 32 }),
  ...inDtypes(['fp32'], 'train', 'gan', rrdbnet(2), { batch: 1, side: 64 }).map((found) => ({
    ...found,
    gan: { numFeat: 64, layers: perceptualLayers },
  })),
  ...inDtypes(both, 'infer', 'srvgg-16', srvgg(64, 16), { batch: 1, side: 256 }),
  ...inDtypes(both, 'infer', 'rrdbnet', rrdbnet(23), { batch: 1, side: 256 }),
];
