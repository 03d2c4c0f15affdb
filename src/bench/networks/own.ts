/** Our own side of a case, on the native core. */
import {
  type NativeBatch,
  type NativeTrainer,
  native,
  type StepResult,
  type TrainerOptions,
} from '../../native.ts';
import type { Contender } from '../contest.ts';
import type { StepLosses } from './peer.ts';
import { type Shares, sharesOf } from './shares.ts';
import type { NetworkWork } from './work.ts';
import { training } from './work.ts';

/** What a contender computes from the work's weights. */
export interface NetworkResult {
  /** sr (B, 3, s h, s w). */
  output: Float32Array;
  losses: StepLosses;
  /** Of the first step, all parameters in one block; and those of the discriminator. */
  gradients?: Float32Array;
  discriminatorGradients?: Float32Array;
}

/** Parts of a GAN's losses. */
const ganParts = ['pixel', 'perceptual', 'gan', 'real', 'fake'] as const;

const mean = (values: Float64Array) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Adam's first moment after one step from zero is (1 - beta1) times the gradient. */
const gradientsOf = (trainer: NativeTrainer) =>
  trainer.getState('m').map((m) => m / (1 - training.beta1));

const { beta1, beta2, epsilon, emaDecay } = training;
const common = {
  device: 'cpu',
  loss: { type: 'l1', epsilon: 1e-3 },
  optimizer: { beta1, beta2, epsilon, weightDecay: 0 },
} as const;

/** The losses of a GAN beside the pixel loss, whose weight is 1. */
function ganOptions({ gan }: NetworkWork): Partial<TrainerOptions> {
  if (!gan) return {};
  const { features, values, layerWeights, lossWeights } = gan;
  const spec = JSON.stringify(features);
  const weights = values.features;
  return {
    perceptual: { spec, weights, layerWeights, weight: lossWeights.perceptual },
    gan: { type: 'vanilla', weight: lossWeights.gan },
  };
}

function createDiscriminator(
  { gan, threads }: NetworkWork,
  profile: boolean,
): NativeTrainer | undefined {
  if (!gan) return undefined;
  const { discriminator: weights, buffers } = gan.values;
  const spec = JSON.stringify(gan.judge);
  const options = { ...common, threads, spec, weights, buffers, emaDecay: 0, profile };
  return native.createTrainer(options);
}

/** Training steps, or upscaling, again and again on the same batch. */
export class OwnNetwork implements Contender {
  private readonly work: NetworkWork;
  private readonly pairs: NativeBatch;
  private readonly trainer: NativeTrainer;
  private readonly discriminator: NativeTrainer | undefined;
  private readonly lq: Float32Array;

  private constructor(
    work: NetworkWork,
    pairs: NativeBatch,
    trainer: NativeTrainer,
    profile: boolean,
  ) {
    this.work = work;
    this.pairs = pairs;
    this.trainer = trainer;
    this.discriminator = createDiscriminator(work, profile);
    this.lq = pairs.lq();
  }

  /** The caller disposes it. `profile`: for shares(). */
  static async start(work: NetworkWork, { profile = false } = {}): Promise<OwnNetwork> {
    const trainer = native.createTrainer({
      ...{ ...common, spec: JSON.stringify(work.spec), weights: work.weights },
      ...{ threads: work.threads, emaDecay, inference: work.found.job === 'infer' },
      ...{ ...ganOptions(work), profile },
      precision: work.found.dtype === 'bf16' ? 'bfloat16' : 'float32',
    });
    return new OwnNetwork(work, await work.pairs(), trainer, profile);
  }

  private step(): Promise<StepResult> {
    const { learningRate } = training;
    const { discriminator, pairs } = this;
    if (!discriminator) return this.trainer.step(pairs, { learningRate });
    const both = { learningRate, discriminator, discriminatorLearningRate: learningRate };
    return this.trainer.step(pairs, both);
  }

  private upscaled(): Promise<Float32Array> {
    const { batch, side } = this.work.found.shape;
    return this.trainer.forward(this.lq, { batch, height: side, width: side }, 'params');
  }

  /** Output and, in training, gradients and losses of the first `steps` steps. Once, before anything else. */
  async result(steps: number): Promise<NetworkResult> {
    const output = await this.upscaled();
    if (this.work.found.job === 'infer') return { output, losses: {} };
    const results = [await this.step()];
    const gradients = gradientsOf(this.trainer);
    const { discriminator } = this;
    const others = discriminator ? { discriminatorGradients: gradientsOf(discriminator) } : {};
    while (results.length < steps) results.push(await this.step());
    const names = discriminator ? ganParts : (['loss'] as const);
    const losses = names.map((name) => [
      name,
      results.map((one) => mean((name === 'loss' ? one.losses : one.parts[name]) as Float64Array)),
    ]);
    return { output, losses: Object.fromEntries(losses), gradients, ...others };
  }

  /** Milliseconds of a step or a picture. */
  async once(): Promise<number> {
    const start = performance.now();
    await (this.work.found.job === 'train' ? this.step() : this.upscaled());
    return performance.now() - start;
  }

  /** What `rounds` steps or pictures spend their time on, after one that prepares them. */
  async shares(rounds: number): Promise<Shares> {
    const take = () => [this.trainer, this.discriminator].map((one) => one?.takeProfile() ?? {});
    await this.once();
    take();
    for (let round = 0; round < rounds; round++) await this.once();
    return sharesOf(take(), this.work.threads);
  }

  dispose(): void {
    this.trainer.dispose();
    this.discriminator?.dispose();
    this.pairs.dispose();
  }
}
