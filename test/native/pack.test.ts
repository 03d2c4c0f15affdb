import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { native } from '../../src/native.ts';
import { packedWith } from './degrade.ts';
import { testImage } from './images.ts';

const folder = mkdtempSync(join(tmpdir(), 'evensr-pack-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Size = [height: number, width: number];
const sizes: Size[] = [
  [40, 60],
  [33, 35],
];

/** uint8 RGB, HWC, of one test image. */
function pixelsOf([height, width]: Size, seed: number): Uint8Array {
  const planar = testImage(height, width, seed);
  const plane = height * width;
  return Uint8Array.from({ length: 3 * plane }, (_, i) => {
    return Math.round((planar[(i % 3) * plane + Math.floor(i / 3)] as number) * 255);
  });
}

const photographs = sizes.map(pixelsOf);
const table = Float64Array.of(5, ...(sizes[0] as Size), 5 + 3 * 40 * 60, ...(sizes[1] as Size));

function writePack(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([Buffer.alloc(5), ...photographs]));
  return path;
}

/** The middle `small` x `small` pixels of a planar (3, side, side) image. */
function centre(image: Float32Array, side: number, small: number): Float32Array {
  const from = (side - small) / 2;
  return Float32Array.from({ length: 3 * small * small }, (_, i) => {
    const [c, y, x] = [Math.floor(i / small / small), Math.floor(i / small) % small, i % small];
    return image[(c * side + from + y) * side + from + x] as number;
  });
}

const plain = { usm: false, threads: 1 };

describe('openPack', () => {
  it('maps a file and counts its images', () => {
    const pack = native.openPack(writePack('good.pack'), table);
    assert.equal(pack.count, 2);
    pack.dispose();
    pack.dispose();
    assert.throws(() => pack.count, { code: 'E_DISPOSED' });
  });

  it('refuses files that are not there, no files, or too short', () => {
    const path = writePack('short.pack');
    const open = (name: string, images = table) => native.openPack(name, images);
    assert.throws(() => open(join(folder, 'absent')), { code: 'E_PACK', message: /absent/ });
    assert.throws(() => open(folder), { code: 'E_PACK', message: /regular file/ });
    assert.throws(() => open('/dev/zero'), { code: 'E_PACK', message: /regular file/ });
    assert.throws(() => open(`${path}\0x`), { code: 'E_PACK' });
    truncateSync(path, 5 + 3 * 40 * 60 + 10);
    assert.throws(() => open(path), { code: 'E_PACK', message: /image 1 ends beyond/ });
    truncateSync(path, 0);
    assert.equal(open(path, Float64Array.of()).count, 0);
  });

  it('refuses tables that make no sense', () => {
    const path = writePack('table.pack');
    const open = (...images: number[]) => native.openPack(path, Float64Array.from(images));
    assert.throws(() => open(0, 4), { code: 'E_SHAPE' });
    for (const bad of [
      [-1, 4, 4],
      [0, 0, 4],
      [0, 4, 0.5],
      [Number.NaN, 4, 4],
      [0, 2 ** 40, 4],
      [2 ** 60, 4, 4],
      [Number.POSITIVE_INFINITY, 4, 4],
    ]) {
      assert.throws(() => open(...bad), { code: 'E_PACK' }, `${bad}`);
    }
    assert.throws(() => open(0, 2 ** 20, 2 ** 20), { code: 'E_PACK', message: /ends beyond/ });
    assert.throws(() => native.openPack(path, [0, 1, 1] as unknown as Float64Array), TypeError);
    assert.throws(() => native.openPack(7 as unknown as string, table), TypeError);
  });

  it('an instance made by hand is a disposed one', () => {
    const pack = native.openPack(writePack('class.pack'), table);
    const Class = pack.constructor as new () => typeof pack;
    assert.throws(() => new Class().count, { code: 'E_DISPOSED' });
    assert.throws(() => Class.prototype.count);
    const recipes = packedWith();
    const request = { size: 8, crops: Int32Array.of(0, 0, 0, 0, 0, 0) };
    const fake = Object.create(Class.prototype) as typeof pack;
    for (const wrong of [{}, null, fake, Class]) {
      assert.throws(
        () => native.synthesize(wrong as typeof pack, request, recipes, plain),
        TypeError,
      );
    }
  });
});

describe('crops', () => {
  async function cut(size: number, crop: number[]): Promise<Float32Array> {
    const pack = native.openPack(writePack('crop.pack'), table);
    const request = { size, crops: Int32Array.from(crop) };
    const batch = await native.synthesize(pack, request, packedWith(), plain);
    pack.dispose();
    assert.deepEqual(batch.lq(), batch.gt());
    return batch.gt();
  }

  it('flips along x, then y, then transposes', async () => {
    // Planes are transposed in tiles of 16: without any, with what is beside them, and whole ones.
    const places = [
      [8, 25, 27],
      [31, 2, 3],
      [32, 1, 0],
    ] as const;
    for (const [bits, [size, top, left]] of places.flatMap((place) =>
      Array.from({ length: 8 }, (_, bits) => [bits, place] as const),
    )) {
      const [flipX, flipY, transpose] = [bits & 1, (bits >> 1) & 1, bits >> 2] as const;
      const gt = await cut(size, [1, top, left, flipX, flipY, transpose]);
      const [, width] = sizes[1] as Size;
      for (let i = 0; i < gt.length; i++) {
        const c = Math.floor(i / (size * size));
        let y = Math.floor(i / size) % size;
        let x = i % size;
        if (transpose) [y, x] = [x, y];
        if (flipY) y = size - 1 - y;
        if (flipX) x = size - 1 - x;
        const level = photographs[1]?.[((top + y) * width + left + x) * 3 + c] as number;
        assert.equal(gt[i], Math.fround(level / 255));
      }
    }
  });

  it('cuts off the margin after degrading, off lq and as much off gt', async () => {
    const pack = native.openPack(writePack('margin.pack'), table);
    const recipe = packedWith({
      scale: 2,
      resizeScale1: 0.9,
      kernel1: 1,
      kernelSize1: 21,
      sigmaX1: 3,
    });
    let plainGt: Float32Array | undefined;
    for (const usm of [false, true]) {
      const crops = Int32Array.of(0, 2, 5, 1, 0, 1);
      const make = (margin: number) =>
        native.synthesize(pack, { size: 36, crops, margin }, recipe, {
          usm,
          plainGt: usm,
          threads: 1,
        });
      const [whole, inner] = [await make(0), await make(4)];
      assert.deepEqual(
        [inner.gtHeight, inner.gtWidth, inner.lqHeight, inner.lqWidth],
        [20, 20, 10, 10],
      );
      assert.deepEqual(inner.gt(), centre(whole.gt(), 36, 20));
      assert.deepEqual(inner.lq(), centre(whole.lq(), 18, 10));
      if (usm) assert.deepEqual(inner.plainGt(), plainGt);
      else plainGt = inner.gt();
    }
    const refused = (margin: number) =>
      native.synthesize(
        pack,
        { size: 36, crops: Int32Array.of(0, 0, 0, 0, 0, 0), margin },
        recipe,
        plain,
      );
    for (const margin of [9, -1, 1.5, Number.NaN])
      assert.throws(() => refused(margin), /crops.margin/);
    pack.dispose();
  });

  it('refuses crops that leave the image', async () => {
    for (const crop of [
      [1, 26, 27, 0, 0, 0],
      [1, 25, 28, 0, 0, 0],
      [0, -1, 0, 0, 0, 0],
      [0, 0, -1, 0, 0, 0],
      [0, 2 ** 31 - 1, 0, 0, 0, 0],
      [2, 0, 0, 0, 0, 0],
      [-1, 0, 0, 0, 0, 0],
      [0, 0, 0, 2, 0, 0],
    ]) {
      await assert.rejects(cut(8, crop), { code: 'E_CROP', message: /^sample 0: / }, `${crop}`);
    }
    await assert.rejects(cut(8, [0, 0, 0, 0, 0]), { code: 'E_SHAPE' });
  });

  it('a pack that was cut or disposed is refused; batches outlive their pack', async () => {
    const path = writePack('cut.pack');
    const pack = native.openPack(path, table);
    const request = { size: 8, crops: Int32Array.of(0, 0, 0, 0, 0, 0) };
    const recipes = packedWith();
    const running = native.synthesize(pack, request, recipes, plain);
    pack.dispose();
    assert.equal((await running).size, 1);
    assert.throws(() => native.synthesize(pack, request, recipes, plain), { code: 'E_DISPOSED' });
    const second = native.openPack(path, table);
    truncateSync(path, 100);
    await assert.rejects(native.synthesize(second, request, recipes, plain), { code: 'E_PACK' });
  });
});
