/** Ground truth for all contenders: pictures of our own in one file, the same on every machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NativePack, native } from '../native.ts';

const channels = 3;

/** Different pictures that a long batch goes round. */
export const mostPictures = 16;

/** A picture with slopes, edges, fine lines and grain: uint8 RGB, (side, side, 3). */
export function picture(side: number, phase: number): Uint8Array {
  return Uint8Array.from({ length: channels * side * side }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    const edge = (x + 2 * y + 31 * phase) % 64 < 32 ? 45 : 0;
    const slope = 48 * Math.sin((x * (phase + 3)) / 170 + c) * Math.cos(y / 31);
    const lines = 18 * Math.sin((x * x + y * y) / (600 + 40 * phase));
    const grain = Math.imul(x * 7919 + y * 104_729 + c * 31, 2_654_435_761) >>> 28;
    return 80 + edge + slope + lines + grain;
  });
}

/** The same as planes of float32 in [0, 1], (3, side, side). */
export function planesOf(levels: Uint8Array, side: number): Float32Array {
  const pixels = side * side;
  return Float32Array.from(
    { length: channels * pixels },
    (_, i) => (levels[channels * (i % pixels) + Math.floor(i / pixels)] as number) / 255,
  );
}

/** `count` pictures of one side in a temporary file that every contender reads. */
export class GtFile {
  readonly path: string;
  readonly side: number;
  readonly count: number;
  readonly pictures: readonly Uint8Array[];
  private readonly folder = mkdtempSync(join(tmpdir(), 'evensr-bench-'));
  private readonly pack: NativePack;

  constructor(side: number, count: number) {
    this.side = side;
    this.count = count;
    this.path = join(this.folder, 'gt.u8');
    this.pictures = Array.from({ length: count }, (_, phase) => picture(side, phase));
    writeFileSync(this.path, Buffer.concat(this.pictures));
    const bytes = channels * side * side;
    const places = Array.from({ length: count }, (_, i) => [i * bytes, side, side]);
    this.pack = native.openPack(this.path, Float64Array.from(places.flat()));
  }

  /**
   * lq of the pictures `first` to `first + count`, counted round and round; `recipes` are packed, one a
   * picture.
   */
  degrade(
    recipes: Float64Array,
    range: { first: number; count: number },
    options: { usm: boolean; threads: number; profile?: boolean },
  ) {
    const crops = new Int32Array(6 * range.count);
    for (let i = 0; i < range.count; i++) crops[6 * i] = (range.first + i) % this.count;
    return native.synthesize(this.pack, { size: this.side, crops }, recipes, options);
  }

  dispose(): void {
    this.pack.dispose();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
