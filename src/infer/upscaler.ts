import type { PictureInfo, RowReader, RowWriter } from '../image/picture.ts';
import { native } from '../native.ts';
import type { TileEngine } from './engine.ts';
import type { PictureUpscaler, UpscaleOptions } from './picture-upscaler.ts';
import { TileQueue } from './tile-queue.ts';
import { PictureRun, resultSize, upscaleMemory } from './upscale-rows.ts';

/** Upscales pictures with an engine, which it disposes with itself. */
export class Upscaler implements PictureUpscaler {
  readonly #engine: TileEngine;
  readonly #queue: TileQueue;

  constructor(engine: TileEngine) {
    this.#engine = engine;
    this.#queue = new TileQueue(engine);
  }

  get engine() {
    return this.#engine.kind;
  }

  get scale(): number {
    return this.#engine.scale;
  }

  get fingerprint(): string {
    return this.#engine.fingerprint;
  }

  get description(): string {
    return this.#engine.description;
  }

  outputInfo(input: PictureInfo, options: UpscaleOptions): PictureInfo {
    return { ...input, ...resultSize(input, this.scale, options) };
  }

  memoryFor(input: PictureInfo, options: UpscaleOptions): number {
    return upscaleMemory(input, this.#engine, options);
  }

  async upscale(reader: RowReader, writer: RowWriter, options: UpscaleOptions): Promise<void> {
    await new PictureRun(reader, writer, this.#engine, this.#queue, options).run();
  }

  async measureSpeed(): Promise<number> {
    const { geometry, scale } = this.#engine;
    const { height, width } = geometry.fixed ?? { height: geometry.side, width: geometry.side };
    const tiles = { height: height * scale, width: width * scale };
    const canvas = native.createCanvas({
      channels: 3,
      depth: 8,
      ...tiles,
      outHeight: tiles.height,
      outWidth: tiles.width,
      capacity: tiles.height,
    });
    const weights = (length: number) => new Float32Array(length);
    const placement = {
      canvas,
      alpha: null,
      top: 0,
      left: 0,
      rows: weights(tiles.height),
      columns: weights(tiles.width),
    };
    const planes = new Float32Array(3 * height * width).fill(0.5);
    const run = () => this.#queue.add(planes, { height, width }, placement);
    try {
      await run(); // The first one also prepares.
      const start = performance.now();
      for (let i = 0; i < measuredTiles; i++) await run();
      const useful = (height - 2 * geometry.discard) * (width - 2 * geometry.discard);
      return (1000 * measuredTiles * useful) / (performance.now() - start);
    } finally {
      canvas.dispose();
    }
  }

  async dispose(): Promise<void> {
    await this.#engine.dispose();
  }
}

const measuredTiles = 3;
