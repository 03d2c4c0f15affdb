/** Distances between the features of images (types of src/native.ts). */

export interface FeatureDistanceOptions {
  /** JSON of a NetworkSpec from RGB images to features. */
  spec: string;
  /** Its parameters, in its order. */
  weights: Float32Array;
  /** 0: as many as there are. */
  threads: number;
}

/** A network whose features are compared. */
export interface NativeFeatureDistance {
  /**
   * Between a and b, (B, 3, H, W) in [0, 1] each, image by image: sum over the network's results of
   * the mean over pixels of |a/(|a| + 1e-8) - b/(|b| + 1e-8)|^2, where a and b are the features of
   * one pixel. 0 for equal images. Rejects: E_NETWORK when the network does not take these sides,
   * E_MEMORY.
   */
  measure(
    a: Float32Array,
    b: Float32Array,
    shape: { batch: number; height: number; width: number },
  ): Promise<Float64Array>;
  /** Frees the memory now, or when the pending promises have settled. */
  dispose(): void;
}
