import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { native } from '../../src/native.ts';
import { testImage } from './images.ts';

type Subsampling = '4:2:0' | '4:4:4';

const { _jpegLibjpeg } = native as unknown as {
  _jpegLibjpeg(
    image: Float32Array,
    height: number,
    width: number,
    quality: number,
    subsampling: Subsampling,
  ): Float32Array;
};

interface Case {
  image: Float32Array;
  height: number;
  width: number;
  quality: number;
  subsampling: Subsampling;
}

/** Ties to even, as the native code rounds. */
function level(value: number): number {
  const x = Math.fround(255 * value);
  const down = Math.floor(x);
  if (x - down === 0.5) return down % 2 ? down + 1 : down;
  return Math.round(x);
}

/** What libjpeg-turbo (mozjpeg in its compatible settings) makes of an image, in 8-bit levels, HWC. */
async function throughLibjpeg({ image, height, width, quality, subsampling }: Case) {
  const plane = height * width;
  const bytes = Uint8Array.from({ length: 3 * plane }, (_, i) =>
    level(image[(i % 3) * plane + Math.floor(i / 3)] as number),
  );
  const jpeg = await sharp(bytes, { raw: { width, height, channels: 3 } })
    .jpeg({
      quality,
      chromaSubsampling: subsampling,
      optimiseCoding: false,
      trellisQuantisation: false,
      overshootDeringing: false,
      quantisationTable: 0,
    })
    .toBuffer();
  return sharp(jpeg).raw().toBuffer();
}

async function assertSame(test: Case, label: string) {
  const { image, height, width, quality, subsampling } = test;
  const expected = await throughLibjpeg(test);
  const actual = _jpegLibjpeg(image, height, width, quality, subsampling);
  const plane = height * width;
  let different = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = actual[(i % 3) * plane + Math.floor(i / 3)] as number;
    if (value !== Math.fround((expected[i] as number) / 255)) different++;
  }
  assert.equal(different, 0, `${label}: ${different} of ${expected.length} values differ`);
}

/** Independent levels: every coefficient is large, and many pixels are clamped. */
function hardNoise(height: number, width: number): Float32Array {
  let word = 99;
  return Float32Array.from({ length: 3 * height * width }, () => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return word >>> 31 ? (word >>> 23) / 511 : (word >>> 30) % 2;
  });
}

describe('libjpeg', () => {
  for (const subsampling of ['4:2:0', '4:4:4'] as const) {
    it(`is libjpeg-turbo bit for bit at every quality, ${subsampling}`, async () => {
      const images = [testImage(35, 46, 5), hardNoise(35, 46)];
      for (let quality = 1; quality <= 100; quality++) {
        for (const image of images) {
          const label = `quality ${quality}`;
          await assertSame({ image, height: 35, width: 46, quality, subsampling }, label);
        }
      }
    });

    it(`is libjpeg-turbo bit for bit at every size, ${subsampling}`, async () => {
      const sizes: [number, number][] = [
        ...[1, 2, 3, 4, 5].flatMap((h) =>
          [1, 2, 3, 4, 5, 6].map((w) => [h, w] as [number, number]),
        ),
        [7, 9],
        [8, 8],
        [15, 17],
        [16, 16],
        [17, 33],
        [48, 64],
        [67, 130],
        [1, 40],
        [40, 1],
      ];
      for (const [height, width] of sizes) {
        for (const quality of [37, 93]) {
          for (const image of [
            testImage(height, width, height + width),
            hardNoise(height, width),
          ]) {
            const label = `${width}x${height}, quality ${quality}`;
            await assertSame({ image, height, width, quality, subsampling }, label);
          }
        }
      }
    });
  }

  it('rounds to 8 bits first, ties to even, and clamps', () => {
    const at = (value: number) =>
      _jpegLibjpeg(new Float32Array(3).fill(value), 1, 1, 100, '4:4:4')[0] as number;
    for (const [x, rounded] of [
      [100.5 / 255, 100],
      [101.5 / 255, 102],
      [100.4 / 255, 100],
      [1.7, 255],
      [-0.3, 0],
      [Number.NaN, 0],
    ] as const) {
      assert.equal(at(x), Math.fround(rounded / 255), `${x}`);
    }
  });

  it('refuses a quality outside 1..100', () => {
    for (const quality of [0, 101]) {
      assert.throws(() => _jpegLibjpeg(new Float32Array(3), 1, 1, quality, '4:2:0'), {
        code: 'E_RECIPE',
      });
    }
  });
});
