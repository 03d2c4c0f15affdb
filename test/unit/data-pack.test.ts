import assert from 'node:assert/strict';
import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { defaultMaxImageBytes } from '../../src/data/decode.ts';
import { type PackedPhotos, packPhotos } from '../../src/data/pack.ts';
import { packKey } from '../../src/data/pack-index.ts';
import { badFiles, goodFiles, makeFifo, photo, png, writeFiles } from '../data-corpus.ts';
import { packCounting, place, withPngs } from '../data-place.ts';

function pixelsOf(packed: PackedPhotos): Map<string, Buffer> {
  const bytes = readFileSync(packed.path);
  return new Map(
    packed.images.map(({ name, offset, height, width }) => [
      name,
      bytes.subarray(offset, offset + height * width * 3),
    ]),
  );
}

describe('pack', () => {
  it('holds the pixels of every photograph, one after the other', async (t) => {
    const where = await withPngs(t, 3);
    const packed = await packPhotos(where);
    assert.equal(packed.bytes, 3 * 48 * 40 * 3);
    assert.equal(readFileSync(packed.path).length, packed.bytes);
    for (const [name, pixels] of pixelsOf(packed))
      assert.ok(pixels.equals(photo(Number(name[0])).pixels), name);
    assert.deepEqual(
      packed.images.map((image) => image.offset),
      [0, 5760, 11520],
    );
  });

  it('lists every bad file by name and code, and the good ones are as without them', async (t) => {
    const [clean, mixed] = [place(t), place(t)];
    const good = await goodFiles();
    const bad = await badFiles();
    for (const { images } of [clean, mixed]) writeFiles(images, good);
    for (const [name, [bytes]] of Object.entries(bad))
      writeFileSync(join(mixed.images, name), bytes);
    const expected = Object.entries(bad).map(([name, [, code]]) => `${name} ${code}`);
    if (makeFifo(join(mixed.images, 'fifo.jpg'))) expected.push('fifo.jpg E_NOT_A_FILE');

    const alone = await packPhotos(clean);
    const among = await packPhotos({ ...mixed, badLimit: { fraction: 1 } });
    assert.deepEqual(alone.skipped, []);
    assert.deepEqual(
      among.skipped.map(({ name, code }) => `${name} ${code}`).sort(),
      expected.sort(),
    );
    assert.equal(among.images.length, Object.keys(good).length);
    assert.deepEqual(pixelsOf(among), pixelsOf(alone));
    assert.deepEqual(
      alone.warnings.map(({ code, count }) => `${code} ${count}`),
      [
        'W_IMG_DEPTH 2',
        'W_IMG_GRAY 2',
        'W_IMG_PALETTE 2',
        'W_IMG_ALPHA 1',
        'W_IMG_CMYK 1',
        'W_IMG_ROTATED 1',
      ],
    );
  });

  it('stops when more than 1 % is bad, and when nothing is good', async (t) => {
    const where = await withPngs(t, 2);
    writeFileSync(join(where.images, 'bad.png'), 'bad');
    await assert.rejects(packPhotos(where), {
      code: 'E_DATA_BAD',
      exitCode: 3,
      message: /^1 of 3 images .* bad\.png: only 3 bytes long$/,
    });
    assert.equal((await packPhotos({ ...where, badLimit: { fraction: 0.5 } })).images.length, 2);
    rmSync(join(where.images, '0.png'));
    rmSync(join(where.images, '1.png'));
    await assert.rejects(packPhotos(where), { code: 'E_DATA_EMPTY', exitCode: 3 });
  });

  it('writes nothing for a folder without photographs', async (t) => {
    const where = place(t);
    await assert.rejects(packPhotos(where), { code: 'E_DATA_EMPTY', exitCode: 3 });
    assert.ok(!existsSync(where.packDir));
  });

  it('leaves out what is smaller than the crop, without packing again', async (t) => {
    const where = await withPngs(t, 2);
    writeFileSync(join(where.images, 'small.png'), await png(9, 48, 39));
    const limits = { badLimit: { fraction: 1 } };
    assert.equal((await packPhotos({ ...where, ...limits })).images.length, 3);
    const { packed, looked } = await packCounting({ ...where, ...limits, minSize: 40 });
    assert.equal(looked, 0);
    assert.ok(packed.reused);
    assert.deepEqual(
      packed.skipped.map(({ name, code }) => [name, code]),
      [['small.png', 'E_IMG_SMALL']],
    );
  });

  it('warns about duplicates', async (t) => {
    const where = await withPngs(t, 2);
    writeFileSync(join(where.images, 'twin.png'), await png(1));
    const { warnings } = await packPhotos(where);
    assert.deepEqual(
      warnings.map(({ code, names }) => [code, names]),
      [['W_IMG_DUPLICATE', ['twin.png']]],
    );
  });
});

describe('pack of a folder that changes', () => {
  it('is used again while nothing changed', async (t) => {
    const where = await withPngs(t, 3);
    const first = await packPhotos(where);
    const second = await packCounting(where);
    assert.ok(!first.reused && second.packed.reused);
    assert.equal(second.looked, 0);
    assert.deepEqual(second.packed.images, first.images);
  });

  it('follows added, removed and changed files, and removes the pack before', async (t) => {
    const where = await withPngs(t, 3);
    const { images } = where;
    const first = await packPhotos(where);
    writeFileSync(join(images, '7.png'), await png(7));
    rmSync(join(images, '0.png'));
    writeFileSync(join(images, '1.png'), await png(1, 48, 24));
    const second = await packPhotos(where);
    assert.deepEqual(
      second.images.map(({ name, height }) => [name, height]),
      [
        ['1.png', 24],
        ['2.png', 40],
        ['7.png', 40],
      ],
    );
    const pixels = pixelsOf(second);
    assert.ok(pixels.get('7.png')?.equals(photo(7).pixels));
    assert.ok(pixels.get('1.png')?.equals(photo(1, 48, 24).pixels));
    assert.ok(pixels.get('2.png')?.equals(photo(2).pixels));
    assert.ok(!existsSync(first.path));
    assert.equal(readdirSync(where.packDir).length, 2);
  });

  it('sees new content of the same size and time', async (t) => {
    const where = place(t);
    const path = join(where.images, 'a.png');
    const files = [await png(1), await png(2)] as [Buffer, Buffer];
    const size = Math.max(files[0].length, files[1].length);
    // Bytes after the end of a PNG do not matter.
    const [before, after] = files.map((f) => Buffer.concat([f, Buffer.alloc(size - f.length)]));
    writeFileSync(path, before as Buffer);
    utimesSync(path, 1000, 1000);
    await packPhotos(where);
    writeFileSync(path, after as Buffer);
    utimesSync(path, 1000, 1000);
    assert.ok(
      pixelsOf(await packPhotos(where))
        .get('a.png')
        ?.equals(photo(2).pixels),
    );
  });

  it('names what vanished or changed between the scan and its turn, and looks again next time', async (t) => {
    const where = await withPngs(t, 8);
    const path = (seed: number) => join(where.images, `${seed}.png`);
    const other = await png(60);
    const onProgress = ({ done }: { done: number }) => {
      if (done !== 1) return;
      rmSync(path(5));
      writeFileSync(path(6), other);
      rmSync(path(7));
      makeFifo(path(7));
    };
    const first = await packPhotos({ ...where, badLimit: { fraction: 1 }, onProgress });
    assert.equal(first.images.length, 5);
    assert.deepEqual(
      first.skipped.map(({ name, code }) => [name, code]),
      [
        ['5.png', 'E_VANISHED'],
        ['6.png', 'E_CHANGED'],
        ['7.png', 'E_NOT_A_FILE'],
      ],
    );
    rmSync(path(7));
    const second = await packPhotos(where);
    assert.deepEqual([second.images.length, second.skipped], [6, []]);
    assert.ok(pixelsOf(second).get('6.png')?.equals(photo(60).pixels));
  });

  it('takes over pixels of files that only got another time', async (t) => {
    const where = await withPngs(t, 2);
    const first = await packPhotos(where);
    utimesSync(join(where.images, '0.png'), 1000, 1000);
    const second = await packPhotos(where);
    assert.ok(!second.reused);
    assert.equal(basename(second.path), basename(first.path));
    assert.deepEqual(pixelsOf(second), pixelsOf(first));
  });

  it('is made again when its file is cut, too long, or its index damaged', async (t) => {
    const where = await withPngs(t, 2);
    const { path } = await packPhotos(where);
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, -1));
    assert.ok(!(await packPhotos(where)).reused);
    assert.ok(readFileSync(path).equals(whole));
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
    assert.ok(!(await packPhotos(where)).reused);
    const key = packKey([where.images], defaultMaxImageBytes);
    writeFileSync(join(where.packDir, `${key}.json`), '{"version":1');
    assert.ok(!(await packPhotos(where)).reused);
  });

  it('finds and repairs damaged pixels when asked to verify', async (t) => {
    const where = await withPngs(t, 2);
    const { path } = await packPhotos(where);
    const whole = readFileSync(path);
    writeSync(openSync(path, 'r+'), Buffer.from([(whole[6000] as number) ^ 1]), 0, 1, 6000);
    assert.ok((await packPhotos(where)).reused, 'not looked at without verify');
    const verified = await packPhotos({ ...where, verify: true });
    assert.deepEqual(
      verified.warnings.map(({ code, names }) => [code, names]),
      [['W_PACK_DAMAGED', ['1.png']]],
    );
    assert.ok(readFileSync(verified.path).equals(whole));
    assert.ok((await packPhotos({ ...where, verify: true })).reused);
  });
});
