/** Contenders that train networks and upscale with them. */
import type { NetworkConfig } from '../../network/build.ts';
import { type PeerOptions, PeerProcess } from '../peer.ts';
import type { MemoryPeak } from '../record.ts';
import type { Dtype, LqShape, NetworkJob } from './cases.ts';
import type { GanPeerWork } from './gan.ts';

/** The contenders, their scripts, and in what they compute. */
const peerScripts = {
  'torch-fp32': { script: 'network_torch.py', dtype: 'fp32' },
  'torch-bf16': { script: 'network_torch.py', dtype: 'bf16' },
  onnxruntime: { script: 'network_onnxruntime.py', dtype: 'fp32' },
} as const satisfies Record<string, { script: string; dtype: Dtype }>;

export type NetworkPeerName = keyof typeof peerScripts;

export const networkPeerNames = Object.freeze(
  Object.keys(peerScripts),
) as readonly NetworkPeerName[];

/** Mean losses of the first steps: `loss`, or the parts of a GAN's losses by name. */
export type StepLosses = Readonly<Record<string, readonly number[]>>;

export interface TrainingOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  emaDecay: number;
}

/** What is to be done with what lies in a folder (NetworkWork). */
export interface NetworkPeerWork {
  folder: string;
  job: NetworkJob;
  network: NetworkConfig;
  parameters: readonly { name: string; shape: readonly number[] }[];
  shape: LqShape;
  training: TrainingOptions;
  gan: GanPeerWork | null;
}

/** How hard a contender looks for its best. */
export interface Search {
  ways: readonly ('eager' | 'compile')[];
  /** Samples of every variant, in turn; the fastest counts. */
  rounds: number;
  /** No new round after so many, but always one. */
  seconds: number;
  /** Variants of one way that is compiled have so many together; what is not ready by then is left out. */
  compileSeconds: number;
}

export interface Choice {
  /** `compile channels_last`: way and layout of the fastest. */
  variant: string;
  /** Milliseconds of all variants that work. */
  trials: Readonly<Record<string, number>>;
  /** Variants that were not tried to their end, and why. */
  leftOut: Readonly<Record<string, string>>;
}

export class NetworkPeer extends PeerProcess<NetworkPeerName> {
  readonly dtype: Dtype;
  private readonly options: PeerOptions;

  private constructor(name: NetworkPeerName, options: PeerOptions) {
    super(name, peerScripts[name].script, options);
    this.dtype = peerScripts[name].dtype;
    this.options = options;
  }

  /** @throws PeerError when Python or a module is not there */
  static start(name: NetworkPeerName, options: PeerOptions): Promise<NetworkPeer> {
    return new NetworkPeer(name, options).greeted();
  }

  async prepare(work: NetworkPeerWork): Promise<void> {
    await this.ask('prepare', { ...work, dtype: this.dtype });
  }

  /** Tries the variants and keeps the fastest, ready to begin with the work's weights. */
  async choose(search: Search): Promise<Choice> {
    return (await this.ask('choose', search)) as Choice;
  }

  /** Begins anew with one of the variants that it tried. */
  async begin(variant: string): Promise<void> {
    await this.ask('begin', { variant });
  }

  /**
   * Writes what it computes into the work's folder: `output`, and the `gradients` of a first training
   * step. The losses of `steps` steps, by name; none when it only upscales.
   */
  async check(steps: number): Promise<StepLosses> {
    const { losses } = (await this.ask('check', { steps })) as { losses: StepLosses };
    return losses;
  }

  /** Memory of a process of its own that does the same, not compiled, with glibc as it comes. */
  async memory(work: NetworkPeerWork, variant: string, rounds: number): Promise<MemoryPeak> {
    const layout = variant.split(' ').at(-1);
    const alone = await NetworkPeer.start(this.name, { ...this.options, plainMemory: true });
    try {
      await alone.prepare(work);
      return (await alone.ask('memory', { layout, rounds })) as MemoryPeak;
    } finally {
      await alone.close();
    }
  }
}
