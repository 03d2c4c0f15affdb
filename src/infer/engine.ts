import type { CanvasPlacement } from '../native.ts';
import type { ConditionEngine } from './picture-condition.ts';
import type { TileGeometry } from './tile-plan.ts';

export interface TileShape {
  batch: number;
  height: number;
  width: number;
}

/** Runs a network on tiles. */
export interface TileEngine {
  readonly kind: 'native' | 'onnx' | 'bicubic';
  readonly scale: number;
  readonly geometry: TileGeometry;
  /** Most pixels (batch x height x width) that it wants at once; a single tile may be larger. */
  readonly batchPixels: number;
  /** Of everything that decides about the result's bits. */
  readonly fingerprint: string;
  readonly description: string;
  /** Of a network that goes by statistics of whole pictures. */
  readonly condition?: ConditionEngine | undefined;
  /**
   * lq (B, 3, h, w) in [0, 1]; every result is added where its placement says. With `condition`, the
   * statistics of the pictures that the tiles are of, one after the other; without it a network that
   * goes by them takes those of each tile.
   */
  run(
    lq: Float32Array,
    shape: TileShape,
    placements: readonly CanvasPlacement[],
    condition?: Float32Array,
  ): Promise<void>;
  dispose(): Promise<void>;
}
