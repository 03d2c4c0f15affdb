/**
 * The addon's whole surface, typed, and the only place that loads it.
 *
 * Letters in shapes: B batch, C channels, H W height and width of gt, h w of lq, s scale.
 * Images are planar RGB float32 in [0, 1], (B, 3, H, W), unless said. Long work returns a promise
 * settled from a native thread; errors carry `code` (E_SHAPE, E_MEMORY, E_INTERNAL, …).
 */
import { createRequire } from 'node:module';
import { type RecipeLayout, requireRecipeLayout } from './degradation/pack.ts';
import { EvensrError, exitCodes } from './errors.ts';

export interface NativeInfo {
  version: string;
  cpuFeatures: string[];
  /** The version of the hot loops that this CPU runs: avx512, avx2, sse2, neon or scalar. */
  simd: string;
  /** Logical CPUs this process may use. */
  threads: number;
  cuda: { available: boolean; reason: string };
}

/**
 * A memory-mapped pack of decoded photographs: raw uint8, RGB, HWC, one after the other.
 * Offsets are in bytes from the start of the file.
 */
export interface NativePack {
  readonly count: number;
  /** Unmaps the file. Batches already synthesised stay valid; later use throws E_DISPOSED. */
  dispose(): void;
}

/** Where to cut gt from a pack. All crops of a batch have the same size. */
export interface CropRequest {
  /** Side of the gt crop that is degraded, in pixels, a multiple of the scale. */
  size: number;
  /**
   * lq pixels that are cut off every side of lq afterwards, and as much of gt (default: 0). What is left
   * has not seen the borders, where filters mirror the picture.
   */
  margin?: number;
  /**
   * Six numbers a sample: image, top, left, flipX, flipY, transpose (the last three 0 or 1, applied
   * to the crop in this order).
   */
  crops: Int32Array;
}

export interface SynthesizeOptions {
  /** Sharpen gt first (USM, radius 50, amount 0.5, threshold 10); the sharpened gt is also the target. */
  usm: boolean;
  threads: number;
  /** With usm: keep gt as it was before beside it, for a discriminator to learn from. */
  plainGt?: boolean;
  /** Apply only this many operations; lq then has the size that they end at. */
  steps?: number;
  /** Time every operator: `profile` of the batch. */
  profile?: boolean;
  /** Estimated kernels, `size` x `size` each, one after the other; each must sum to 1. */
  kernels?: { size: number; taps: Float32Array };
  /** Squares of real noise in a pack: image, top and left of each. */
  patches?: { pack: NativePack; size: number; places: Int32Array };
}

/** What one operator took in a batch, summed over images and threads. */
export interface OperatorProfile {
  readonly operator: string;
  readonly nanoseconds: number;
  readonly calls: number;
  /** Arithmetic that the formula needs; a multiply-add counts as two. */
  readonly flop: number;
  /** Of images, each read and written once. */
  readonly bytes: number;
}

/** A batch of training pairs in native memory: gt (B, 3, H, W) and lq (B, 3, h, w). */
export interface NativeBatch {
  readonly size: number;
  readonly gtHeight: number;
  readonly gtWidth: number;
  readonly lqHeight: number;
  readonly lqWidth: number;
  /** Milliseconds that cutting and degrading took. */
  readonly milliseconds: number;
  /** Empty unless asked for. */
  readonly profile: readonly OperatorProfile[];
  /** A copy of gt, (B, 3, H, W) in [0, 1]. */
  gt(): Float32Array;
  /** A copy of gt before it was sharpened, (B, 3, H, W); empty unless it was asked for. */
  plainGt(): Float32Array;
  /** A copy of lq, (B, 3, h, w) in [0, 1], every value a multiple of 1/255. */
  lq(): Float32Array;
  /** Frees the memory now instead of at garbage collection. */
  dispose(): void;
}

export interface TrainerOptions {
  /** JSON of a NetworkSpec (src/network/spec.ts). */
  spec: string;
  /** `cpu`; anything else is E_DEVICE, with the reason. */
  device: string;
  /** Threads of every operator; 0 means all CPUs. Results do not depend on it. */
  threads: number;
  /** epsilon: of charbonnier, sqrt(d^2 + epsilon^2). */
  loss: { type: 'l1' | 'l2' | 'charbonnier'; epsilon: number; weight?: number };
  /**
   * Adds weight x sum over layers of layerWeight x mean |f(sr) - f(gt)| to a sample's loss; `spec` is a
   * network with `features`, such as vgg19 of src/network.
   */
  perceptual?: { spec: string; weights: Float32Array; layerWeights: Float64Array; weight: number };
  /** Adds weight x the adversarial loss of a sample, in steps that are given a discriminator. */
  gan?: { type: 'vanilla' | 'lsgan' | 'ragan'; weight: number };
  /** AdamW: weightDecay shrinks the weights by learningRate x weightDecay, apart from the gradient. */
  optimizer: { beta1: number; beta2: number; epsilon: number; weightDecay: number };
  /** Gradients whose 2-norm is greater are shortened to it; 0 or nothing: never. */
  clipNorm?: number;
  /** EMA of the weights: e <- decay e + (1 - decay) w after each step; 0 switches it off. */
  emaDecay: number;
  /** Never trained: it keeps its weights only, and steps are refused (E_NETWORK). */
  inference?: boolean;
  /** First values of the weights and of their moving average (src/network/init.ts). */
  weights: Float32Array;
  /** First values of the buffers, for networks that have some (initialBuffers of src/network/init.ts). */
  buffers?: Float32Array;
}

export interface StepResult {
  /** Loss of every sample, (B): the weighted sum of its parts, before any sample weight. */
  losses: Float64Array;
  /**
   * The parts of the losses, (B) each, not weighted: means over the elements of a sample; `real` and
   * `fake` are the discriminator's own, of gt and of sr. Only those that the objective has.
   */
  parts: Partial<Record<'pixel' | 'perceptual' | 'gan' | 'real' | 'fake', Float64Array>>;
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
   * Forward, loss, backward, Adam and EMA on one batch. `sampleWeights` (B) multiply the samples'
   * losses in the objective (mean over B of weight x loss); without it every weight is 1. With a
   * discriminator, a trainer of its own on the same device, both learn, as in Real-ESRGAN's iteration; what
   * it takes for real is the batch's plainGt, or gt where there is none.
   */
  step(
    batch: NativeBatch,
    options: {
      learningRate: number;
      sampleWeights?: Float32Array;
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
   * being returned. E_SHAPE unless there is one placement a sample.
   */
  forwardInto(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
    placements: readonly CanvasPlacement[],
  ): Promise<void>;
  /**
   * Runs a batch and scores it: for every sample PSNR on Y (BT.601 studio range, after clamping and
   * rounding to 8 bits) with `border` pixels cut off, and the training loss.
   */
  measure(
    batch: NativeBatch,
    options: { weights: WeightSet; border: number },
  ): Promise<{ psnrY: Float64Array; losses: Float64Array }>;
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

export interface CanvasOptions {
  /** Gray, gray and alpha, RGB, RGB and alpha. */
  channels: 1 | 2 | 3 | 4;
  /** Bits of the samples that are taken out. */
  depth: 8 | 16;
  /** Of the network's whole result. */
  height: number;
  width: number;
  /** Of the picture: resized bicubically with antialiasing, in float32, where they differ. */
  outHeight: number;
  outWidth: number;
  /** How many rows are kept between placing and taking, at most `height`. */
  capacity: number;
}

/**
 * The result of one picture while it grows from top to bottom: tiles are added, finished rows taken
 * out. Memory: 4 x channels x capacity x width bytes.
 */
export interface NativeCanvas {
  /**
   * The next rows that can be made of the first `finished` rows of the network's result, HWC: clamped,
   * rounded half to even, colours divided by alpha. No tile may touch those rows any more; they make
   * room for later ones. Rejects with E_OUTPUT_NONFINITE.
   */
  take(finished: number): Promise<Uint8Array | Uint16Array>;
  /** Frees the memory now, or when the pending promises have settled. */
  dispose(): void;
}

/** Where a tile (3, H, W) is added on a canvas. Gray and alpha are its luma (BT.601). */
export interface CanvasPlacement {
  canvas: NativeCanvas;
  /**
   * null for the colours. Else the tile shows the canvas's last channel, and this is what it was made of,
   * (h, w): where that is 0 or 1 all around (5x5), so is the result.
   */
  alpha: Float32Array | null;
  /** Of the tile's first row and column on the canvas; may be outside where the weights are 0. */
  top: number;
  left: number;
  /** How much each row (H) and column (W) of the tile counts, 0 to 1. */
  rows: Float32Array;
  columns: Float32Array;
}

/** PSNR in dB, infinite for equal images, and SSIM; see NativeAddon.scoreImages. */
export interface ImageScores {
  psnrY: number;
  psnrRgb: number;
  ssimY: number;
  ssimRgb: number;
}

export interface NativeAddon {
  info(): NativeInfo;

  /** Measured fp32 peak of `threads` threads together in GFLOP/s (FMA = 2): the benchmarks' floor. */
  measurePeak(threads: number): Promise<number>;

  /** What the addon expects of a packed recipe; compared with pack.ts when it is loaded. */
  recipeLayout(): RecipeLayout;
  /**
   * Throws E_RECIPE or E_SHAPE unless the packed recipe can degrade a gt crop of that side; `options`
   * brings the kernels and patches that it refers to.
   */
  checkRecipe(recipe: Float64Array, size: number, options?: SynthesizeOptions): void;
  /**
   * Opens a pack file. `images` holds three numbers an image: byte offset, height, width. Throws
   * E_PACK for a file that cannot be read or in which an image does not lie.
   */
  openPack(path: string, images: Float64Array): NativePack;
  /**
   * Cuts gt crops from a pack and degrades them; `recipes` are B packed recipes of one scale. An lq
   * depends on its gt and its recipe only, not on the batch, the threads or the CPU.
   *
   * Throws at once: E_SHAPE (lengths, sides), E_RECIPE and E_CROP (naming the sample), E_DISPOSED,
   * TypeError. Rejects: E_PACK when the file was cut meanwhile, E_MEMORY.
   */
  synthesize(
    pack: NativePack,
    crops: CropRequest,
    recipes: Float64Array,
    options: SynthesizeOptions,
  ): Promise<NativeBatch>;
  /** The same on gt images given as float32, (B, 3, H, W); rejects with E_PIXEL outside [0, 1]. */
  synthesizeFrom(
    gt: Float32Array,
    shape: { batch: number; height: number; width: number },
    recipes: Float64Array,
    options: SynthesizeOptions,
  ): Promise<NativeBatch>;

  /**
   * Throws E_NETWORK for a spec that is no network, E_SHAPE when `weights` do not fill it, E_DEVICE,
   * E_MEMORY; TypeError and RangeError for options of the wrong kind.
   */
  createTrainer(options: TrainerOptions): NativeTrainer;

  /** E_MEMORY when there is not enough; RangeError and TypeError. */
  createCanvas(options: CanvasOptions): NativeCanvas;
  /**
   * Adds tiles sr (B, 3, H, W), one placement each. Rejects with E_SHAPE when one reaches outside of
   * the rows that its canvas keeps.
   */
  placeTiles(
    sr: Float32Array,
    shape: { batch: number; height: number; width: number },
    placements: readonly CanvasPlacement[],
  ): Promise<void>;
  /** Bicubic interpolation (as resizeImage) of lq (B, 3, h, w) by a whole number, placed like a network's. */
  interpolateInto(
    lq: Float32Array,
    shape: { batch: number; height: number; width: number },
    scale: number,
    placements: readonly CanvasPlacement[],
  ): Promise<void>;

  /**
   * Scores of a against b, both uint8 RGB, HWC, with `border` pixels cut off on every side: PSNR in
   * dB (infinite when equal) and SSIM (Gaussian 11x11, sigma 1.5, valid region), on Y (BT.601 studio
   * range, not rounded) and on RGB. E_SHAPE when less than 11x11 pixels are left.
   */
  scoreImages(
    a: Uint8Array,
    b: Uint8Array,
    shape: { height: number; width: number },
    border: number,
  ): Promise<ImageScores>;
  /**
   * Bicubic resize (Keys, a = -0.5) of a uint8 RGB image, HWC, with MATLAB's imresize conventions.
   * `antialias` widens the kernel when shrinking. Rounded half to even, once, at the end.
   */
  resizeImage(
    image: Uint8Array,
    shape: { height: number; width: number },
    target: { height: number; width: number },
    options: { antialias: boolean },
  ): Promise<Uint8Array>;

  /**
   * Writes a file that survives a power cut: temporary name in the same folder, every byte counted,
   * fsync, read back and compared, rename, fsync of the folder. Rejects with E_DISK and leaves the
   * old file in place when any of it fails.
   */
  writeFileDurably(path: string, parts: Uint8Array[]): Promise<void>;
}

// One compute thread has an OpenMP team, whose members wait for one another some hundred times a
// step: sleeping at once costs a third of a small network's time, spinning for long starves the
// threads that degrade meanwhile. libgomp reads both once, when the addon is loaded.
process.env.OMP_WAIT_POLICY ??= 'passive';
process.env.GOMP_SPINCOUNT ??= '3000';

function load(): NativeAddon {
  let addon: NativeAddon;
  try {
    addon = createRequire(import.meta.url)('#addon') as NativeAddon;
  } catch (cause) {
    throw new EvensrError(
      'E_ADDON',
      exitCodes.usage,
      `the native addon could not be loaded: ${(cause as Error).message.split('\n')[0]}`,
      { hint: 'build it with: npm run setup', cause },
    );
  }
  requireRecipeLayout(addon.recipeLayout());
  return addon;
}

let loaded: NativeAddon | undefined;

/**
 * The addon, loaded at its first use, so that a missing or broken one is an error of the command that
 * needs it (E_ADDON) and not of every import.
 */
export const native: NativeAddon = new Proxy({} as NativeAddon, {
  get: (_target, name) => {
    loaded ??= load();
    return loaded[name as keyof NativeAddon];
  },
});
