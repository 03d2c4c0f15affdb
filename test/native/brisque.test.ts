import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { exitCodes } from '../../src/errors.ts';
import { brisqueScore, openBrisque, parseBrisque } from '../../src/evaluate/brisque.ts';
import type { RgbImage } from '../../src/infer/pixels.ts';
import { native } from '../../src/native.ts';
import { brisqueTexts } from '../brisque-files.ts';
import { temporaryFolder } from '../data-corpus.ts';

interface Case {
  height: number;
  width: number;
  seed: number;
  contrast: number;
  features: number[];
  score: number;
}
const fixtureFile = new URL('../../../test/fixtures/brisque.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(fixtureFile, 'utf8')) as { cases: Case[] };

/** OpenCV's model files, where Debian's opencv-data or the environment has them. */
const folder = process.env.EVENSR_TEST_BRISQUE ?? '/usr/share/opencv4/quality';
const skip = existsSync(join(folder, 'brisque_model_live.yml'))
  ? false
  : `no ${folder} with OpenCV's BRISQUE model (Debian: opencv-data)`;

/** As in brisque_reference.py. */
function hashed(x: number, y: number, z: number): number {
  const sum = Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(z, 2246822519);
  const bits = sum >>> 0;
  const mixed = Math.imul(bits ^ (bits >>> 13), 1274126177) >>> 0;
  return ((mixed ^ (mixed >>> 16)) >>> 0) % 256;
}

/** As in brisque_reference.py. */
function imageOf({ height, width, seed, contrast }: Omit<Case, 'features' | 'score'>): RgbImage {
  const triangle = (t: number) => Math.abs((((t % 64) + 64) % 64) - 32);
  const offsets = [0, 1, 2];
  const grain = (x: number, y: number, c: number) =>
    offsets
      .flatMap((i) => offsets.map((j) => hashed(x + i, y + j, 3 * seed + c)))
      .reduce((sum, value) => sum + value, -1147);
  const pixels = Uint8ClampedArray.from({ length: 3 * height * width }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const wave = triangle((seed + 2) * x + y) + triangle(3 * y - x);
    return 90 + wave + Math.floor((grain(x, y, c) * contrast) / 1024);
  });
  return { height, width, pixels: new Uint8Array(pixels.buffer) };
}

describe('BRISQUE', () => {
  it('has the features that OpenCV computes', async () => {
    for (const one of cases) {
      const image = imageOf(one);
      const found = await native.brisqueFeatures(image.pixels, image, 0);
      assert.equal(found.length, 36);
      // Shapes have steps of 0.001, and float rounding can decide for a neighbour.
      for (const [i, expected] of one.features.entries())
        assert.ok(
          Math.abs((found[i] as number) - expected) < 1.1e-3,
          `${one.width}x${one.height}, feature ${i}: ${found[i]} ${expected}`,
        );
    }
  });

  it('has the scores that OpenCV computes', { skip }, async () => {
    const brisque = await openBrisque(folder);
    for (const one of cases) {
      const found = await brisque.score(imageOf(one), 0);
      assert.ok(Math.abs(found - one.score) < 0.05, `${found} ${one.score}`);
    }
  });

  it('looks at what lies within the border only', async () => {
    const inner = imageOf(cases[0] as Case);
    const [width, height] = [inner.width + 6, inner.height + 6];
    const pixels = new Uint8Array(3 * width * height).fill(77);
    for (let y = 0; y < inner.height; y++) {
      const row = inner.pixels.subarray(3 * y * inner.width, 3 * (y + 1) * inner.width);
      pixels.set(row, 3 * ((y + 3) * width + 3));
    }
    assert.deepEqual(
      await native.brisqueFeatures(pixels, { width, height }, 3),
      await native.brisqueFeatures(inner.pixels, inner, 0),
    );
    await assert.rejects(native.brisqueFeatures(pixels, { width, height }, 28), {
      code: 'E_SHAPE',
    });
  });

  it('is a sum over support vectors of scaled features, cut to [0, 100]', () => {
    const { model, range } = brisqueTexts();
    const parsed = parseBrisque(model, range);
    const squares = { zero: 36 * 0.5 ** 2, half: 0 };
    const expected = 30 + 10 * Math.exp(-0.05 * squares.zero) - 4 * Math.exp(-0.05 * squares.half);
    // 1.5 of 0 to 2 becomes 0.5.
    const found = brisqueScore(new Float64Array(36).fill(1.5), parsed);
    assert.ok(Math.abs(found - expected) < 1e-12, `${found} ${expected}`);
    const far = new Float64Array(36).fill(1);
    assert.equal(brisqueScore(far, { ...parsed, rho: 500 }), 0);
    assert.equal(brisqueScore(far, { ...parsed, rho: -500 }), 100);
  });

  it('is not defined on a uniform image', async () => {
    const { model, range } = brisqueTexts();
    const [width, height] = [32, 32];
    const pixels = new Uint8Array(3 * width * height).fill(99);
    const features = await native.brisqueFeatures(pixels, { width, height }, 0);
    assert.ok(Number.isNaN(brisqueScore(features, parseBrisque(model, range))));
  });

  it('refuses damaged files by name', async (t) => {
    const { model, range } = brisqueTexts();
    const damaged: [RegExp, string, string][] = [
      [/model_live.yml has svmType C_SVC/, model.replace('EPS_SVR', 'C_SVC'), range],
      [/has type LINEAR/, model.replace('RBF', 'LINEAR'), range],
      [/has no rho/, model.replace('rho', 'roh'), range],
      [/has nan in rho/, model.replace('-3.0e+01', 'nan'), range],
      [/has 71 numbers in support_vectors, not 72/, model.replace('0., ', ''), range],
      [/has 1 numbers in alpha, not 2/, model.replace('10., -4.', '10.'), range],
      [/has 0.5 support vectors/, model.replace('sv_total: 2', 'sv_total: 0.5'), range],
      [/an index/, `${model}         index: [ 0, 1 ]\n`, range],
      [/has no svmType/, '', range],
      [/range_live.yml has cols 35/, model, range.replace('cols: 36', 'cols: 35')],
      [/numbers in data/, model, range.slice(0, -40)],
      [/a range that is empty/, model, range.replaceAll('2.', '0.')],
    ];
    for (const [message, ...files] of damaged)
      assert.throws(() => parseBrisque(...files), {
        code: 'E_MODEL',
        exitCode: exitCodes.invalidModel,
        message,
        hint: /opencv-data/,
      });
    const place = join(temporaryFolder(t), 'quality');
    await assert.rejects(openBrisque(place), { code: 'E_MODEL', message: /cannot be opened/ });
    mkdirSync(place);
    writeFileSync(join(place, 'brisque_model_live.yml'), model);
    writeFileSync(join(place, 'brisque_range_live.yml'), range);
    assert.match((await openBrisque(place)).description, /^BRISQUE as OpenCV 4\.6 .*[0-9a-f]{16}/);
  });
});
