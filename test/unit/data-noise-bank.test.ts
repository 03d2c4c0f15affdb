import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { findNoisePatches } from '../../src/data/noise-bank.ts';
import { packPhotos } from '../../src/data/pack.ts';
import { EvensrError } from '../../src/errors.ts';
import { place } from '../data-place.ts';

const size = 16;

type Square = [level: number, amplitudes: [red: number, green: number, blue: number]];

const gray = (level: number, amplitude: number): Square => [
  level,
  [amplitude, amplitude, amplitude],
];

interface Picture {
  data: Buffer;
  raw: { width: number; height: number; channels: 3 };
}

/** Squares side by side, each of a level that goes up and down; black and white around them. */
function picture(columns: number, ...squares: Square[]): Picture {
  const width = columns * size + 5;
  const height = Math.ceil(squares.length / columns) * size + 7;
  const data = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor(x / size);
      const square = column < columns && squares[Math.floor(y / size) * columns + column];
      const [level, amplitudes] = square || gray(128, 127);
      const sign = (x + y) % 2 ? 1 : -1;
      for (const [c, amplitude] of amplitudes.entries())
        data[3 * (y * width + x) + c] = level + sign * amplitude;
    }
  }
  return { data, raw: { width, height, channels: 3 } };
}

async function pack(t: { after(done: () => void): void }, pictures: Picture[]) {
  const where = place(t);
  for (const [i, { data, raw }] of pictures.entries())
    writeFileSync(join(where.images, `${i}.png`), await sharp(data, { raw }).png().toBuffer());
  return packPhotos(where);
}

async function placesIn(...found: Parameters<typeof findNoisePatches>) {
  const patches = await findNoisePatches(...found);
  return patches.map(({ photo, top, left }) => ({ photo, top, left }));
}

describe('noise bank', () => {
  // The variance of a gray square is its amplitude squared; red counts 0.299, green 0.587, blue 0.114.
  const pictures = [
    picture(3, gray(100, 4), gray(100, 5), gray(0, 0), gray(40, 2), gray(60, 1), gray(200, 20)),
    picture(2, gray(128, 40), [100, [0, 9, 0]], [100, [0, 7, 0]], [100, [17, 0, 0]]),
    picture(1, gray(90, 3), [100, [0, 0, 35]], [100, [0, 0, 45]]),
  ];

  it('finds the squares that vary little and are not black', async (t) => {
    const packed = await pack(t, pictures);
    assert.deepEqual(await placesIn(packed, { size }), [
      { photo: 0, top: 0, left: 0 },
      { photo: 0, top: size, left: 0 },
      { photo: 0, top: size, left: size },
      { photo: 1, top: size, left: 0 },
      { photo: 2, top: 0, left: 0 },
      { photo: 2, top: size, left: 0 },
    ]);
  });

  it('takes another limit of mean and variance', async (t) => {
    const packed = await pack(t, pictures);
    assert.deepEqual(await placesIn(packed, { size, minMean: 50, maxVariance: 26.5 }), [
      { photo: 0, top: 0, left: 0 },
      { photo: 0, top: 0, left: size },
      { photo: 0, top: size, left: size },
      { photo: 1, top: 0, left: size },
      { photo: 1, top: size, left: 0 },
      { photo: 1, top: size, left: size },
      { photo: 2, top: 0, left: 0 },
      { photo: 2, top: size, left: 0 },
      { photo: 2, top: 2 * size, left: 0 },
    ]);
  });

  it('says how much each of them varies', async (t) => {
    const packed = await pack(t, [picture(2, gray(100, 4), gray(100, 1))]);
    const patches = await findNoisePatches(packed, { size });
    assert.deepEqual(
      patches.map(({ variance }) => variance),
      [16, 1],
    );
  });

  it('says so when there is none', async (t) => {
    const packed = await pack(t, pictures);
    for (const options of [{ size, maxVariance: 0 }, {}])
      await assert.rejects(findNoisePatches(packed, options), (error) => {
        assert.ok(error instanceof EvensrError);
        assert.equal(error.code, 'E_DATA_EMPTY');
        assert.equal(error.exitCode, 3);
        assert.match(error.message, /3 photograph\(s\) hold no noise patch/);
        return true;
      });
  });

  it('names the photograph at which a cut pack ends', async (t) => {
    const packed = await pack(t, pictures);
    truncateSync(packed.path, packed.bytes - 3 * 21 * 8);
    await assert.rejects(findNoisePatches(packed, { size }), { code: 'E_PACK', message: /2\.png/ });
  });

  it('stops when it is told to', async (t) => {
    const packed = await pack(t, pictures);
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(findNoisePatches(packed, { size, signal }), /enough/);
  });
});
