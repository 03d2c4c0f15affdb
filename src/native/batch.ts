/** Packs of photographs, and the batches of training pairs that are made of them (types of src/native.ts). */

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
  /** Where to degrade, as in TrainerOptions (default: cpu); the results are the same to the bit. */
  device?: string;
  /** With usm: keep gt as it was before beside it, for losses that want it so. */
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
