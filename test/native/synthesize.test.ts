import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type NativeBatch, native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import { randomRecipe, recipeFields } from './degrade.ts';
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

/** A recipe that only quantises: lq = gt at scale 1. */
function identityRecipe(): number[] {
  const recipe = new Array<number>(recipeFields).fill(0);
  const { fields } = native.recipeLayout();
  for (const name of ['scale', 'resizeScale1', 'resizeScale2']) recipe[fields.indexOf(name)] = 1;
  return recipe;
}

const plain = { usm: false, threads: 1 };

function sha256(values: Float32Array): string {
  return createHash('sha256').update(values).digest('hex');
}

describe('the packed recipe', () => {
  it('has the layout that the documentation states', () => {
    const { bytes, fields } = native.recipeLayout();
    assert.equal(bytes, 8 * recipeFields);
    assert.equal(fields.length, recipeFields);
    assert.equal(new Set(fields).size, recipeFields);
    assert.equal(fields[0], 'seedLo');
    assert.equal(fields[5], 'kernel1');
    assert.equal(fields[18], 'kernel2');
    assert.equal(fields[35], 'jpegBackend');
  });
});

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
});

describe('crops', () => {
  const size = 8;

  async function cut(crop: number[]): Promise<Float32Array> {
    const pack = native.openPack(writePack('crop.pack'), table);
    const request = { size, crops: Int32Array.from(crop) };
    const batch = await native.synthesize(
      pack,
      request,
      Float64Array.from(identityRecipe()),
      plain,
    );
    pack.dispose();
    assert.deepEqual(batch.lq(), batch.gt());
    return batch.gt();
  }

  it('flips along x, then y, then transposes', async () => {
    for (let bits = 0; bits < 8; bits++) {
      const [flipX, flipY, transpose] = [bits & 1, (bits >> 1) & 1, bits >> 2] as const;
      const gt = await cut([1, 25, 27, flipX, flipY, transpose]);
      const [, width] = sizes[1] as Size;
      for (let i = 0; i < gt.length; i++) {
        const c = Math.floor(i / (size * size));
        let y = Math.floor(i / size) % size;
        let x = i % size;
        if (transpose) [y, x] = [x, y];
        if (flipY) y = size - 1 - y;
        if (flipX) x = size - 1 - x;
        const level = photographs[1]?.[((25 + y) * width + 27 + x) * 3 + c] as number;
        assert.equal(gt[i], Math.fround(level / 255));
      }
    }
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
      await assert.rejects(cut(crop), { code: 'E_CROP', message: /^sample 0: / }, `${crop}`);
    }
    await assert.rejects(cut([0, 0, 0, 0, 0]), { code: 'E_SHAPE' });
  });

  it('a pack that was cut or disposed is refused; batches outlive their pack', async () => {
    const path = writePack('cut.pack');
    const pack = native.openPack(path, table);
    const request = { size, crops: Int32Array.of(0, 0, 0, 0, 0, 0) };
    const recipes = Float64Array.from(identityRecipe());
    const running = native.synthesize(pack, request, recipes, plain);
    pack.dispose();
    assert.equal((await running).size, 1);
    assert.throws(() => native.synthesize(pack, request, recipes, plain), { code: 'E_DISPOSED' });
    const second = native.openPack(path, table);
    truncateSync(path, 100);
    await assert.rejects(native.synthesize(second, request, recipes, plain), { code: 'E_PACK' });
  });
});

describe('synthesizeFrom', () => {
  const gt = testImage(32, 24, 1);
  const shape = { batch: 1, height: 32, width: 24 };
  const recipe = () => Float64Array.from(randomRecipe(3, 4));

  it('makes a batch whose lq are multiples of 1/255', async () => {
    const batch = await native.synthesizeFrom(gt, shape, recipe(), plain);
    const { size, gtHeight, gtWidth, lqHeight, lqWidth } = batch;
    assert.deepEqual([size, gtHeight, gtWidth, lqHeight, lqWidth], [1, 32, 24, 8, 6]);
    assert.deepEqual(batch.gt(), gt);
    const lq = batch.lq();
    assert.equal(lq.length, 3 * 8 * 6);
    assert.ok(lq.every((v) => v >= 0 && v <= 1 && v === Math.fround(Math.round(v * 255) / 255)));
    assert.ok(batch.milliseconds >= 0);
    batch.dispose();
    batch.dispose();
    assert.throws(() => batch.lq(), { code: 'E_DISPOSED' });
    assert.throws(() => batch.size, { code: 'E_DISPOSED' });
  });

  it('sharpens gt when asked: it is then the target and what is degraded', async () => {
    const { _usm } = native as unknown as {
      _usm(image: Float32Array, height: number, width: number): Float32Array;
    };
    const sharp = _usm(gt, 32, 24);
    const batch = await native.synthesizeFrom(gt, shape, recipe(), { usm: true, threads: 1 });
    assert.deepEqual(batch.gt(), sharp);
    const again = await native.synthesizeFrom(sharp, shape, recipe(), plain);
    assert.deepEqual(batch.lq(), again.lq());
  });

  it('refuses wrong shapes, types and pixels', () => {
    const call = (changes: {
      gt?: unknown;
      shape?: unknown;
      recipes?: unknown;
      options?: unknown;
    }) => {
      const all = { gt, shape, recipes: recipe(), options: plain, ...changes };
      return native.synthesizeFrom(
        all.gt as Float32Array,
        all.shape as typeof shape,
        all.recipes as Float64Array,
        all.options as typeof plain,
      );
    };
    assert.throws(() => call({ gt: gt.slice(1) }), { code: 'E_SHAPE' });
    assert.throws(() => call({ recipes: recipe().slice(1) }), { code: 'E_SHAPE' });
    assert.throws(() => call({ recipes: new Float64Array(0) }), { code: 'E_SHAPE' });
    assert.throws(() => call({ shape: { ...shape, batch: 2 } }), { code: 'E_SHAPE' });
    assert.throws(() => call({ shape: { ...shape, height: 33 } }), { code: 'E_SHAPE' });
    assert.throws(() => call({ shape: { ...shape, height: 0 } }), RangeError);
    assert.throws(() => call({ shape: { ...shape, height: Number.NaN } }), TypeError);
    assert.throws(() => call({ shape: undefined }), TypeError);
    assert.throws(() => call({ gt: Array.from(gt) }), TypeError);
    assert.throws(() => call({ gt: Float64Array.from(gt) }), TypeError);
    assert.throws(() => call({ recipes: Float32Array.from(recipe()) }), TypeError);
    assert.throws(() => call({ options: { usm: 1, threads: 1 } }), TypeError);
    assert.throws(() => call({ options: { usm: false, threads: 0 } }), RangeError);
    for (const bad of [Number.NaN, -0.1, 1.5, Number.POSITIVE_INFINITY]) {
      const pixels = gt.slice();
      pixels[5] = bad;
      assert.throws(() => call({ gt: pixels }), { code: 'E_PIXEL', message: /^sample 0: / });
    }
    const detached = gt.slice();
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    assert.throws(() => call({ gt: detached }), TypeError);
  });

  it('refuses recipes that mean nothing, naming the sample and the field', () => {
    const { fields } = native.recipeLayout();
    const good = randomRecipe(5, 4);
    const values: Record<string, number[]> = {
      seedLo: [-1, 0.5, 2 ** 32, Number.NaN],
      scale: [0, 2.5, 17, 3],
      kernel1: [-1, 8, 0.5],
      kernelSize1: [1, 4, 23, Number.NaN],
      sigmaX1: [0, -1, Number.NaN, Number.POSITIVE_INFINITY],
      sigmaY1: [0, Number.NaN],
      theta1: [Number.NaN, 1e9],
      beta1: [0, -1, Number.NaN],
      resizeMode1: [3, -1],
      resizeScale1: [0, -1, 0.01, 1e9, Number.NaN],
      resizeScale2: [0.1, 0],
      noise2: [3],
      noiseLevel1: [-1, 1e9, Number.NaN],
      noiseGray1: [2, 0.5],
      jpegQuality2: [-1, 101, Number.NaN],
      finalOrder: [2],
      finalResizeMode: [3],
      finalSincSize: [2, 23],
      finalSincOmega: [0, 4, Number.NaN],
      jpegBackend: [2],
    };
    const set = (name: string, value: number, recipe = good.slice()) => {
      recipe[fields.indexOf(name)] = value;
      return recipe;
    };
    set('kernel1', 6, good);
    set('noise1', 1, good);
    set('finalSincSize', 7, good);
    const two = { ...shape, batch: 2 };
    const images = Float32Array.of(...gt, ...gt);
    for (const [name, bad] of Object.entries(values)) {
      for (const value of bad) {
        const recipes = Float64Array.of(...good, ...set(name, value));
        assert.throws(
          () => native.synthesizeFrom(images, two, recipes, plain),
          { code: 'E_RECIPE', message: new RegExp(`^sample 1: ${name}`) },
          `${name} = ${value}`,
        );
      }
    }
  });

  it('an instance made by hand is a disposed one', () => {
    const pack = native.openPack(writePack('class.pack'), table);
    const Class = pack.constructor as new () => typeof pack;
    assert.throws(() => new Class().count, { code: 'E_DISPOSED' });
    assert.throws(() => Class.prototype.count);
    const request = { size: 8, crops: Int32Array.of(0, 0, 0, 0, 0, 0) };
    const fake = Object.create(Class.prototype) as typeof pack;
    for (const wrong of [{}, null, fake, Class]) {
      assert.throws(
        () => native.synthesize(wrong as typeof pack, request, recipe(), plain),
        TypeError,
      );
    }
  });
});

describe('determinism', () => {
  const recipes = 200;
  const size = 64;
  const scale = 4;

  it('a result depends on gt and recipe only: not on batch, threads or order', async () => {
    const image = testImage(size, size, 3);
    const hashesOf = async (order: number[], batchSize: number, threads: number) => {
      const hashes = new Array<string>(recipes);
      for (let start = 0; start < recipes; start += batchSize) {
        const ids = order.slice(start, start + batchSize);
        const gt = new Float32Array(ids.length * image.length);
        for (const [i, id] of ids.entries()) {
          gt.set(
            image.map((v) => (v * (50 + (id % 50))) / 100),
            i * image.length,
          );
        }
        const packed = Float64Array.from(ids.flatMap((id) => randomRecipe(id, scale)));
        const shape = { batch: ids.length, height: size, width: size };
        const options = { usm: true, threads };
        const batch: NativeBatch = await native.synthesizeFrom(gt, shape, packed, options);
        const lq = batch.lq();
        const length = lq.length / ids.length;
        for (const [i, id] of ids.entries()) {
          hashes[id] = sha256(lq.subarray(i * length, (i + 1) * length));
        }
        batch.dispose();
      }
      return hashes;
    };
    const sorted = Array.from({ length: recipes }, (_, i) => i);
    const shuffled = new Random(1, 99, 1).shuffle(sorted.slice());
    const expected = await hashesOf(sorted, 1, 1);
    assert.equal(new Set(expected).size, recipes, 'different recipes give different images');
    for (const [order, batchSize, threads] of [
      [sorted, 16, 2],
      [shuffled, 3, 1],
      [shuffled, 16, 3],
      [shuffled, 1, 2],
      [shuffled, 3, 3],
    ] as const) {
      assert.deepEqual(await hashesOf(order, batchSize, threads), expected);
    }
  });
});
