/** A network with its optimizer (types of src/native.ts). */
import type { NativeBatch } from './batch.ts';
import type { CanvasPlacement } from './canvas.ts';

export type Precision = 'float32' | 'bfloat16';

export interface TrainerOptions {
  /** JSON of a NetworkSpec (src/network/spec.ts). */
  spec: string;
  /** `cpu`, `cuda`, `cuda:N` or `emulated`; one that is not there is E_DEVICE, with the reason. */
  device: string;
  /** Threads of every operator; 0 means all CPUs. Results do not depend on it. */
  threads: number;
  /**
   * In what convolutions 3x3 of many channels multiply; float32 when it is not given. bfloat16 rounds their
   * operands, forward and backward; sums, weights, activations and gradients stay float32.
   */
  precision?: Precision;
  /**
   * epsilon: of charbonnier, sqrt(d^2 + epsilon^2). gtUsm, here and below: whether the target is the batch's
   * gt, or else its plainGt, where it has one (default: true, of `gan` false).
   */
  loss: { type: 'l1' | 'l2' | 'charbonnier'; epsilon: number; weight?: number; gtUsm?: boolean };
  /**
   * Adds weight x sum over layers of layerWeight x mean |f(sr) - f(gt)| to a sample's loss; `spec` is a
   * network with `features`, such as vgg19 of src/network.
   */
  perceptual?: {
    spec: string;
    weights: Float32Array;
    layerWeights: Float64Array;
    weight: number;
    gtUsm?: boolean;
  };
  /** Adds weight x the adversarial loss of a sample, in steps that are given a discriminator. */
  gan?: { type: 'vanilla' | 'lsgan' | 'ragan'; weight: number; gtUsm?: boolean };
  /** Of a network with an estimate: adds weight x the mean square error of its numbers (default: 0). */
  estimateWeight?: number;
  /** AdamW: weightDecay shrinks the weights by learningRate x weightDecay, apart from the gradient. */
  optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  /** Gradients whose 2-norm is greater are shortened to it; 0 or nothing: never. */
  clipNorm?: number;
  /** EMA of the weights: e <- decay e + (1 - decay) w after each step; 0 switches it off. */
  emaDecay: number;
  /** Times what steps and forward() consist of: takeProfile(). */
  profile?: boolean;
  /** Never trained: it keeps its weights only, and steps are refused (E_NETWORK). */
  inference?: boolean;
  /** First values of the weights and of their moving average (src/network/init.ts). */
  weights: Float32Array;
  /** First values of the buffers, for networks that have some (initialBuffers of src/network/init.ts). */
  buffers?: Float32Array;
}

export interface StepResult {
  /** Loss of every sample, (B): the weighted sum of its parts but `estimate`, before any sample weight. */
  losses: Float64Array;
  /** The same after the update, without an adversarial part; only where it was asked for, and updated. */
  lossesAfter?: Float64Array;
  /**
   * The parts of the losses, (B) each, not weighted: means over the elements of a sample; `real` and
   * `fake` are the discriminator's own, of gt and of sr. Only those that the objective has.
   */
  parts: Partial<
    Record<'pixel' | 'perceptual' | 'estimate' | 'gan' | 'real' | 'fake', Float64Array>
  >;
  /**
   * 2-norm over all parameters, before clipping; NaN when the step was skipped before the gradients
   * were known, and for a discriminator that took no part.
   */
  gradientNorm: number;
  discriminatorGradientNorm: number;
  /**
   * What was not finite first: `lq`, `loss of sample 3`, `gradient of body.0.weight`, `update of
   * body.0.weight`. The step was then skipped and no bit of the state changed. Else null.
   */
  nonFinite: string | null;
  milliseconds: number;
}

/** Pairs, and the task of each of them as a number from 0. */
export interface TaskSamples {
  pairs: NativeBatch;
  tasks: Int32Array;
}

export interface Alignments {
  /** (T, T), rows t, columns u: d_t . g_u. A small step on t lowers the log-MSE of u by so much times its size. */
  dots: Float64Array;
  /** (T): |d_t|. */
  stepNorms: Float64Array;
  /** Of the mean of all g_u. */
  gradientNorm: number;
}

export type WeightSet = 'params' | 'ema';
/** One flat float32 block each, in the order of tensors(). */
export type StateBlock = WeightSet | 'm' | 'v';

export interface TensorInfo {
  name: string;
  shape: number[];
  /** Position of the first element in every state block. */
  offset: number;
}

/**
 * A network with its optimizer. Promises are worked off in order on the network lane; getState,
 * setState and their like throw E_BUSY while one of them is pending. Wrong sizes are E_SHAPE, more
 * memory than there is E_MEMORY.
 */
export interface NativeTrainer {
  /** Optimizer steps taken so far. */
  readonly stepCount: number;
  /** The parameters in the order of the network's spec. */
  tensors(): TensorInfo[];
  /**
   * Gets all memory that steps on batches of that lq shape will take, and measurements of `measured` samples
   * at once. Resolves with the bytes of their activations; E_MEMORY, which tells them, when there are not
   * so many.
   */
  reserve(
    shape: { batch: number; height: number; width: number },
    options: {
      accumulate?: number;
      measured?: number;
      /** Tasks of alignments() with as many samples at once as a part of a step. */
      alignedTasks?: number;
      discriminator?: NativeTrainer;
    },
  ): Promise<number>;
  /**
   * Forward, loss, backward, Adam and EMA on one batch. `sampleWeights` (B) multiply the samples'
   * losses in the objective (mean over B of weight x loss); without it every weight is 1. With a
   * discriminator, a trainer of its own on the same device, both learn, as in Real-ESRGAN's iteration; what
   * it takes for real is what gan.gtUsm says.
   */
  step(
    batch: NativeBatch,
    options: {
      learningRate: number;
      sampleWeights?: Float32Array;
      /** (B, K): the truth of what the network estimates; E_SHAPE when it has other numbers of them. */
      severities?: Float32Array;
      /**
       * Equal parts of the batch that are computed one after the other, their gradients added up
       * (default: 1): the memory of one part, and the same result but for rounding. E_SHAPE when there are
       * no so many.
       */
      accumulate?: number;
      /** Computes the losses of the batch once more, after the update: a second forward pass. */
      lossesAfter?: boolean;
      discriminator?: NativeTrainer;
      discriminatorLearningRate?: number;
    },
  ): Promise<StepResult>;
  /** lq (B, 3, h, w) -> sr (B, 3, s h, s w), not clamped. */
  forward(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
    weights: WeightSet,
  ): Promise<Float32Array>;
  /**
   * The same with the weights `params`, each result added to the canvas of its placement in place of
   * being returned. E_SHAPE unless there is one placement a sample. With `condition` (B, K) a network with
   * a condition goes by it, in place of what each lq says: for windows of larger pictures.
   */
  forwardInto(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
    placements: readonly CanvasPlacement[],
    condition?: Float32Array,
  ): Promise<void>;
  /**
   * Runs a batch and scores it: for every sample PSNR on Y (BT.601 studio range, after clamping and
   * rounding to 8 bits) with `border` pixels cut off, and the training loss.
   */
  measure(
    batch: NativeBatch,
    options: { weights: WeightSet; border: number },
  ): Promise<{ psnrY: Float64Array; losses: Float64Array }>;
  /**
   * Which way a step on each task's samples goes: d_t, the gradient of the mean pixel loss of its training
   * samples divided by Adam's root of the second moment, against g_u, the gradient of the mean log-MSE
   * of u's probes (on all channels; their mean PSNR but for a negative factor), both at `params`. The state
   * is left as it is, to the bit. `tasks`: their number; every one needs samples of both kinds, all of one
   * size. `atOnce` run through the network together. Samples or gradients that are not finite make numbers
   * that are not.
   */
  alignments(options: {
    training: readonly TaskSamples[];
    probes: readonly TaskSamples[];
    tasks: number;
    atOnce: number;
  }): Promise<Alignments>;
  /**
   * Nanoseconds by operation since the last call: operators by name (`conv2d`, …), `sum` of gradients, `loss`,
   * `optimizer`, `spectralNorm`, and `whole`, which is all with what has no name; summed over threads `winograd`
   * and `products`, parts of conv2d. A discriminator has a profile of its own, without `whole`.
   */
  takeProfile(): Record<string, number>;
  /** A copy of a block, all parameters in one array; setState replaces it. */
  getState(block: StateBlock): Float32Array;
  setState(block: StateBlock, values: Float32Array): void;
  /** The state that is no parameter (u and v of spectral norms); empty for most networks. */
  buffers(): TensorInfo[];
  /** A copy of all buffers, laid out as buffers() says; setBuffers replaces them. */
  getBuffers(): Float32Array;
  setBuffers(values: Float32Array): void;
  /** Adam's t: how many steps the moments have seen. */
  setStepCount(count: number): void;
  /** Frees the memory now, or when the pending promises have settled; later use throws E_DISPOSED. */
  dispose(): void;
}
