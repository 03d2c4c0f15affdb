/** Photographs for tests, good and bad, made on the spot. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import { crc32 } from '@node-rs/crc32';
import sharp, { type Sharp } from 'sharp';
import type { ProblemCode } from '../src/data/problem.ts';

/** A temporary folder that is gone after the test. */
export function temporaryFolder(t: { after(done: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-data-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** uint8 RGB, HWC: gradients and grain, different for every seed. */
export function photo(seed: number, width = 48, height = 40) {
  const pixels = Buffer.alloc(width * height * 3);
  let state = seed * 2654435761 + 1;
  for (let at = 0; at < pixels.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const x = Math.floor(at / 3) % width;
    pixels[at] = (x * 3 + at / 97 + (state >>> 27) + seed * 31) & 255;
  }
  return { pixels, width, height };
}

export function picture(seed: number, width?: number, height?: number): Sharp {
  const made = photo(seed, width, height);
  return sharp(made.pixels, { raw: { width: made.width, height: made.height, channels: 3 } });
}

export const png = (seed: number, width?: number, height?: number) =>
  picture(seed, width, height).png().toBuffer();

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), out.length - 4);
  return out;
}

/** A PNG of a few bytes whose header promises a huge picture. */
export function bomb(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(64))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A zlib stream of so many megabytes of zeros, made without having them in memory. */
function zeros(megabytes: number): Buffer {
  const million = deflateRawSync(Buffer.alloc(1e6), { finishFlush: constants.Z_FULL_FLUSH });
  const adler32 = Buffer.alloc(4);
  adler32.writeUInt32BE((((megabytes * 1e6) % 65_521) * 65_536 + 1) >>> 0);
  const [start, last] = [Buffer.from([0x78, 0x01]), Buffer.from([0x03, 0x00])];
  return Buffer.concat([start, ...new Array<Buffer>(megabytes).fill(million), last, adler32]);
}

/** Small files that would fill the memory of a careless reader, with the code of those refused. */
export function bombs(): Record<string, [Buffer, ProblemCode | 'none']> {
  const canvas = Buffer.from('GIF89a\xff\xff\xff\xff\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  const frame = Buffer.from(',\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0', 'latin1');
  const whole = Buffer.from(',\0\0\0\0\xff\xff\xff\xff\0\x02\x02D\x01\0', 'latin1');
  const small = bomb(8, 8);
  const pixels = chunk('IDAT', deflateSync(Buffer.alloc(8 * 25)));
  const [head, end] = [small.subarray(0, 33), small.subarray(-12)];
  const key = Buffer.from('k\0\0');
  const named = (type: string) => chunk(type, Buffer.concat([key, zeros(200)]));
  const texts = Array.from({ length: 50_000 }, (_, i) => chunk('tEXt', Buffer.from(`k${i}\0v`)));
  return {
    'sides.png': [bomb(65_536, 65_536), 'E_LIMIT'],
    'sides-2.png': [bomb(0x7fffffff, 0x7fffffff), 'E_IMG_CORRUPT'],
    'profile.png': [Buffer.concat([head, named('iCCP'), pixels, end]), 'none'],
    'text.png': [Buffer.concat([head, named('zTXt'), pixels, end]), 'none'],
    'texts.png': [Buffer.concat([head, ...texts, pixels, end]), 'none'],
    'pixels.png': [Buffer.concat([head, chunk('IDAT', zeros(200)), end]), 'none'],
    'canvas.gif': [Buffer.concat([canvas, whole, Buffer.from(';')]), 'E_LIMIT'],
    'frames.gif': [
      Buffer.concat([
        Buffer.from('GIF89a\x30\0\x30\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1'),
        ...new Array<Buffer>(100_000).fill(frame),
        Buffer.from(';'),
      ]),
      'E_IMG_ANIMATED',
    ],
  };
}

/** A TIFF of one strip of 32-bit float gray samples. */
export function floatTiff(width = 8, height = 8): Buffer {
  const pixels = Buffer.alloc(width * height * 4);
  const fields: [number, number, number][] = [
    [256, 4, width],
    [257, 4, height],
    [258, 3, 32],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 8],
    [277, 3, 1],
    [278, 4, height],
    [279, 4, pixels.length],
    [339, 3, 3],
  ];
  const directory = Buffer.alloc(2 + 12 * fields.length + 4);
  directory.writeUInt16LE(fields.length, 0);
  for (const [index, [tag, type, value]] of fields.entries()) {
    const at = 2 + 12 * index;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + pixels.length, 4);
  return Buffer.concat([header, pixels, directory]);
}

const withAlpha = (seed: number, alpha: number) => picture(seed).ensureAlpha(alpha);

const twoFrames = () =>
  sharp(Buffer.concat([photo(1).pixels, photo(2).pixels]), {
    raw: { width: 48, height: 80, channels: 3, pageHeight: 40 },
  });

function changed(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}

/** Files that can be used, by name. */
export async function goodFiles(): Promise<Record<string, Buffer>> {
  return {
    'plain.png': await png(1),
    'plain.jpg': await picture(2).jpeg({ quality: 95 }).toBuffer(),
    'plain.JPEG': await picture(3).jpeg({ progressive: true }).toBuffer(),
    'plain.webp': await picture(4).webp({ lossless: true }).toBuffer(),
    'plain.tif': await picture(5).tiff({ compression: 'lzw' }).toBuffer(),
    'still.gif': await picture(6).gif().toBuffer(),
    'plain.avif': await picture(7).avif({ lossless: true }).toBuffer(),
    'interlaced.png': await picture(8).png({ progressive: true }).toBuffer(),
    'depth16.png': await picture(9).toColourspace('rgb16').png().toBuffer(),
    'gray.jpg': await picture(10).toColourspace('b-w').jpeg().toBuffer(),
    'gray16.png': await picture(11).toColourspace('grey16').png().toBuffer(),
    'palette.png': await picture(12).png({ palette: true, colours: 16 }).toBuffer(),
    'opaque.png': await withAlpha(13, 1).png().toBuffer(),
    'cmyk.jpg': await picture(14).toColourspace('cmyk').jpeg().toBuffer(),
    'turned.jpg': await picture(15).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    'with\nnewline and blank.png': await png(16),
    '.dot.png': await png(17),
    [`${'n'.repeat(251)}.png`]: await png(18),
  };
}

/** Files that cannot be used, with the code that says why. */
export async function badFiles(): Promise<Record<string, [Buffer, ProblemCode]>> {
  const jpeg = await picture(20).jpeg().toBuffer();
  const whole = await png(21);
  const webp = await picture(22).webp().toBuffer();
  const tiff = await picture(23).tiff({ compression: 'none' }).toBuffer();
  const avif = await picture(24).avif().toBuffer();
  return {
    'empty.png': [Buffer.alloc(0), 'E_IMG_EMPTY'],
    'cut.jpg': [jpeg.subarray(0, jpeg.length / 2), 'E_IMG_TRUNCATED'],
    'cut-2.jpg': [jpeg.subarray(0, jpeg.length - 2), 'E_IMG_TRUNCATED'],
    'cut.png': [whole.subarray(0, whole.length / 2), 'E_IMG_TRUNCATED'],
    'no-end.png': [whole.subarray(0, whole.length - 12), 'E_IMG_TRUNCATED'],
    'cut.webp': [webp.subarray(0, webp.length - 100), 'E_IMG_TRUNCATED'],
    'cut.tiff': [tiff.subarray(0, tiff.length / 2), 'E_IMG_TRUNCATED'],
    'cut.avif': [avif.subarray(0, avif.length - 100), 'E_IMG_TRUNCATED'],
    'few-bytes.png': [whole.subarray(0, 4), 'E_IMG_TRUNCATED'],
    'flipped.png': [changed(whole, 200, (whole[200] as number) ^ 1), 'E_IMG_CORRUPT'],
    // A restart marker where none belongs.
    'marker.jpg': [changed(jpeg, jpeg.length - 500, 0xff, 0xd3), 'E_IMG_CORRUPT'],
    'text.jpg': [Buffer.from('no picture at all, only words'), 'E_IMG_FORMAT'],
    'svg.png': [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'E_IMG_FORMAT'],
    'really-a-png.jpg': [await png(25), 'E_IMG_FORMAT'],
    'float.tif': [floatTiff(), 'E_IMG_FORMAT'],
    'see-through.png': [await withAlpha(26, 0.5).png().toBuffer(), 'E_IMG_ALPHA'],
    'two-frames.gif': [await twoFrames().gif().toBuffer(), 'E_IMG_ANIMATED'],
    'two-frames.webp': [await twoFrames().webp().toBuffer(), 'E_IMG_ANIMATED'],
    'bomb.png': [bomb(14000, 14000), 'E_LIMIT'],
  };
}

export function writeFiles(folder: string, files: Record<string, Buffer>): void {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
}

/** Makes a FIFO; false where that is not possible. */
export function makeFifo(path: string): boolean {
  return spawnSync('mkfifo', [path]).status === 0;
}
