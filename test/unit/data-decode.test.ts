import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { decodePhoto, defaultMaxImageBytes } from '../../src/data/decode.ts';
import { RefusedImage } from '../../src/data/problem.ts';
import { badFiles, bomb, bombs, goodFiles, photo, picture, png } from '../data-corpus.ts';

const decode = (bytes: Buffer, name = '', limit = defaultMaxImageBytes) =>
  decodePhoto(bytes, name, limit);

const refused = (code: string, reason: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RefusedImage, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, reason);
  return true;
};

describe('decoding a photograph', () => {
  it('keeps every number of lossless 8-bit RGB files', async () => {
    const { pixels, width, height } = photo(1);
    for (const bytes of [
      await picture(1).png().toBuffer(),
      await picture(1).png({ progressive: true }).toBuffer(),
      await picture(1).webp({ lossless: true }).toBuffer(),
      await picture(1).tiff({ compression: 'none' }).toBuffer(),
    ]) {
      const decoded = await decode(bytes);
      assert.deepEqual([decoded.width, decoded.height], [width, height]);
      assert.ok(decoded.pixels.equals(pixels));
      assert.deepEqual(decoded.conversions, []);
    }
  });

  it('keeps the numbers of a file with a wide-gamut profile', async () => {
    const tagged = await picture(1).withIccProfile('p3').png().toBuffer();
    const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
    assert.ok((await decode(tagged)).pixels.equals(stored));
    assert.ok(!stored.equals(await sharp(tagged).raw().toBuffer()), 'the profile matters');
  });

  it('takes the high byte of 16-bit channels', async () => {
    const raw = Uint16Array.from({ length: 24 }, (_, i) => i * 2731);
    const bytes = await sharp(raw, { raw: { width: 4, height: 2, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    const { pixels, conversions } = await decode(bytes);
    assert.deepEqual(
      [...pixels],
      Array.from(raw, (value) => value >> 8),
    );
    assert.deepEqual(conversions, ['depth']);
  });

  it('copies gray to three channels', async () => {
    const { pixels, conversions } = await decode(
      await picture(1).grayscale().toColourspace('b-w').png().toBuffer(),
    );
    assert.deepEqual(conversions, ['gray']);
    assert.equal(pixels.length, 48 * 40 * 3);
    for (let at = 0; at < pixels.length; at += 3)
      assert.ok(pixels[at] === pixels[at + 1] && pixels[at] === pixels[at + 2]);
  });

  it('turns a photograph as its EXIF orientation says', async () => {
    const { pixels, width, height } = photo(1);
    const lossless = picture(1).withMetadata({ orientation: 6 }).tiff({ compression: 'none' });
    const decoded = await decode(await lossless.toBuffer());
    assert.deepEqual([decoded.width, decoded.height], [height, width]);
    assert.deepEqual(decoded.conversions, ['rotated']);
    // Orientation 6: what is stored at (row, column) is shown at (column, height - 1 - row).
    const [row, column] = [7, 11];
    const shown = (column * height + (height - 1 - row)) * 3;
    const stored = (row * width + column) * 3;
    assert.deepEqual(
      [...decoded.pixels.subarray(shown, shown + 3)],
      [...pixels.subarray(stored, stored + 3)],
    );
  });

  it('drops an alpha channel that is opaque everywhere and refuses any other', async () => {
    const opaque = await decode(await picture(1).ensureAlpha(1).png().toBuffer());
    assert.ok(opaque.pixels.equals(photo(1).pixels));
    assert.deepEqual(opaque.conversions, ['alpha']);
    const rgba = await picture(1).ensureAlpha(1).raw().toBuffer();
    rgba[4 * 999 + 3] = 254;
    const hole = await sharp(rgba, { raw: { width: 48, height: 40, channels: 4 } })
      .png()
      .toBuffer();
    await assert.rejects(decode(hole), refused('E_IMG_ALPHA', /transparent/));
  });

  it('names the numbers when an image is above the limit', async () => {
    const message = /^14000x14000x3 = 588 MB > 256 MB \(--max-image-mb\)$/;
    await assert.rejects(decode(bomb(14000, 14000)), refused('E_LIMIT', message));
    const limit = 48 * 40 * 3;
    await assert.rejects(decode(await png(1), '', limit - 1), refused('E_LIMIT', /48x40x3/));
    assert.equal((await decode(await png(1), '', limit)).pixels.length, limit);
  });

  it('says where a truncated file ends', async () => {
    const bytes = await png(1);
    const reason = new RegExp(`^ends at byte ${bytes.length - 1} of at least ${bytes.length}$`);
    // Grouping of digits is tested with a file above 1000 bytes.
    const plain = (error: unknown) => {
      assert.ok(error instanceof RefusedImage);
      assert.match(error.message.replaceAll(',', ''), reason);
      return true;
    };
    await assert.rejects(decode(bytes.subarray(0, -1)), plain);
  });

  it('decodes every good file of the corpus and refuses every bad one with its code', async () => {
    for (const [name, bytes] of Object.entries(await goodFiles())) {
      const { pixels, width, height } = await decode(bytes, name);
      assert.equal(pixels.length, width * height * 3, name);
    }
    for (const [name, [bytes, code]] of Object.entries(await badFiles())) {
      if (bytes.length === 0) continue;
      await assert.rejects(decode(bytes, name), (error: unknown) => {
        assert.ok(error instanceof RefusedImage, `${name}: ${error}`);
        assert.equal(error.code, code, `${name}: ${error.message}`);
        return true;
      });
    }
  });

  it('refuses or survives bombs without the memory that they ask for', async () => {
    const files = Object.entries(bombs());
    await decode(await png(1));
    const before = process.resourceUsage().maxRSS;
    for (const [name, [bytes, code]] of files) {
      const found = await decode(bytes, name).then(
        () => 'none',
        (error: RefusedImage) => error.code,
      );
      assert.equal(found, code, name);
    }
    const grown = (process.resourceUsage().maxRSS - before) / 1024;
    assert.ok(grown < 64, `${grown} MB more than for a small photograph`);
  });

  it('finds every flipped bit in the data of a PNG', async () => {
    const bytes = await png(3);
    const from = bytes.indexOf('IDAT') + 4;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: from, max: bytes.length - 17 }),
        fc.integer({ min: 0, max: 7 }),
        async (at, bit) => {
          const broken = Buffer.from(bytes);
          broken[at] = (broken[at] as number) ^ (1 << bit);
          await assert.rejects(decode(broken), RefusedImage);
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it('refuses by name whatever the bytes are', async () => {
    const files = Object.values(await goodFiles());
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.boolean(),
        async (file, where, howMuch, cut) => {
          const at = Math.floor(where * (file.length - 1));
          const broken = Buffer.from(cut ? file.subarray(0, at) : file);
          if (!cut) broken.fill(0x5a, at, Math.min(file.length, at + Math.ceil(howMuch * 16)));
          await decode(broken).catch((error) => assert.ok(error instanceof RefusedImage, error));
        },
      ),
      { numRuns: 150, seed: 2 },
    );
  });
});
