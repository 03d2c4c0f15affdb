import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { crc32 } from '@node-rs/crc32';
import sharp from 'sharp';
import { RefusedImage } from '../../src/data/problem.ts';
import { probePicture } from '../../src/image/inspect.ts';
import { openPicture } from '../../src/image/open.ts';
import {
  badFiles,
  bomb,
  bombs,
  floatTiff,
  goodFiles,
  makeFifo,
  photo,
  picture,
  png,
} from '../data-corpus.ts';
import { pngChunk, profile, rawPng } from '../image-files.ts';
import { openOptions, place, readPicture, samples } from '../image-kit.ts';

const refusedAs =
  (code: string, reason = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof RefusedImage, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, reason);
    return true;
  };

/** What a picture of one row is read as. */
async function read(bytes: Buffer, scratch: string) {
  const { info, rows, notes } = await readPicture(bytes, scratch);
  return { channels: info.channels, depth: info.depth, rows: [...rows], notes: [...notes] };
}

describe('kinds of PNG', () => {
  const line = (...bytes: number[]) => Buffer.from([0, ...bytes]);
  const palette = pngChunk('PLTE', Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  const seeThrough = (...bytes: number[]) => pngChunk('tRNS', Buffer.from(bytes));
  const of = (width: number, depth: number, type: number) => ({ width, height: 1, depth, type });
  const cases: [string, Buffer, 1 | 2 | 3 | 4, 8 | 16, number[]][] = [
    ['1 bit', rawPng(of(3, 1, 0), line(0b10100000)), 1, 8, [255, 0, 255]],
    ['2 bits', rawPng(of(4, 2, 0), line(0b00011011)), 1, 8, [0, 85, 170, 255]],
    ['4 bits', rawPng(of(2, 4, 0), line(0x1f)), 1, 8, [17, 255]],
    [
      'gray with a transparent number',
      rawPng(of(3, 8, 0), line(5, 6, 7), [seeThrough(0, 6)]),
      2,
      8,
      [5, 255, 6, 0, 7, 255],
    ],
    ['gray of 16 bits', rawPng(of(2, 16, 0), line(1, 2, 3, 4)), 1, 16, [0x102, 0x304]],
    [
      'RGB of 16 bits with a transparent colour',
      rawPng(of(2, 16, 2), line(0, 5, 0, 6, 0, 7, 1, 8, 1, 9, 1, 10), [
        seeThrough(0, 5, 0, 6, 0, 7),
      ]),
      4,
      16,
      [5, 6, 7, 0, 0x108, 0x109, 0x10a, 65535],
    ],
    [
      'a palette',
      rawPng(of(4, 2, 3), line(0b00011011), [palette]),
      3,
      8,
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    ],
    [
      'a palette with alpha',
      rawPng(of(4, 2, 3), line(0b00011011), [palette, seeThrough(0, 128)]),
      4,
      8,
      [1, 2, 3, 0, 4, 5, 6, 128, 7, 8, 9, 255, 10, 11, 12, 255],
    ],
  ];
  for (const [name, bytes, channels, depth, rows] of cases)
    it(name, async (t) => {
      const { scratch } = place(t);
      assert.deepEqual(await read(bytes, scratch), { channels, depth, rows, notes: [] });
    });

  it('interlaced', async (t) => {
    const { scratch } = place(t);
    const { rows } = await readPicture(
      await picture(1).png({ progressive: true }).toBuffer(),
      scratch,
    );
    assert.deepEqual(Buffer.from(rows), photo(1).pixels);
  });
});

describe('pictures of other colours', () => {
  for (const tagged of [true, false])
    it(`CMYK ${tagged ? 'with' : 'without'} a profile becomes sRGB, and is said`, async (t) => {
      const { scratch } = place(t);
      const image = picture(1).toColourspace('cmyk');
      const bytes = await (tagged ? image.withIccProfile('cmyk') : image)
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer();
      const { info, rows, notes } = await readPicture(bytes, scratch);
      assert.deepEqual([info.channels, info.depth, info.metadata.icc], [3, 8, undefined]);
      assert.deepEqual(
        Buffer.from(rows),
        await sharp(bytes).toColourspace('srgb').raw().toBuffer(),
      );
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /^CMYK .*converted to sRGB/);
    });

  it('Lab of 16 bits becomes sRGB', async (t) => {
    const { scratch } = place(t);
    const lab = picture(1).toColourspace('labs').tiff({ compression: 'none' });
    const { info, rows, notes } = await readPicture(await lab.toBuffer(), scratch);
    assert.deepEqual([info.channels, info.depth], [3, 8]);
    assert.deepEqual(notes, ['Lab converted to sRGB']);
    const { pixels } = photo(1);
    const worst = Math.max(...pixels.map((value, at) => Math.abs(value - (rows[at] as number))));
    assert.ok(worst <= 2, `${worst}`);
  });

  it('a profile of another colour space is dropped and said', async (t) => {
    const { scratch } = place(t);
    const { deflateSync } = await import('node:zlib');
    const chunk = (icc: Buffer) =>
      pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(icc)]));
    const gray = { width: 1, height: 1, depth: 8, type: 0 };
    const wrong = rawPng(gray, Buffer.from([0, 5]), [chunk(await profile('p3'))]);
    const { info, notes } = await readPicture(wrong, scratch);
    assert.equal(info.metadata.icc, undefined);
    assert.deepEqual(notes, ['the ICC profile is of another colour space and is not kept']);
    const right = rawPng(gray, Buffer.from([0, 5]), [chunk(await profile('gray'))]);
    assert.ok((await readPicture(right, scratch)).info.metadata.icc);
  });

  it('premultiplied TIFF is read as the others are', async (t) => {
    const { scratch } = place(t);
    const rgba = Buffer.from([100, 50, 20, 128, 10, 20, 30, 255]);
    const plain = await sharp(rgba, { raw: { width: 2, height: 1, channels: 4 } })
      .tiff({ compression: 'none' })
      .toBuffer();
    const entry = plain.indexOf(Buffer.from([0x52, 0x01, 3, 0, 1, 0, 0, 0, 2, 0]));
    assert.ok(entry > 0, 'an entry that says: not premultiplied');
    plain[entry + 8] = 1;
    const { rows } = await readPicture(plain, scratch);
    assert.deepEqual([...rows], [199, 99, 39, 128, 10, 20, 30, 255]);
  });
});

describe('what is refused or left out', () => {
  it('every bad file of the corpus, with its code', async (t) => {
    const { scratch } = place(t);
    // These are of use here: the extension does not matter, alpha and the first frame are read.
    const usable = /really-a-png|see-through|two-frames/;
    for (const [name, [bytes, code]] of Object.entries(await badFiles()))
      for (const memory of [1e8, 2000]) {
        const maxPixels = code === 'E_LIMIT' ? 1e6 : 1e9;
        const opened = readPicture(bytes, scratch, { name, memory, maxPixels });
        if (!usable.test(name)) await assert.rejects(opened, refusedAs(code), name);
        else assert.equal((await opened).notes.length > 0, !/see/.test(name));
        assert.deepEqual(readdirSync(scratch), [], name);
      }
  });

  it('every length of a file but the whole one', async (t) => {
    const { scratch } = place(t);
    const made = {
      png: await png(1, 24, 20),
      jpeg: await picture(1, 24, 20).jpeg().toBuffer(),
      webp: await picture(1, 24, 20).webp().toBuffer(),
      tiff: await picture(1, 24, 20).tiff({ compression: 'deflate' }).toBuffer(),
      gif: await picture(1, 24, 20).gif().toBuffer(),
      avif: await picture(1, 24, 20).avif().toBuffer(),
    };
    for (const [name, bytes] of Object.entries(made)) {
      await readPicture(bytes, scratch, { name: `x.${name}` });
      const step = Math.max(1, Math.floor(bytes.length / 60));
      // The last byte of a GIF only says that nothing follows.
      for (let length = 0; length < bytes.length - (name === 'gif' ? 1 : 0); length += step)
        for (const memory of [1e8, 1000]) {
          const cut = bytes.subarray(0, length);
          await assert.rejects(
            readPicture(cut, scratch, { name: `x.${name}`, memory }),
            RefusedImage,
            `${name}: ${length} of ${bytes.length}`,
          );
        }
    }
    assert.deepEqual(readdirSync(scratch), []);
  });

  it('samples that are no whole numbers of 8 or 16 bits', async (t) => {
    const { scratch } = place(t);
    await assert.rejects(readPicture(floatTiff(), scratch), refusedAs('E_IMG_FORMAT', /float/));
  });

  it('bombs, from the header', async (t) => {
    const { scratch } = place(t);
    const before = process.resourceUsage().maxRSS;
    const huge = bomb(14000, 14000);
    const limits = openOptions(scratch, { maxPixels: 1e8 });
    const reason = /^14000x14000 = 196 megapixels > 100$/;
    await assert.rejects(openPicture({ bytes: huge }, limits), refusedAs('E_LIMIT', reason));
    await assert.rejects(probePicture({ bytes: huge }, limits), refusedAs('E_LIMIT', reason));
    for (const [name, [bytes, code]] of Object.entries(bombs())) {
      const found = await readPicture(bytes, scratch, { maxPixels: 1e8 }).then(
        () => 'none',
        (error: RefusedImage) => error.code,
      );
      assert.equal(found, code === 'E_IMG_ANIMATED' ? 'none' : code, name);
    }
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grown < 128, `${grown} MB more`);
  });

  it('pictures that cannot be read row by row and need more than is allowed', async (t) => {
    const { scratch } = place(t);
    const jpeg = await picture(1).jpeg({ progressive: true }).toBuffer();
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc2]));
    jpeg.writeUInt16BE(8000, frame + 5);
    jpeg.writeUInt16BE(8000, frame + 7);
    const interlaced = bomb(8000, 8000);
    interlaced[28] = 1;
    const head = interlaced.subarray(12, 29);
    interlaced.writeUInt32BE(crc32(head), 29);
    const large = { maxPixels: 1e9, memory: 3e7 };
    for (const bytes of [jpeg, interlaced])
      await assert.rejects(
        readPicture(bytes, scratch, large),
        refusedAs('E_LIMIT', /cannot go row by row, needs \d+ MB at once, 120 MB are allowed/),
      );
  });

  it('the second page and frame, which is said', async (t) => {
    const { scratch } = place(t);
    const frames = sharp(Buffer.concat([photo(1).pixels, photo(2).pixels]), {
      raw: { width: 48, height: 80, channels: 3, pageHeight: 40 },
    });
    const bytes = await frames.webp({ lossless: true }).toBuffer();
    const { rows, notes } = await readPicture(bytes, scratch);
    assert.deepEqual(Buffer.from(rows), photo(1).pixels);
    assert.deepEqual(notes, ['only the first of 2 frames or pages is read']);
  });

  it('files that are none', async (t) => {
    const { scratch, path, folder } = place(t);
    const options = openOptions(scratch);
    await assert.rejects(openPicture({ path: path('gone') }, options), refusedAs('E_VANISHED'));
    await assert.rejects(openPicture({ path: folder }, options), refusedAs('E_NOT_A_FILE'));
    if (makeFifo(path('fifo')))
      await assert.rejects(openPicture({ path: path('fifo') }, options), refusedAs('E_NOT_A_FILE'));
  });
});

describe('in strips, from a file', () => {
  it('gives the rows and metadata that decoding at once gives', async (t) => {
    const { scratch, path } = place(t);
    for (const [name, bytes] of Object.entries(await goodFiles())) {
      if (/turned/.test(name)) continue;
      const at = path(name.slice(-20));
      writeFileSync(at, bytes);
      const whole = await readPicture(bytes, scratch, { name });
      // Less than the decoded picture, and enough for the decoders that cannot go row by row.
      const { width, height, channels, depth } = whole.info;
      const memory = (width * height * channels * depth) / 8 - 1;
      const striped = await readPicture({ path: at }, scratch, { name, memory });
      assert.deepEqual(striped, whole, name);
      const probed = await probePicture({ path: at }, openOptions(scratch, { name, memory }));
      assert.deepEqual(probed.info, whole.info, name);
      assert.deepEqual(probed.notes, whole.notes, name);
      assert.equal(probed.plan.whole, false);
    }
  });

  it('asks for room before it decodes', async (t) => {
    const { scratch } = place(t);
    const { checkRoom } = await import('../../src/image/room.ts');
    await assert.rejects(checkRoom(scratch, 1e18), {
      code: 'E_DISK',
      exitCode: 5,
      message: /MB free, a temporary file of 1,000,000,000,000 MB is needed$/,
    });
  });

  it('leaves nothing behind when it is closed early, and refuses rows that are not there', async (t) => {
    const { scratch } = place(t);
    const bytes = await png(1);
    for (const memory of [1e6, 1000]) {
      const reader = await openPicture({ bytes }, openOptions(scratch, { memory }));
      await reader.read(39);
      await assert.rejects(reader.read(2), RangeError);
      await reader.close();
      assert.deepEqual(readdirSync(scratch), []);
    }
  });

  it('numbers of 16 bits in odd places', async (t) => {
    const { scratch } = place(t);
    const rows = samples(7, 300, 3, 16);
    const bytes = await sharp(rows, { raw: { width: 7, height: 300, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    assert.deepEqual((await readPicture(bytes, scratch, { memory: 50 })).rows, rows);
  });
});
