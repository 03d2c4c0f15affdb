/** Bytes of a pickle, read forward. */
import { invalidFile } from './invalid.ts';

function invalid(reason: string): never {
  return invalidFile('PyTorch', reason);
}

/** The longest integer that is read: PyTorch's magic number. */
const mostIntegerBytes = 10;

/** Reads forward and never beyond the end. */
export class PickleCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that were read. */
  get at(): number {
    return this.#at;
  }

  #advance(size: number): number {
    const at = this.#at;
    if (size > this.#bytes.length - at) invalid('its pickle is cut off');
    this.#at = at + size;
    return at;
  }

  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }
  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }
  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }
  /** A size of 8 bytes. */
  size64(): number {
    const size = this.#view.getBigUint64(this.#advance(8), true);
    return size <= this.#bytes.length ? Number(size) : invalid('its pickle is cut off');
  }
  /** Big-endian, unlike all others. */
  float64(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  text(size: number): string {
    const at = this.#advance(size);
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return decoder.decode(this.#bytes.subarray(at, at + size));
    } catch {
      return invalid('a text in its pickle is not UTF-8');
    }
  }

  /** Up to the next end of line, which is left out. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) invalid('its pickle is cut off');
    const text = this.text(end - this.#at);
    this.#advance(1);
    return text;
  }

  /** Two's complement of `size` bytes, little-endian, rounded where a number is less exact. */
  long(size: number): number {
    if (size > mostIntegerBytes) invalid(`its pickle has an integer of ${size} bytes`);
    const at = this.#advance(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#view.getUint8(at + i));
    return Number(BigInt.asIntN(8 * size, value));
  }
}
