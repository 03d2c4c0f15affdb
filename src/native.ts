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
import type { CropRequest, NativeBatch, NativePack, SynthesizeOptions } from './native/batch.ts';
import type { CanvasOptions, CanvasPlacement, NativeCanvas } from './native/canvas.ts';
import type { FeatureDistanceOptions, NativeFeatureDistance } from './native/feature-distance.ts';
import type { NativeTrainer, TrainerOptions } from './native/trainer.ts';

export type * from './native/batch.ts';
export type * from './native/canvas.ts';
export type * from './native/feature-distance.ts';
export type * from './native/trainer.ts';

export interface CudaDevice {
  name: string;
  /** Compute capability, such as 9.0. */
  capability: string;
  multiprocessors: number;
  /** Bytes. */
  memory: number;
  freeMemory: number;
}

export interface NativeInfo {
  version: string;
  cpuFeatures: string[];
  /** The version of the hot loops that this CPU runs: avx512, avx2, sse2, neon or scalar. */
  simd: string;
  /** Logical CPUs this process may use. */
  threads: number;
  /** `reason`: why there is no device; empty when there is one. */
  cuda: { available: boolean; reason: string; devices: CudaDevice[] };
  /** Whether the device `emulated` is there, which runs the CUDA kernels on the CPU: in builds for tests. */
  emulated: boolean;
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

  /** Throws E_NETWORK for a spec that is no network, E_SHAPE when `weights` do not fill it; E_MEMORY. */
  createFeatureDistance(options: FeatureDistanceOptions): NativeFeatureDistance;

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
   * The 36 features of BRISQUE of a uint8 RGB image, HWC, with `border` pixels cut off on every side, as
   * OpenCV 4.6 computes them. NaN where a fit has nothing to fit to, as on a uniform image. E_SHAPE when
   * less than 16x16 pixels are left.
   */
  brisqueFeatures(
    image: Uint8Array,
    shape: { height: number; width: number },
    border: number,
  ): Promise<Float64Array>;
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
