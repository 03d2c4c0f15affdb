import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import type { RgbImage } from '../../src/infer/pixels.ts';
import { renderSheet } from '../../src/report/sheet.ts';
import { fitText, textWidth } from '../../src/report/text.ts';

const flat = (size: number, rgb: [number, number, number]): RgbImage => ({
  width: size,
  height: size,
  pixels: Uint8Array.from({ length: size * size * 3 }, (_, i) => rgb[i % 3] as number),
});

/** Pixels of the PNG whose colour is exactly `rgb`. */
async function pixelsOf(png: Buffer, rgb: [number, number, number]): Promise<number> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.channels, 3);
  let count = 0;
  for (let i = 0; i < data.length; i += 3) {
    if (rgb.every((value, c) => data[i + c] === value)) count++;
  }
  return count;
}

describe('contact sheet', () => {
  it('shows every picture whole, small ones enlarged by pixel repetition', async () => {
    const cells = [
      { image: flat(64, [200, 0, 0]) },
      { image: flat(16, [0, 200, 0]) },
      { image: flat(64, [0, 0, 200]), label: 'gt' },
    ];
    const png = await renderSheet({ title: 'three', columns: 2, cells });
    assert.equal(await pixelsOf(png, [200, 0, 0]), 64 * 64);
    assert.equal(await pixelsOf(png, [0, 200, 0]), 64 * 64);
    assert.equal(await pixelsOf(png, [0, 0, 200]), 64 * 64);
  });

  it('draws its labels without any font installed', async () => {
    const sheet = (label: string) =>
      renderSheet({ title: '', columns: 1, cells: [{ image: flat(64, [9, 9, 9]), label }] });
    const background: [number, number, number] = [0x17, 0x17, 0x17];
    const empty = await pixelsOf(await sheet(' '), background);
    const labelled = await pixelsOf(await sheet('Label 42 \u{4e2d}'), background);
    assert.ok(empty - labelled > 100, `${empty - labelled} pixels of ink`);
  });

  it('refuses to be empty', async () => {
    await assert.rejects(renderSheet({ title: 'none', columns: 1, cells: [] }), {
      code: 'E_EMPTY',
    });
  });
});

describe('text in pictures', () => {
  it('is cut so that it fits', () => {
    const size = 10;
    const narrowest = textWidth('…', size);
    fc.assert(
      fc.property(
        fc.string(),
        fc.double({ min: narrowest, max: 400, noNaN: true }),
        (text, width) => {
          const fitted = fitText(text, size, width);
          assert.ok(textWidth(fitted, size) <= width);
          if (textWidth(text, size) <= width) assert.equal(fitted, text);
        },
      ),
    );
  });
});
