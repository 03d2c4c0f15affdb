/** One picture through a network, from its first row to its last. */
import type { PictureInfo, RowReader, RowWriter } from '../image/picture.ts';
import { type CanvasPlacement, type NativeCanvas, native } from '../native.ts';
import type { TileEngine } from './engine.ts';
import { conditionMemory, conditionOf, type PictureCondition } from './picture-condition.ts';
import type { UpscaleOptions } from './picture-upscaler.ts';
import { Strip } from './strip.ts';
import { type AxisPlan, overlapOf, planTiles, type Window } from './tile-plan.ts';
import type { TileQueue } from './tile-queue.ts';

/** Bytes of a canvas. A function of the picture's size alone: what is cut must not depend on the machine. */
const canvasBudget = 192 * 2 ** 20;

type SizeOfPicture = Pick<PictureInfo, 'width' | 'height' | 'channels'>;

/** The result's size; at least one pixel. */
export function resultSize(
  { width, height }: { width: number; height: number },
  scale: number,
  { outputScale = scale }: Pick<UpscaleOptions, 'outputScale'>,
): { width: number; height: number } {
  const side = (length: number) => Math.max(1, Math.round(length * outputScale));
  return { width: side(width), height: side(height) };
}

/** Tiles of a picture; flatter ones where it is so wide that the canvas would become too large. */
function tilesOf(picture: SizeOfPicture, { scale, geometry }: TileEngine) {
  const overlap = overlapOf(geometry);
  const rowBytes = 4 * picture.channels * picture.width * scale;
  // The canvas holds two rows of tiles: one that is worked on, one that is taken out.
  const rowsSide = overlap + Math.floor(canvasBudget / rowBytes / (2 * scale));
  return planTiles(picture, scale, geometry, Math.max(rowsSide, overlap + geometry.multiple));
}

/** Rows that the antialiased resize to `outHeight` still needs of those above. */
function resizeReach(height: number, outHeight: number): number {
  return outHeight === height ? 0 : 2 * Math.ceil(2 * Math.max(1, height / outHeight)) + 4;
}

/** Rows of the canvas: those of two neighbouring rows of tiles, and what the resize looks back at. */
function capacityFor({ windows }: AxisPlan, height: number, outHeight: number): number {
  const spans = windows.map(({ from }, i) => (windows[i + 1] ?? (windows[i] as Window)).to - from);
  return Math.min(height, Math.max(...spans) + resizeReach(height, outHeight));
}

/** Bytes that a picture needs beside its reader, its writer and the engine. */
export function upscaleMemory(
  picture: PictureInfo,
  engine: TileEngine,
  options: UpscaleOptions,
): number {
  const { rows, columns } = tilesOf(picture, engine);
  const out = resultSize(picture, engine.scale, options);
  const height = picture.height * engine.scale;
  const capacity = capacityFor(rows, height, out.height);
  const sample = picture.depth / 8;
  const canvas = 4 * picture.channels * picture.width * engine.scale * capacity;
  const strip = picture.width * picture.channels * sample * rows.size;
  const taken = out.width * picture.channels * sample * Math.ceil((capacity * out.height) / height);
  const planes = 4 * 3 * rows.size * columns.size * columns.windows.length;
  const condition = engine.condition ? conditionMemory(picture, engine.condition) : 0;
  return canvas + strip + 2 * taken + planes + condition;
}

/** A picture on its way: its rows read, its tiles placed on a canvas, finished rows written. */
export class PictureRun {
  readonly #reader: RowReader;
  readonly #writer: RowWriter;
  readonly #engine: TileEngine;
  readonly #queue: TileQueue;
  readonly #options: UpscaleOptions;
  readonly #tiles: { rows: AxisPlan; columns: AxisPlan };
  readonly #strip: Strip;
  readonly #canvas: NativeCanvas;
  readonly #begun: Promise<void>[] = [];
  #condition: PictureCondition | undefined;

  constructor(
    reader: RowReader,
    writer: RowWriter,
    engine: TileEngine,
    queue: TileQueue,
    options: UpscaleOptions,
  ) {
    const { info } = reader;
    this.#reader = reader;
    this.#writer = writer;
    this.#engine = engine;
    this.#queue = queue;
    this.#options = options;
    this.#tiles = tilesOf(info, engine);
    this.#strip = new Strip(reader, this.#tiles.rows.size);
    const out = resultSize(info, engine.scale, options);
    const height = info.height * engine.scale;
    this.#canvas = native.createCanvas({
      channels: info.channels,
      depth: info.depth,
      height,
      width: info.width * engine.scale,
      outHeight: out.height,
      outWidth: out.width,
      capacity: capacityFor(this.#tiles.rows, height, out.height),
    });
  }

  /**
   * All rows of tiles. While one is worked on, the one below is cut and waits, and the one above is
   * taken out and written: the engine never stands still.
   */
  async run(): Promise<void> {
    const { windows, size } = this.#tiles.rows;
    let above = Promise.resolve();
    let written = Promise.resolve();
    try {
      this.#condition = await this.#whole();
      await this.#strip.advance((windows[0] as Window).start, size);
      for (const [i, window] of windows.entries()) {
        // Its tiles are cut before the first wait, so the strip may move on.
        const placed = this.#begin(this.#placeRow(window));
        const next = windows[i + 1];
        const ahead = this.#begin(next ? this.#strip.advance(next.start, size) : undefined);
        await Promise.all([above, ahead, written]);
        written = this.#begin(this.#writer.write(await this.#canvas.take(window.from)));
        above = placed;
      }
      await Promise.all([above, written]);
      const rest = this.#reader.info.height * this.#engine.scale;
      await this.#writer.write(await this.#canvas.take(rest));
    } finally {
      // Nothing runs on behind a picture that has failed.
      await Promise.allSettled(this.#begun);
      this.#canvas.dispose();
    }
  }

  /** What the network goes by of the whole picture, for every tile of it; nothing for most networks. */
  async #whole(): Promise<PictureCondition | undefined> {
    const { condition } = this.#engine;
    if (!condition) return undefined;
    const hasAlpha = this.#reader.info.channels % 2 === 0;
    const wantsAlpha = hasAlpha && this.#options.alpha === 'network';
    return await conditionOf(this.#reader, condition, wantsAlpha);
  }

  /** What is waited for later, and must not count as unhandled when it fails before that. */
  #begin(work: Promise<void> = Promise.resolve()): Promise<void> {
    work.catch(() => {});
    this.#begun.push(work);
    return work;
  }

  async #placeRow(row: Window): Promise<void> {
    const hasAlpha = this.#reader.info.channels % 2 === 0;
    const tiles = this.#tiles.columns.windows.flatMap((column) => {
      const colours = this.#place(row, column, false);
      return hasAlpha ? [colours, this.#place(row, column, true)] : [colours];
    });
    const settled = await Promise.allSettled(tiles);
    for (const tile of settled) if (tile.status === 'rejected') throw tile.reason;
  }

  #place(row: Window, column: Window, isAlpha: boolean): Promise<void> {
    const { scale } = this.#engine;
    const size = { height: this.#tiles.rows.size, width: this.#tiles.columns.size };
    const part = { top: row.start, left: column.start, ...size };
    const planes = isAlpha ? this.#strip.alpha(part) : this.#strip.colours(part);
    const placement: CanvasPlacement = {
      canvas: this.#canvas,
      alpha: isAlpha ? planes.slice(0, size.height * size.width) : null,
      top: row.start * scale,
      left: column.start * scale,
      rows: row.weights,
      columns: column.weights,
    };
    // Where alpha has no edge its result is known, at no cost.
    const isInterpolated =
      isAlpha && (this.#options.alpha === 'bicubic' || this.#strip.hasNoEdge(part));
    const condition = this.#condition?.[isAlpha ? 'alpha' : 'colours'];
    if (!isInterpolated) return this.#queue.add(planes, size, placement, condition);
    return native.interpolateInto(planes, { batch: 1, ...size }, scale, [placement]);
  }
}
