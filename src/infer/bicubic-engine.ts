import { native } from '../native.ts';
import type { TileEngine } from './engine.ts';

/** Input pixels that a cubic kernel reaches, rounded up. */
const reach = 3;

/** Bicubic interpolation in place of a network: what every network is compared with. */
export function bicubicEngine(scale: number): TileEngine {
  const side = 256;
  return {
    kind: 'bicubic',
    scale,
    geometry: { side, discard: reach, ramp: 0, multiple: 1 },
    batchPixels: side ** 2,
    fingerprint: `bicubic x${scale}`,
    description: `bicubic interpolation x${scale}`,
    run: (lq, shape, placements) => native.interpolateInto(lq, shape, scale, placements),
    dispose: async () => {},
  };
}
