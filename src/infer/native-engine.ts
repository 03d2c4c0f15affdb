import { createHash } from 'node:crypto';
import type { TileEngine } from './engine.ts';
import type { Model } from './model.ts';
import { exactOrBlended, sideFor } from './tile-side.ts';

/** Bytes of activations that a tile may take. */
const activationBudget = 384 * 2 ** 20;
/** Small pictures are run together up to as many pixels: larger batches are no faster. */
const batchPixels = 160 * 160;

/** The side of the tiles that upscaling takes, in input pixels, when none is asked for. */
export function defaultTileSide(activationBytes: number): number {
  return sideFor(activationBudget / activationBytes);
}

export interface EngineOptions {
  /** Side of the tiles in input pixels; chosen for speed and memory when it is not given. */
  tile?: number | undefined;
}

/** The network on the native core. The model stays the caller's until the engine is disposed. */
export function nativeEngine(model: Model, options: EngineOptions = {}): TileEngine {
  const { network, file } = model.info;
  const side = options.tile ?? defaultTileSide(model.activationBytes);
  const geometry = exactOrBlended(side, model.halo, options.tile !== undefined, model.multiple);
  // Results in float32 keep the fingerprint that they had before there was a choice.
  const rounding = model.precision === 'float32' ? [] : [model.precision];
  const { type, scale: _, ...sizes } = network;
  const numbers = Object.values(sizes).filter((value) => typeof value === 'number');
  return {
    kind: 'native',
    scale: model.scale,
    geometry,
    batchPixels,
    fingerprint: createHash('sha256')
      .update(JSON.stringify(['native', network, geometry, ...rounding]))
      .update(model.weightsHash)
      .digest('hex'),
    description: `${file} (${type} ${numbers.join('x')}, x${model.scale}), ${['native', ...rounding].join(' ')}`,
    condition: model.condition,
    run: (lq, shape, placements, condition) => model.forwardInto(lq, shape, placements, condition),
    dispose: async () => model.dispose(),
  };
}
