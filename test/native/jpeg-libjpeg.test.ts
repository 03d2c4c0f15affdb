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
  picture: Picture;
  height: number;
  width: number;
  quality: number;
  subsampling: Subsampling;
}

/** 8-bit levels, planar. `hard`: independent and often clamped, so that every coefficient is large. */
const pictures = {
  colour: (height: number, width: number) =>
    Uint8Array.from(testImage(height, width, height + width), (v) => Math.round(255 * v)),
  hard: (height: number, width: number) => {
    let word = 99;
    return Uint8Array.from({ length: 3 * height * width }, () => {
      word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
      return word >>> 31 ? word >>> 23 : ((word >>> 30) % 2) * 255;
    });
  },
  gray: (height: number, width: number) => {
    const plane = pictures.hard(height, width).subarray(0, height * width);
    return Uint8Array.of(...plane, ...plane, ...plane);
  },
};
type Picture = keyof typeof pictures;
const kinds = Object.keys(pictures) as Picture[];

/**
 * sharp's library is mozjpeg, a libjpeg-turbo with other defaults. These are libjpeg-turbo's: tables
 * of annex K, no trellis, no deringing; baseline and the accurate integer DCT are sharp's own defaults.
 */
const plainJpeg = {
  mozjpeg: false,
  progressive: false,
  optimiseCoding: false,
  optimiseScans: false,
  trellisQuantisation: false,
  overshootDeringing: false,
  quantisationTable: 0,
} as const;

/** decode(encode(x)) in 8-bit levels, HWC. A gray picture is coded as one component. */
async function throughLibjpeg({ picture, height, width, quality, subsampling }: Case) {
  const plane = height * width;
  const levels = pictures[picture](height, width);
  const channels = picture === 'gray' ? 1 : 3;
  const bytes = Uint8Array.from(
    { length: channels * plane },
    (_, i) => levels[(i % channels) * plane + Math.floor(i / channels)] as number,
  );
  const jpeg = await sharp(bytes, { raw: { width, height, channels } })
    .jpeg({ ...plainJpeg, quality, chromaSubsampling: subsampling })
    .toBuffer();
  return sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
}

async function assertSame(test: Case) {
  const { picture, height, width, quality, subsampling } = test;
  const { data, info } = await throughLibjpeg(test);
  const image = Float32Array.from(pictures[picture](height, width), (v) => v / 255);
  const actual = _jpegLibjpeg(image, height, width, quality, subsampling);
  const plane = height * width;
  let different = 0;
  for (let i = 0; i < actual.length; i++) {
    const channel = info.channels === 1 ? 0 : Math.floor(i / plane);
    const expected = data[(i % plane) * info.channels + channel] as number;
    if (actual[i] !== Math.fround(expected / 255)) different++;
  }
  const label = `${picture} ${width}x${height}, quality ${quality}, ${subsampling}`;
  assert.equal(different, 0, `${label}: ${different} of ${actual.length} values differ`);
}

/** Four at a time, as many as libuv has threads. */
async function assertAllSame(cases: Case[]) {
  const left = cases.values();
  const worker = async () => {
    for (const one of left) await assertSame(one);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

describe('libjpeg', () => {
  for (const subsampling of ['4:2:0', '4:4:4'] as const) {
    it(`is libjpeg-turbo bit for bit at every quality, ${subsampling}`, async () => {
      const size = { height: 35, width: 46, subsampling };
      await assertAllSame(
        Array.from({ length: 300 }, (_, i) => ({
          ...size,
          picture: kinds[i % 3] as Picture,
          quality: 1 + Math.floor(i / 3),
        })),
      );
    });

    it(`is libjpeg-turbo bit for bit at every width and height, ${subsampling}`, async () => {
      const small = Array.from({ length: 17 * 17 }, (_, i) => ({
        height: 1 + Math.floor(i / 17),
        width: 1 + (i % 17),
      }));
      const large = Array.from({ length: 130 }, (_, i) => ({
        height: 67 - ((29 * i) % 67),
        width: 130 - i,
      }));
      await assertAllSame(
        [...small, ...large].map((size, i) => ({
          ...size,
          picture: kinds[i % 3] as Picture,
          quality: 1 + ((37 * i) % 100),
          subsampling,
        })),
      );
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
