/**
 * How a picture is cut into tiles and how their results are joined, one axis at a time.
 *
 * Neighbouring windows overlap by 2 x discard + ramp pixels. In the middle of the overlap, over `ramp`
 * pixels, one fades into the other along a cosine; what is nearer to a window's edge is not used. With
 * a discard of the network's receptive radius and no ramp the joined result is the whole picture's.
 */

export interface TileGeometry {
  /** Most pixels that a window has along an axis. */
  side: number;
  /** Pixels at a window's edge that are not used, unless the picture ends there. */
  discard: number;
  /** Pixels over which neighbours are blended; 0: a hard cut. */
  ramp: number;
  /** Windows begin at multiples of this and are as large; the last one may be mirrored past the end. */
  multiple: number;
  /** Windows have exactly this size; smaller pictures are mirrored past their ends. */
  fixed?: { height: number; width: number } | undefined;
}

/** One window along an axis. */
export interface Window {
  /** First input pixel. */
  start: number;
  /** The result pixels that it counts in, on the whole result: [from, to). */
  from: number;
  to: number;
  /** How much each of its own result pixels counts (size x scale). */
  weights: Float32Array;
}

export interface AxisPlan {
  /** Of every window, in input pixels; more than the picture has where it is mirrored. */
  size: number;
  windows: Window[];
}

/** Pixels that neighbouring windows share. */
export const overlapOf = ({ discard, ramp }: TileGeometry): number => 2 * discard + ramp;

/**
 * As many windows as the largest allowed ones would be, and no larger than so many need to be. All in
 * units of `multiple`.
 */
function sizeOf(length: number, side: number, overlap: number): number {
  if (length <= side) return length;
  const count = Math.ceil((length - overlap) / (side - overlap));
  return Math.ceil((length - overlap) / count) + overlap;
}

function startsOf(length: number, size: number, overlap: number): number[] {
  if (length <= size) return [0];
  const count = Math.ceil((length - overlap) / (size - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - size)) / (count - 1)));
}

/** Size and starts of the windows along an axis. */
function cutAxis(length: number, geometry: TileGeometry, fixed: number | undefined) {
  const { side, multiple } = geometry;
  const overlap = overlapOf(geometry);
  if (fixed !== undefined) return { size: fixed, starts: startsOf(length, fixed, overlap) };
  const units = (pixels: number) => Math.ceil(pixels / multiple);
  const shared = units(overlap);
  const size = sizeOf(units(length), shared + units(side - overlap), shared);
  const starts = startsOf(units(length), size, shared);
  return { size: size * multiple, starts: starts.map((start) => start * multiple) };
}

/** How far the window right of a cut has faded in at a result pixel `distance` behind the cut. */
function fadeIn(distance: number, ramp: number): number {
  if (ramp === 0) return distance >= 0 ? 1 : 0;
  const t = Math.min(1, Math.max(0, (distance + 0.5) / ramp + 0.5));
  return Math.fround(0.5 - 0.5 * Math.cos(Math.PI * t));
}

/**
 * Cuts an axis of `length` input pixels whose result is `scale` times as long. The weights of all
 * windows sum to 1 at every result pixel.
 */
export function planAxis(
  length: number,
  scale: number,
  geometry: TileGeometry,
  fixed?: number,
): AxisPlan {
  const { size, starts } = cutAxis(length, geometry, fixed);
  const ramp = geometry.ramp * scale;
  /** Result pixel at which window i takes over from the one before it. */
  const cut = (i: number) =>
    Math.floor((((starts[i] as number) + (starts[i - 1] as number) + size) / 2) * scale);
  const half = ramp / 2;
  const windows = starts.map((start, i): Window => {
    const from = i === 0 ? 0 : Math.floor(cut(i) - half);
    const to = i === starts.length - 1 ? length * scale : Math.ceil(cut(i + 1) + half);
    const weights = new Float32Array(size * scale);
    for (let at = from; at < to; at++) {
      const rise = i === 0 ? 1 : fadeIn(at - cut(i), ramp);
      const fall = i === starts.length - 1 ? 1 : 1 - fadeIn(at - cut(i + 1), ramp);
      weights[at - start * scale] = rise * fall;
    }
    return { start, from, to, weights };
  });
  return { size, windows };
}

/** Both axes. `rowsSide` bounds the height of the windows further, for very wide pictures. */
export function planTiles(
  picture: { height: number; width: number },
  scale: number,
  geometry: TileGeometry,
  rowsSide = geometry.side,
): { rows: AxisPlan; columns: AxisPlan } {
  const { fixed } = geometry;
  const flat = { ...geometry, side: Math.min(geometry.side, rowsSide) };
  return {
    rows: planAxis(picture.height, scale, flat, fixed?.height),
    columns: planAxis(picture.width, scale, geometry, fixed?.width),
  };
}
