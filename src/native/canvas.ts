/** The canvas on which tiles become a picture (types of src/native.ts). */

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
