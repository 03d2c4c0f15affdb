import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { changedExif, withoutThumbnail } from '../../src/image/exif.ts';
import {
  type PictureMetadata,
  type WrittenFormat,
  writtenFormats,
} from '../../src/image/picture.ts';
import {
  cameraExif,
  jpegWithParts,
  makerNote,
  pngChunk,
  profile,
  rawPng,
  thumbnailBytes,
  xmpPacket,
} from '../image-files.ts';
import { place, readPicture, samples, writePicture } from '../image-kit.ts';
import { pythonWith } from '../python.ts';

const [width, height] = [24, 16];

const plainJpeg = () =>
  sharp(samples(width, height, 3, 8), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();

/** A Display-P3 photograph as a telephone writes it. */
async function telephone(orientation: number, exif = cameraExif(orientation)): Promise<Buffer> {
  const parts = { icc: await profile('p3'), exif, xmp: xmpPacket(orientation) };
  return jpegWithParts(await plainJpeg(), parts);
}

/** The tags of a block, by directory, as an independent reader of the format's text sees them. */
function tagsOf(block: Buffer): Map<string, string> {
  const little = block[0] === 0x49;
  const short = (at: number) => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  const long = (at: number) => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));
  const sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8];
  const found = new Map<string, string>();
  const walk = (name: string, at: number) => {
    const count = short(at);
    for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
      const [tag, type, values] = [short(entry), short(entry + 2), long(entry + 4)];
      const size = (sizes[type] as number) * values;
      const from = size > 4 ? long(entry + 8) : entry + 8;
      if (tag === 34665 || tag === 34853) walk(`${tag}`, long(entry + 8));
      else if (type === 3 || type === 4)
        found.set(`${name}/${tag}`, `${type === 3 ? short(from) : long(from)}`);
      else if (type === 5) {
        const numbers = Array.from(
          { length: values },
          (_, i) => long(from + 8 * i) / long(from + 8 * i + 4),
        );
        found.set(`${name}/${tag}`, numbers.join());
      } else found.set(`${name}/${tag}`, block.toString('latin1', from, from + size));
    }
    if (long(at + 2 + 12 * count) > 0) found.set('next', 'directory');
  };
  walk('main', long(4));
  return found;
}

const written = async (
  path: string,
  scratch: string,
  format: WrittenFormat,
  metadata: PictureMetadata,
  more: { memory?: number; strip?: boolean; provenance?: string; channels?: 1 | 3 } = {},
) => {
  const channels = more.channels ?? 3;
  const spec = { width: 48, height: 32, channels, depth: 8 as const, format, metadata };
  const options = { memory: 1e8, scratch, ...more };
  return writePicture(path, spec, samples(48, 32, channels, 8), options);
};

/** The decoder gives EXIF with JPEG's mark, or without. */
const unmarked = (exif: Buffer | undefined): Buffer =>
  exif?.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : (exif ?? Buffer.alloc(0));

describe('a Display-P3 photograph with an orientation', () => {
  for (let orientation = 1; orientation <= 8; orientation++)
    it(`${orientation}: turned once, and said no more`, async (t) => {
      const { scratch } = place(t);
      const bytes = await telephone(orientation);
      const { info, rows, notes } = await readPicture(bytes, scratch);
      const shown = await sharp(bytes, { ignoreIcc: true }).autoOrient().raw().toBuffer();
      assert.deepEqual(Buffer.from(rows), shown);
      assert.equal(info.width, orientation < 5 ? width : height);
      assert.ok(info.metadata.icc?.equals(await profile('p3')));
      const expected = tagsOf(cameraExif(1));
      expected.delete('next');
      assert.deepEqual(tagsOf(info.metadata.exif as Buffer), expected);
      assert.ok(info.metadata.xmp?.equals(xmpPacket(1)));
      assert.equal(info.metadata.density, 300);
      assert.deepEqual(notes, []);
    });

  it('keeps its numbers, which the profile would change', async () => {
    const bytes = await telephone(1);
    const native = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    assert.ok(!native.equals(await sharp(bytes).raw().toBuffer()));
  });

  it('read in strips it is not turned and still says how it stands', async (t) => {
    const { scratch } = place(t);
    const bytes = await telephone(6);
    const { info, rows } = await readPicture(bytes, scratch, { memory: 100 });
    assert.deepEqual(Buffer.from(rows), await sharp(bytes, { ignoreIcc: true }).raw().toBuffer());
    assert.equal(tagsOf(info.metadata.exif as Buffer).get('main/274'), '6');
    assert.ok(info.metadata.xmp?.equals(xmpPacket(6)));
  });

  for (const format of writtenFormats)
    for (const memory of [1e8, 48])
      it(`goes into ${format} and comes back (memory ${memory})`, async (t) => {
        const { scratch, path } = place(t);
        for (const little of [true, false]) {
          const source = await telephone(1, cameraExif(1, { little }));
          const { info } = await readPicture(source, scratch);
          const bytes = await written(path(`out-${little}`), scratch, format, info.metadata, {
            memory,
          });
          const { metadata } = (await readPicture(bytes, scratch)).info;
          assert.ok(metadata.icc?.equals(await profile('p3')));
          assert.ok(metadata.xmp?.equals(xmpPacket(1)));
          assert.equal(metadata.density, 300);
          const expected = tagsOf(cameraExif(1, { little, width: 48, height: 32 }));
          expected.delete('next');
          assert.deepEqual(tagsOf(metadata.exif as Buffer), expected);
          const seen = await sharp(bytes).metadata();
          assert.ok(seen.icc?.equals(await profile('p3')), 'libvips sees the profile');
          assert.ok(seen.xmp?.equals(xmpPacket(1)), 'libvips sees the XMP');
          assert.equal(seen.orientation ?? 1, 1);
          if (format !== 'webp') assert.ok(Math.abs((seen.density ?? 0) - 300) <= 1);
          if (format !== 'tiff') assert.ok(unmarked(seen.exif).equals(metadata.exif as Buffer));
        }
      });

  for (const format of writtenFormats)
    it(`${format}: the orientation of a picture that was not turned is kept`, async (t) => {
      const { scratch, path } = place(t);
      const bytes = await written(path('out'), scratch, format, { exif: cameraExif(6) });
      assert.equal((await sharp(bytes).metadata()).orientation, 6);
      const { metadata } = (await readPicture(bytes, scratch, { memory: 3000 })).info;
      assert.equal(tagsOf(metadata.exif as Buffer).get('main/274'), '6');
    });
});

describe('EXIF', () => {
  for (const little of [true, false]) {
    it(`keeps every byte but the thumbnail's (${little ? 'II' : 'MM'})`, () => {
      const block = cameraExif(3, { little });
      const clean = withoutThumbnail(block) as Buffer;
      assert.ok(block.includes(thumbnailBytes));
      assert.ok(!clean.includes('THUMB'));
      const different = [...clean.keys()].filter((at) => clean[at] !== block[at]);
      assert.ok(different.length <= 4, 'only the place of the thumbnail');
      assert.equal(clean.length < block.length - thumbnailBytes.length, true);
      assert.equal(clean.indexOf(makerNote), block.indexOf(makerNote));
    });

    it(`changes the numbers it is asked to in their place (${little ? 'II' : 'MM'})`, () => {
      const block = cameraExif(3, { little });
      const changed = changedExif(block, { orientation: 1, width: 70_000, height: 300 }) as Buffer;
      const tags = tagsOf(changed);
      assert.equal(tags.get('main/274'), '1');
      assert.equal(tags.get('34665/40962'), '70000');
      assert.equal(tags.get('34665/40963'), '300');
      assert.equal(changed.length, block.length);
      const different = [...changed.keys()].filter((at) => changed[at] !== block[at]);
      assert.ok(different.length <= 7, `${different}`);
    });
  }

  it('erases a thumbnail that is not the end of the block', () => {
    const tail = Buffer.from('what a maker wrote behind it');
    const clean = withoutThumbnail(Buffer.concat([cameraExif(3), tail])) as Buffer;
    assert.ok(!clean.includes('THUMB'));
    assert.ok(clean.subarray(-tail.length).equals(tail));
  });

  it('of a TIFF survives, with its directories', async (t) => {
    const { scratch, path } = place(t);
    const tiff = await written(path('one'), scratch, 'tiff', { exif: cameraExif(1) });
    const { info } = await readPicture(tiff, scratch);
    const jpeg = await written(path('two'), scratch, 'jpeg', info.metadata);
    const tags = tagsOf(unmarked((await sharp(jpeg).metadata()).exif));
    assert.equal(tags.get('34665/37500'), makerNote.toString('latin1'));
    assert.equal(tags.get('34853/2'), '52,31,12.34');
  });
});

describe('what a format cannot hold', () => {
  const large = () => Buffer.concat([cameraExif(1), Buffer.alloc(70_000)]);

  it('is noted from the beginning', async (t) => {
    const { scratch, path } = place(t);
    const { createPicture } = await import('../../src/image/create.ts');
    const gray = await profile('gray');
    const xmp = Buffer.alloc(70_000, 'x');
    const cases: [WrittenFormat, 1 | 3, PictureMetadata, RegExp[]][] = [
      ['jpeg', 3, { exif: large(), xmp }, [/EXIF is too large/, /XMP is too large/]],
      ['png', 3, { exif: large(), xmp }, []],
      ['png', 3, { icc: gray }, [/another colour space/]],
      ['png', 1, { icc: gray }, []],
      ['png', 1, { icc: await profile('p3') }, [/another colour space/]],
      ['webp', 1, { icc: gray }, [/WebP has no gray/]],
      ['png', 3, { icc: Buffer.from('junk'), exif: Buffer.from('junk') }, [/ICC/, /damaged EXIF/]],
    ];
    for (const [format, channels, metadata, expected] of cases) {
      const spec = { width: 2, height: 2, channels, depth: 8 as const, format, metadata };
      const writer = await createPicture(path('out'), spec, { memory: 1e6, scratch });
      assert.equal(writer.notes.length, expected.length, writer.notes.join());
      for (const [index, text] of expected.entries()) assert.match(writer.notes[index] ?? '', text);
      await writer.discard();
    }
  });

  it('--strip leaves the profile and the density alone', async (t) => {
    const { scratch, path } = place(t);
    const metadata = {
      icc: await profile('p3'),
      exif: cameraExif(1),
      xmp: xmpPacket(1),
      density: 150,
    };
    for (const format of writtenFormats) {
      const options = { strip: true, provenance: 'evensr 1' };
      const bytes = await written(path(format), scratch, format, metadata, options);
      const found = (await readPicture(bytes, scratch)).info.metadata;
      const { icc, density, ...rest } = found;
      assert.ok(icc?.equals(metadata.icc));
      if (format !== 'webp') assert.equal(density, 150);
      assert.deepEqual(rest, {});
      assert.ok(!bytes.includes('evensr 1'));
    }
  });

  it('names what made the picture where there is a place for it', async (t) => {
    const { scratch, path } = place(t);
    for (const format of ['png', 'jpeg'] as const) {
      const bytes = await written(
        path(format),
        scratch,
        format,
        {},
        { provenance: 'evensr 1, größer' },
      );
      assert.ok(bytes.includes(Buffer.from('evensr 1, größer')));
      const found = await readPicture(bytes, scratch);
      assert.deepEqual(found.notes, []);
    }
  });

  it('density alone goes into every format', async (t) => {
    const { scratch, path } = place(t);
    for (const format of writtenFormats) {
      const bytes = await written(path(format), scratch, format, { density: 240 });
      assert.equal((await readPicture(bytes, scratch)).info.metadata.density, 240);
    }
    for (const format of writtenFormats) {
      const bytes = await written(path(`${format}-none`), scratch, format, {});
      assert.equal((await readPicture(bytes, scratch)).info.metadata.density, undefined);
    }
  });
});

describe('metadata that cannot be kept', () => {
  const line = Buffer.from([0, 5, 6, 7]);
  const header = { width: 1, height: 1, depth: 8, type: 2 };
  const text = (type: string, data: string) => pngChunk(type, Buffer.from(data, 'latin1'));
  const cases: [string, Buffer[], RegExp][] = [
    ['damaged profile', [text('iCCP', 'x\0\0garbage')], /damaged ICC profile/],
    ['damaged EXIF', [text('eXIf', 'junk')], /damaged EXIF/],
    ['texts', [text('tEXt', 'parameters\0a cat')], /PNG texts/],
    ['gamma', [pngChunk('gAMA', Buffer.from([0, 1, 0, 0]))], /gamma/],
    ['oblong pixels', [pngChunk('pHYs', Buffer.from([0, 0, 9, 0, 0, 0, 8, 0, 1]))], /not square/],
  ];
  for (const [name, chunks, note] of cases)
    it(`${name}: noted, and the picture read`, async (t) => {
      const { scratch } = place(t);
      const { notes, rows, info } = await readPicture(rawPng(header, line, chunks), scratch);
      assert.deepEqual([...rows], [5, 6, 7]);
      assert.equal(notes.length, 1, notes.join());
      assert.match(notes[0] ?? '', note);
      assert.deepEqual(info.metadata, {});
    });

  it('a damaged CRC of a metadata chunk drops that chunk', async (t) => {
    const { scratch } = place(t);
    const chunk = pngChunk('eXIf', cameraExif(1));
    chunk.writeUInt8((chunk.at(-1) as number) ^ 1, chunk.length - 1);
    const { notes, info } = await readPicture(rawPng(header, line, [chunk]), scratch);
    assert.deepEqual(notes, ['damaged EXIF is not kept']);
    assert.deepEqual(info.metadata, {});
  });

  it('a profile of which a part is missing is dropped', async (t) => {
    const { scratch } = place(t);
    const whole = await telephone(1);
    const at = whole.indexOf('ICC_PROFILE\0\x02', 0, 'latin1');
    const size = whole.readUInt16BE(at - 2);
    const bytes = Buffer.concat([whole.subarray(0, at - 4), whole.subarray(at - 2 + size)]);
    const { notes, info } = await readPicture(bytes, scratch);
    assert.deepEqual(notes, ['damaged ICC profile is not kept']);
    assert.equal(info.metadata.icc, undefined);
  });
});

describe('an independent reader', () => {
  const python = pythonWith('PIL');
  const script = `
import sys, json
from PIL import Image
out = []
for name in sys.argv[1:]:
    im = Image.open(name)
    im.load()
    exif = im.getexif()
    gps = exif.get_ifd(0x8825)
    out.append([im.size[0], len(im.info.get("icc_profile", b"")), exif.get(272), str(gps.get(1)),
        exif.get_ifd(0x8769).get(40962), round(float(im.info.get("dpi", (0, 0))[0]))])
print(json.dumps(out))`;

  it('Pillow finds the same in every format', { skip: python.skip }, async (t) => {
    const { scratch, path } = place(t);
    const icc = await profile('p3');
    const metadata = { icc, exif: cameraExif(1), xmp: xmpPacket(1), density: 300 };
    for (const format of writtenFormats) await written(path(format), scratch, format, metadata);
    const { stdout, stderr } = spawnSync(
      python.path,
      ['-c', script, ...writtenFormats.map((format) => path(format))],
      { encoding: 'utf8' },
    );
    assert.equal(stderr, '');
    const expected = [48, icc.length, 'Camera model 7', 'N', 48, 300];
    const dpiOf = (format: string) => (format === 'webp' ? 0 : 300);
    assert.deepEqual(
      JSON.parse(stdout),
      writtenFormats.map((format) => [...expected.slice(0, 5), dpiOf(format)]),
    );
  });
});
