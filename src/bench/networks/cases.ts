/** The networks that are timed, training and upscaling, and against whom. */
import type { NetworkConfig } from '../../network/build.ts';
import { perceptualLayers } from '../../network/vgg19.ts';
import type { GanOptions } from './gan.ts';
import type { NetworkPeerName } from './peer.ts';

export type NetworkJob = 'train' | 'infer';

/** Of activations and convolutions; weights and losses are fp32 always. */
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

/** The native core computes in fp32 only. */
function networkCase(
  job: NetworkJob,
  net: string,
  { network, gain }: Net,
  shape: LqShape,
): NetworkCase {
  const torch = ['torch-fp32', 'torch-bf16'] as const;
  return {
    ...{ name: `${job}/${net}/fp32`, job, dtype: 'fp32', network, gain },
    shape,
    peers: job === 'train' ? torch : [...torch, 'onnxruntime'],
  };
}

export const networkCases: readonly NetworkCase[] = [
  networkCase('train', 'srvgg-16', srvgg(64, 16), { batch: 4, side: 48 }),
  networkCase('train', 'msrresnet', msrresnet, { batch: 2, side: 48 }),
  networkCase('train', 'rrdbnet-2', rrdbnet(2), { batch: 2, side: 32 }),
  networkCase('train', 'srvgg-small', srvgg(24, 8), { batch: 16, side: 32 }),
  {
    ...networkCase('train', 'gan', rrdbnet(2), { batch: 1, side: 64 }),
    gan: { numFeat: 64, layers: perceptualLayers },
  },
  networkCase('infer', 'srvgg-16', srvgg(64, 16), { batch: 1, side: 256 }),
  networkCase('infer', 'rrdbnet', rrdbnet(23), { batch: 1, side: 256 }),
];
