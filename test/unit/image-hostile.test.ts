import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import type { Metadata } from 'sharp';
import { sourceOf } from '../../src/data/byte-source.ts';
import { readMetadata } from '../../src/image/metadata.ts';
import { upright } from '../../src/image/orientation.ts';
import { type WrittenFormat, writtenFormats } from '../../src/image/picture.ts';
import { wrapped, wrapping } from '../../src/image/splice.ts';
import { cameraExif, jpegWithParts, pngChunk, profile, rawPng, xmpPacket } from '../image-files.ts';
import { place, readPicture, samples, writePicture } from '../image-kit.ts';

/** The same numbers every time. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }
}

const liars = [0, 1, 2, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

/** A few numbers, lengths or offsets changed, sometimes cut, doubled or shifted. */
function mutated(bytes: Buffer, dice: Dice): Buffer {
  let result = Buffer.from(bytes);
  for (let times = 1 + dice.below(4); times > 0; times--) {
    const at = dice.below(Math.max(1, result.length - 8));
    const value = liars[dice.below(liars.length)] as number;
    switch (dice.below(6)) {
      case 0:
        result[at] = dice.below(256);
        break;
      case 1:
        if (result.length > 8) result.writeUInt32LE(value, at);
        break;
      case 2:
        if (result.length > 8) result.writeUInt32BE(value, at);
        break;
      case 3:
        if (result.length > 8) result.writeUInt16LE(value & 0xffff, at);
        break;
      case 4:
        result = result.subarray(0, at);
        break;
      default:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at >> 1)]);
    }
  }
  return result;
}

type Maker = (dice: Dice) => Promise<Buffer> | Buffer;

const header = {} as Metadata;
const spec = { width: 48, height: 32, channels: 3 as const, depth: 8 as const };
const encoded = new Map<WrittenFormat, Buffer>();
let icc: Buffer;
let whole: { icc: Buffer; exif: Buffer; xmp: Buffer; density: number };

before(async () => {
  icc = await profile('p3');
  whole = { icc, exif: cameraExif(6), xmp: xmpPacket(6), density: 300 };
  const cleanups: (() => void)[] = [];
  const { scratch, path } = place({ after: (done: () => void) => cleanups.push(done) });
  for (const format of writtenFormats)
    encoded.set(
      format,
      await writePicture(
        path(format),
        { ...spec, format, metadata: whole },
        samples(48, 32, 3, 8),
        {
          memory: 1e8,
          scratch,
        },
      ),
    );
  for (const done of cleanups) done();
});

const file = (format: WrittenFormat) => encoded.get(format) as Buffer;
const rgb = { width: 1, height: 1, depth: 8, type: 2 };

/** Files whose outer structure holds while what is inside lies, and files that lie everywhere. */
const makers: Record<string, [WrittenFormat, Maker]> = {
  'PNG chunks': ['png', (dice) => mutated(file('png'), dice)],
  'PNG, valid CRCs': [
    'png',
    (dice) =>
      rawPng(rgb, Buffer.alloc(4), [
        pngChunk('iCCP', mutated(Buffer.concat([Buffer.from('x\0\0'), deflateSync(icc)]), dice)),
        pngChunk('eXIf', mutated(whole.exif, dice)),
        pngChunk('pHYs', mutated(Buffer.alloc(9, 1), dice)),
        pngChunk(
          'iTXt',
          mutated(
            Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), deflateSync(whole.xmp)]),
            dice,
          ),
        ),
        pngChunk('gAMA', mutated(Buffer.alloc(4), dice)),
      ]),
  ],
  'JPEG segments': ['jpeg', (dice) => mutated(file('jpeg').subarray(0, 9000), dice)],
  'JPEG, valid lengths': [
    'jpeg',
    (dice) =>
      jpegWithParts(
        file('jpeg'),
        { icc: mutated(icc, dice), exif: mutated(whole.exif, dice), xmp: mutated(whole.xmp, dice) },
        300,
      ),
  ],
  'WebP chunks': ['webp', (dice) => mutated(file('webp'), dice)],
  'TIFF directories': [
    'tiff',
    (dice) => {
      const at = file('tiff').readUInt32LE(4);
      const tail = mutated(file('tiff').subarray(at), dice);
      return Buffer.concat([file('tiff').subarray(0, at), tail]);
    },
  ],
};

const runs = 1500;

describe('metadata that lies', () => {
  for (const [name, [format, make]] of Object.entries(makers))
    it(`${name}: ${runs} damaged files are read and written without a failure`, async () => {
      const dice = new Dice(7);
      let kept = 0;
      for (let run = 0; run < runs; run++) {
        const found = readMetadata(sourceOf(await make(dice)), format, header);
        kept += Object.keys(found.metadata).length;
        const turned = upright(found.metadata);
        const target = writtenFormats[run % writtenFormats.length] as WrittenFormat;
        const picture = { ...spec, format: target, metadata: turned };
        const pieces = wrapped(sourceOf(file(target)), picture, wrapping(picture, {}));
        assert.ok(pieces.length > 0);
      }
      assert.ok(kept > runs / 2, `only ${kept} of ${4 * runs} parts were kept: nothing was tried`);
    });

  it('what survives is written as a picture that can be read', async (t) => {
    const { scratch, path } = place(t);
    const dice = new Dice(11);
    for (let run = 0; run < 120; run++) {
      const [, [from, make]] = Object.entries(makers)[run % 6] as [string, [WrittenFormat, Maker]];
      const { metadata } = readMetadata(sourceOf(await make(dice)), from, header);
      const format = writtenFormats[run % 4] as WrittenFormat;
      const rows = samples(48, 32, 3, 8);
      const options = { memory: 1e8, scratch, lossless: true };
      const bytes = await writePicture(
        path(`${run}`),
        { ...spec, format, metadata },
        rows,
        options,
      );
      const back = await readPicture(bytes, scratch);
      // An orientation that survived turns the rows.
      if (format !== 'jpeg' && !metadata.exif)
        assert.deepEqual(Buffer.from(back.rows), Buffer.from(rows));
    }
  });
});

describe('metadata that is too large', () => {
  /** A zlib stream of so many megabytes of zeros. */
  function zeros(megabytes: number): Buffer {
    const million = deflateRawSync(Buffer.alloc(1e6), { finishFlush: constants.Z_FULL_FLUSH });
    return Buffer.concat([
      Buffer.from([0x78, 0x01]),
      ...new Array<Buffer>(megabytes).fill(million),
      Buffer.from([0x03, 0x00]),
    ]);
  }

  it('compressed bombs are left out', () => {
    const before = process.resourceUsage().maxRSS;
    const bytes = rawPng(rgb, Buffer.alloc(4), [
      pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), zeros(500)])),
      pngChunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), zeros(500)])),
    ]);
    const { metadata, notes } = readMetadata(sourceOf(bytes), 'png', header);
    assert.deepEqual(metadata, {});
    assert.deepEqual(notes, ['damaged ICC profile is not kept', 'damaged XMP is not kept']);
    assert.ok((process.resourceUsage().maxRSS - before) / 1024 < 200);
  });

  it('circles of directories end', () => {
    const circle = cameraExif(1);
    const at = circle.indexOf(Buffer.from([0x69, 0x87, 4, 0]));
    circle.writeUInt32LE(8, at + 8); // the EXIF directory is the main one
    assert.ok(
      readMetadata(
        sourceOf(jpegWithParts(file('jpeg').subarray(0, 4), { exif: circle })),
        'jpeg',
        header,
      ),
    );
    const tiff = Buffer.from(circle);
    const found = readMetadata(sourceOf(tiff), 'tiff', header);
    assert.ok((found.metadata.exif?.length ?? 0) < 10_000);
  });

  it('a file of nothing but empty parts is given up', () => {
    const empty = pngChunk('teXt', Buffer.alloc(0));
    const many = Buffer.concat([
      file('png').subarray(0, 33),
      ...new Array<Buffer>(300_000).fill(empty),
    ]);
    assert.deepEqual(readMetadata(sourceOf(many), 'png', header).metadata, {});
  });
});
