import type { RowReader, Rows } from '../image/picture.ts';

/** A window of a picture; it may reach past the right and the lower end. */
export interface Part {
  top: number;
  left: number;
  height: number;
  width: number;
}

/** Where a coordinate past the end is mirrored to, the edge pixel repeated. */
const mirrored = (at: number, length: number) =>
  at < length ? at : Math.max(0, 2 * length - 1 - at);

/** The rows of a picture that windows still look at, read as they are needed. */
export class Strip {
  readonly #reader: RowReader;
  readonly #rowLength: number;
  readonly #most: number;
  #rows: Rows;
  /** The first row that is kept, and how many are. */
  #first = 0;
  #count = 0;

  /** `height`: the most rows that are looked at together. */
  constructor(reader: RowReader, height: number) {
    const { width, channels, depth } = reader.info;
    this.#reader = reader;
    this.#rowLength = width * channels;
    this.#most = depth === 8 ? 255 : 65535;
    const length = this.#rowLength * Math.min(height, reader.info.height);
    this.#rows = depth === 8 ? new Uint8Array(length) : new Uint16Array(length);
  }

  /** Reads on until rows `top` to `top + height` are there; rows above `top` are given up. */
  async advance(top: number, height: number): Promise<void> {
    const end = Math.min(top + height, this.#reader.info.height);
    const gone = Math.min(Math.max(0, top - this.#first), this.#count);
    this.#rows.copyWithin(0, gone * this.#rowLength, this.#count * this.#rowLength);
    this.#first += gone;
    this.#count -= gone;
    const missing = end - (this.#first + this.#count);
    if (missing <= 0) return;
    const read = await this.#reader.read(missing);
    this.#rows.set(read, this.#count * this.#rowLength);
    this.#count += missing;
  }

  /** Whether alpha is full everywhere in a window, or 0. */
  hasNoEdge(part: Part): boolean {
    const first = this.#alphaAt(part.top, part.left);
    return (first === 0 || first === this.#most) && this.#isAlphaOf(part, first);
  }

  #alphaAt(y: number, x: number): number {
    const { channels } = this.#reader.info;
    return this.#rows[(y - this.#first) * this.#rowLength + (x + 1) * channels - 1] as number;
  }

  #isAlphaOf(part: Part, value: number): boolean {
    const { height, width } = this.#reader.info;
    const right = Math.min(part.left + part.width, width);
    const bottom = Math.min(part.top + part.height, height);
    for (let y = part.top; y < bottom; y++) {
      for (let x = part.left; x < right; x++) {
        if (this.#alphaAt(y, x) !== value) return false;
      }
    }
    return true;
  }

  /**
   * The colours of a window as planes (3, height, width) in [0, 1], multiplied by alpha if there is
   * one; gray is repeated.
   */
  colours(part: Part): Float32Array {
    const { channels } = this.#reader.info;
    const planes = this.#planes(part, channels > 2 ? [0, 1, 2] : [0, 0, 0]);
    if (channels % 2 === 1) return planes;
    const alpha = this.alpha(part);
    for (let i = 0; i < planes.length; i++) {
      planes[i] = (planes[i] as number) * (alpha[i] as number);
    }
    return planes;
  }

  /** Alpha of a window as three equal planes. */
  alpha(part: Part): Float32Array {
    const last = this.#reader.info.channels - 1;
    return this.#planes(part, [last, last, last]);
  }

  #planes(part: Part, samples: readonly number[]): Float32Array {
    const { height, width, channels } = this.#reader.info;
    const planes = new Float32Array(3 * part.height * part.width);
    const columns = Int32Array.from(
      { length: part.width },
      (_, x) => mirrored(part.left + x, width) * channels,
    );
    let to = 0;
    for (const sample of samples) {
      for (let y = 0; y < part.height; y++) {
        const row = (mirrored(part.top + y, height) - this.#first) * this.#rowLength + sample;
        for (let x = 0; x < part.width; x++) {
          const value = this.#rows[row + (columns[x] as number)] as number;
          planes[to++] = value / this.#most;
        }
      }
    }
    return planes;
  }
}
