/** A rectangle in pixels. */
export interface Rectangle {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** What the network sees (`window`) and which part of its answer is kept (`core`), both in lq pixels. */
export interface Tile {
  window: Rectangle;
  core: Rectangle;
}

interface Span {
  from: number;
  size: number;
}

/** Cuts one axis: cores of at most `core` pixels, windows of equal size that stay inside. */
function cut(length: number, core: number, halo: number): { core: Span; window: Span }[] {
  const size = Math.min(length, core + 2 * halo);
  const count = Math.ceil(length / core);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * length) / count);
    const to = Math.floor(((i + 1) * length) / count);
    const start = Math.min(Math.max(0, from - halo), length - size);
    return { core: { from, size: to - from }, window: { from: start, size } };
  });
}

/**
 * Tiles that cover a lq image once with their cores. Around each core the window shows at least
 * `halo` pixels or ends at the image's own edge, so with a halo of the network's receptive field the
 * tiled result is the whole image's. All windows have the same size: the network plans one shape.
 */
export function planTiles(
  image: { height: number; width: number },
  options: { core: number; halo: number },
): Tile[] {
  const rows = cut(image.height, options.core, options.halo);
  const columns = cut(image.width, options.core, options.halo);
  const rectangle = (row: Span, column: Span): Rectangle => ({
    top: row.from,
    left: column.from,
    height: row.size,
    width: column.size,
  });
  return rows.flatMap((row) =>
    columns.map((column) => ({
      window: rectangle(row.window, column.window),
      core: rectangle(row.core, column.core),
    })),
  );
}
