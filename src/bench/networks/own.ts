/** Our own side of a case, on the native core. */
import { type NativeBatch, type NativeTrainer, native } from '../../native.ts';
import type { Contender } from '../contest.ts';
import type { NetworkWork } from './work.ts';
import { training } from './work.ts';

/** What a contender computes from the work's weights. */
export interface NetworkResult {
  /** sr (B, 3, s h, s w). */
  output: Float32Array;
  /** Mean loss of the first steps; none when it only upscales. */
  losses: readonly number[];
  /** Of the first step, all parameters in one block. */
  gradients?: Float32Array;
}

/** Training steps, or upscaling, again and again on the same batch. */
export class OwnNetwork implements Contender {
  private readonly work: NetworkWork;
  private readonly pairs: NativeBatch;
  private readonly trainer: NativeTrainer;
  private readonly lq: Float32Array;

  private constructor(work: NetworkWork, pairs: NativeBatch, trainer: NativeTrainer) {
    this.work = work;
    this.pairs = pairs;
    this.trainer = trainer;
    this.lq = pairs.lq();
  }

  /** The caller disposes it. */
  static async start(work: NetworkWork): Promise<OwnNetwork> {
    const { beta1, beta2, epsilon, emaDecay } = training;
    const trainer = native.createTrainer({
      ...{ spec: JSON.stringify(work.spec), weights: work.weights, device: 'cpu' },
      threads: work.threads,
      loss: { type: 'l1', epsilon: 1e-3 },
      optimizer: { beta1, beta2, epsilon, weightDecay: 0 },
      emaDecay,
      inference: work.found.job === 'infer',
    });
    return new OwnNetwork(work, await work.pairs(), trainer);
  }

  private async step(): Promise<number> {
    const { losses } = await this.trainer.step(this.pairs, training);
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  }

  private upscaled(): Promise<Float32Array> {
    const { batch, side } = this.work.found.shape;
    return this.trainer.forward(this.lq, { batch, height: side, width: side }, 'params');
  }

  /** Output and, in training, gradients and losses of the first `steps` steps. Once, before anything else. */
  async result(steps: number): Promise<NetworkResult> {
    const output = await this.upscaled();
    if (this.work.found.job === 'infer') return { output, losses: [] };
    const losses = [await this.step()];
    // Adam's first moment after one step from zero is (1 - beta1) times the gradient.
    const gradients = this.trainer.getState('m').map((m) => m / (1 - training.beta1));
    while (losses.length < steps) losses.push(await this.step());
    return { output, losses, gradients };
  }

  /** Milliseconds of a step or a picture. */
  async once(): Promise<number> {
    const start = performance.now();
    await (this.work.found.job === 'train' ? this.step() : this.upscaled());
    return performance.now() - start;
  }

  dispose(): void {
    this.trainer.dispose();
    this.pairs.dispose();
  }
}
