import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import sharp from 'sharp';
import { sourceOf } from '../../src/data/byte-source.ts';
import { RefusedImage } from '../../src/data/problem.ts';
import { EvensrError } from '../../src/errors.ts';
import { createPicture, type PictureSpec } from '../../src/image/create.ts';
import { canHold, checkFormat } from '../../src/image/formats.ts';
import { openPicture } from '../../src/image/open.ts';
import { writtenFormats } from '../../src/image/picture.ts';
import { checkEnd } from '../../src/image/room.ts';
import { tiffHead } from '../../src/image/scratch-tiff.ts';
import {
  numbersOf,
  type TiffEntry,
  type TiffLayout,
  tiffDirectory,
  tiffLayout,
} from '../../src/image/tiff-directory.ts';
import { photo, png } from '../data-corpus.ts';
import { cameraExif, profile, xmpPacket } from '../image-files.ts';
import { openOptions, place, samples, writePicture } from '../image-kit.ts';

const spec: PictureSpec = {
  width: 40,
  height: 30,
  channels: 3,
  depth: 8,
  format: 'png',
  metadata: {},
};
const rows = samples(40, 30, 3, 8);

describe('what a format can hold', () => {
  it('is told before anything is written', () => {
    const rgb = { channels: 3, depth: 8 } as const;
    assert.deepEqual(canHold('jpeg', { channels: 4, depth: 16 }), ['alpha', 'depth']);
    assert.deepEqual(canHold('webp', { channels: 2, depth: 16 }), ['depth']);
    for (const format of writtenFormats) assert.deepEqual(canHold(format, rgb), []);
    for (const format of ['png', 'tiff'] as const)
      assert.deepEqual(canHold(format, { channels: 4, depth: 16 }), []);
  });

  it('sides that are too long are refused, with the format that has room', () => {
    checkFormat({ format: 'jpeg', width: 65_500, height: 1 }, { memory: 1e6 });
    checkFormat({ format: 'webp', width: 1000, height: 1000 }, { memory: 1, lossless: true });
    const large = { format: 'webp', width: 10_000, height: 10_000 } as const;
    checkFormat(large, { memory: 2e8 });
    const refused = (
      format: 'jpeg' | 'webp' | 'png',
      width: number,
      reason: RegExp,
      { height, lossless } = { height: 5, lossless: false },
    ) =>
      assert.throws(
        () => checkFormat({ format, width, height }, { memory: 2e8, lossless }),
        (error: unknown) =>
          error instanceof RefusedImage && error.code === 'E_LIMIT' && reason.test(error.message),
      );
    refused('jpeg', 65_501, /jpeg holds at most 65500 pixels a side \(-f png can\)/);
    refused('webp', 16_384, /webp holds .*-f png/);
    const square = { height: 10_000, lossless: true };
    refused('webp', 10_000, /WebP needs 2600 MB at once, 800 MB are allowed/, square);
    refused('png', 100_000_001, /png holds at most 100000000/);
  });

  it('the longest sides can be written', async (t) => {
    const { scratch, path } = place(t);
    for (const [format, width] of [
      ['jpeg', 65_500],
      ['webp', 16_383],
      ['png', 2_000_000],
      ['tiff', 2_000_000],
    ] as const)
      for (const memory of [1e8, 1000]) {
        const wide = { ...spec, width, height: 1, channels: 1 as const, format };
        const bytes = await writePicture(
          path(`${format}-${memory}`),
          wide,
          samples(width, 1, 1, 8),
          { memory, scratch },
        );
        const { width: back } = await sharp(bytes, { limitInputPixels: false }).metadata();
        assert.equal(back, width);
      }
  });

  it('is not thrown away silently', async (t) => {
    const { scratch, path } = place(t);
    const options = { memory: 1e6, scratch };
    for (const [format, channels, depth] of [
      ['jpeg', 4, 8],
      ['jpeg', 3, 16],
      ['webp', 3, 16],
    ] as const)
      await assert.rejects(
        createPicture(path('x'), { ...spec, format, channels, depth }, options),
        RangeError,
      );
    assert.ok(!existsSync(path('x')));
  });
});

describe('the file', () => {
  it('is made for this picture or not at all', async (t) => {
    const { scratch, path, folder } = place(t);
    writeFileSync(path('taken'), 'mine');
    symlinkSync(path('elsewhere'), path('dangling'));
    for (const name of ['taken', 'dangling', 'no/folder'])
      await assert.rejects(
        createPicture(path(name), spec, { memory: 1e6, scratch, name: 'shown.png' }),
        (error: unknown) => {
          assert.ok(error instanceof EvensrError);
          assert.deepEqual([error.code, error.exitCode], ['E_DISK', 5]);
          assert.match(error.message, /^shown\.png could not be written: (EEXIST|ENOENT)/);
          return true;
        },
      );
    assert.deepEqual(readdirSync(folder).sort(), ['dangling', 'taken']);
    assert.equal(readFileSync(path('taken'), 'utf8'), 'mine');
    assert.deepEqual(readdirSync(scratch), []);
  });

  it('may be named by the descriptor of its folder', async (t) => {
    const { scratch, path, folder } = place(t);
    if (!existsSync('/proc/self/fd')) return t.skip('no /proc/self/fd');
    const descriptor = openSync(folder, 'r');
    for (const memory of [1e6, 100]) {
      const name = `out-${memory}.png`;
      const bytes = await writePicture(`/proc/self/fd/${descriptor}/${name}`, spec, rows, {
        memory,
        scratch,
      });
      assert.ok(readFileSync(path(name)).equals(bytes));
    }
  });

  it('is gone when it is given up, at any time', async (t) => {
    const { scratch, folder, path } = place(t);
    for (const memory of [1e6, 100])
      for (const count of [0, 10, 30]) {
        const writer = await createPicture(path('x.png'), spec, { memory, scratch });
        if (count > 0) await writer.write(rows.subarray(0, count * 120));
        await writer.discard();
        await writer.discard();
        assert.deepEqual([readdirSync(folder), readdirSync(scratch)], [[], []]);
      }
  });

  it('is not finished with rows missing, nor taken more than it has', async (t) => {
    const { scratch, folder, path } = place(t);
    for (const memory of [1e6, 100]) {
      const writer = await createPicture(path('x.png'), spec, { memory, scratch });
      await writer.write(rows.subarray(0, 120));
      await assert.rejects(writer.finish(), /3480 bytes of rows are missing/);
      await assert.rejects(writer.write(rows), RangeError);
      await writer.discard();
      assert.deepEqual([readdirSync(folder), readdirSync(scratch)], [[], []]);
    }
  });
});

describe('through the scratch folder', () => {
  it('gives the same file as in memory, but for JPEG whose pixels are the same', async (t) => {
    const { scratch, path } = place(t);
    const metadata = {
      icc: await profile('p3'),
      exif: cameraExif(1),
      xmp: xmpPacket(1),
      density: 300,
    };
    for (const format of writtenFormats) {
      const write = (memory: number) =>
        writePicture(path(`${format}-${memory}`), { ...spec, format, metadata }, rows, {
          memory,
          scratch,
        });
      const [whole, streamed] = [await write(1e6), await write(100)];
      if (format !== 'jpeg') assert.ok(whole.equals(streamed), format);
      const pixels = (bytes: Buffer) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
      assert.ok((await pixels(whole)).equals(await pixels(streamed)), format);
    }
  });

  it('BigTIFF above 4 GB, whose last strip ends where the file does', async (t) => {
    const { path } = place(t);
    const shape = { width: 50_000, height: 27_000, channels: 3, depth: 8 } as const;
    const head = tiffHead(shape);
    const size = head.length + 50_000 * 27_000 * 3;
    // Nothing but holes behind its head.
    writeFileSync(path('big.tif'), head);
    truncateSync(path('big.tif'), size);
    const read = () => sharp(path('big.tif'), { limitInputPixels: false, sequentialRead: true });
    const found = await read().metadata();
    assert.deepEqual([found.width, found.height, found.channels], [50_000, 27_000, 3]);
    const part = await read().extract({ left: 0, top: 0, width: 10, height: 10 }).raw().toBuffer();
    assert.ok(part.equals(Buffer.alloc(300)));
    const source = sourceOf(head);
    const layout = tiffLayout(source) as TiffLayout;
    const directory = tiffDirectory(source, layout, layout.first);
    const numbers = (tag: number) => {
      const entry = directory?.entries.find((one) => one.tag === tag) as TiffEntry;
      return numbersOf(source, layout, entry);
    };
    assert.equal(layout.big, true);
    assert.equal((numbers(273).at(-1) ?? 0) + (numbers(279).at(-1) ?? 0), size);
    assert.equal(tiffHead({ ...shape, width: 100 }).readUInt16LE(2), 42);
  });
});

/** A file system of so many bytes, or nothing where that is not allowed. */
function smallDisk(t: TestContext, size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-disk-'));
  const options = ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder];
  const isMounted = spawnSync('mount', options).status === 0;
  t.after(() => {
    if (isMounted) spawnSync('umount', [folder]);
    rmdirSync(folder);
  });
  return isMounted ? folder : undefined;
}

describe('on a disk that is full', () => {
  const isFull = (error: unknown) => {
    assert.ok(error instanceof EvensrError, String(error));
    assert.deepEqual([error.code, error.exitCode], ['E_DISK', 5]);
    return true;
  };
  const large = { ...spec, width: 400, height: 400 };
  const noise = photo(1, 400, 400).pixels.map(
    (value, at) => value ^ (Math.imul(at, at * 31) >>> 7),
  );

  it('the target: no half file', async (t) => {
    const { scratch } = place(t);
    const disk = smallDisk(t, '100k');
    if (!disk) return t.skip('mounting a tmpfs needs root');
    for (const memory of [1e7, 1000]) {
      const writer = await createPicture(join(disk, 'x.png'), large, { memory, scratch });
      await writer.write(noise);
      await assert.rejects(writer.finish(), isFull);
      assert.deepEqual([readdirSync(disk), readdirSync(scratch)], [[], []]);
    }
  });

  it('the scratch folder: refused before the first row, or told while it fills', async (t) => {
    const { path } = place(t);
    const scratch = smallDisk(t, '1200k');
    if (!scratch) return t.skip('mounting a tmpfs needs root');
    const other = join(scratch, 'other');
    const options = { memory: 1000, scratch };
    const huge = { ...large, width: 4000 };
    await assert.rejects(createPicture(path('x.png'), huge, options), isFull);
    const writer = await createPicture(path('x.png'), large, options);
    writeFileSync(other, Buffer.alloc(900_000));
    await assert.rejects(writer.write(noise), isFull);
    await writer.discard();
    // Room for the rows, none for the encoded file.
    writeFileSync(other, '');
    const second = await createPicture(path('y.png'), large, options);
    await second.write(noise);
    writeFileSync(other, Buffer.alloc(480_000));
    await assert.rejects(second.finish(), isFull);
    assert.deepEqual(readdirSync(scratch), ['other']);
    assert.deepEqual([existsSync(path('x.png')), existsSync(path('y.png'))], [false, false]);
  });

  it('an encoded file whose end is missing is the disk, not the picture', async (t) => {
    const { scratch, path } = place(t);
    for (const format of writtenFormats) {
      const options = { memory: 1e6, scratch };
      const bytes = await writePicture(path(format), { ...spec, format }, rows, options);
      checkEnd(sourceOf(bytes), format, 'x');
      for (const missing of format === 'tiff' ? [300] : [1, 9, 300]) {
        const cut = sourceOf(bytes.subarray(0, -missing));
        assert.throws(() => checkEnd(cut, format, 'x'), isFull, `${format} without ${missing}`);
      }
    }
  });

  it('the scratch folder of a picture that is read', async (t) => {
    const scratch = smallDisk(t, '600k');
    if (!scratch) return t.skip('mounting a tmpfs needs root');
    const bytes = await png(1, 600, 400);
    const options = openOptions(scratch, { memory: 1000 });
    await assert.rejects(openPicture({ bytes }, options), isFull);
    assert.deepEqual(readdirSync(scratch), []);
  });
});
