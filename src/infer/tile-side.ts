import type { TileGeometry } from './tile-plan.ts';

/** Beyond this the caches no longer hold what a layer works on, and it gets slower again. */
const largestSide = 384;
const smallestSide = 64;
/** Exact tiles may cost as many times the work of one piece; blended ones are used beyond. */
const mostOverhead = 1.6;

/**
 * Pixels that are given up, and as many that are blended, between tiles when the network looks farther
 * than a tile can show.
 */
const blendedEdge = 8;

/** A side for tiles of at most `pixels` pixels. */
export function sideFor(pixels: number): number {
  const side = Math.floor(Math.sqrt(pixels) / 8) * 8;
  return Math.min(largestSide, Math.max(smallestSide, side));
}

/**
 * Tiles whose joined result is exactly the whole picture's, as long as that costs little; else, or when
 * the reach is not known, tiles that fade into each other. A side that was asked for is kept, and
 * decides: as the result must not depend on chance, it is exact whenever the side leaves a core. The
 * network takes sides that are multiples of `multiple`.
 */
export function exactOrBlended(
  side: number,
  halo: number | undefined,
  isAskedFor: boolean,
  multiple = 1,
): TileGeometry {
  const core = halo === undefined ? 0 : side - 2 * halo;
  const isExact = isAskedFor ? core >= 8 : core > 0 && (side / core) ** 2 <= mostOverhead;
  const edge = Math.min(blendedEdge, Math.floor(side / 8));
  const edges =
    isExact && halo !== undefined ? { discard: halo, ramp: 0 } : { discard: edge, ramp: edge };
  return { side, multiple, ...edges };
}
