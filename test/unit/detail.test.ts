import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cut, squaresOfDetail } from '../../src/evaluate/detail.ts';

/** Flat but for two patches of noise, at (70, 10) and (5, 60). */
function picture(width: number, height: number) {
  const pixels = new Uint8Array(3 * width * height).fill(90);
  for (const [left, top, size] of [
    [70, 10, 20],
    [5, 60, 14],
  ] as const) {
    for (let y = top; y < top + size; y++) {
      for (let x = left; x < left + size; x++)
        pixels[3 * (y * width + x) + 1] = (x * 97 + y * 31) % 255;
    }
  }
  return { width, height, pixels };
}

describe('squares of detail', () => {
  it('are where something is to be seen, best first, and do not touch', () => {
    const squares = squaresOfDetail(picture(120, 90), 16, 3);
    const [first, second, third] = squares;
    assert.equal(squares.length, 3);
    assert.ok(first && first.left >= 62 && first.left <= 82 && first.top <= 24);
    assert.ok(second && third);
    for (const [a, b] of [
      [first, second],
      [first, third],
      [second, third],
    ] as const) {
      assert.ok(Math.abs(a.left - b.left) >= 16 || Math.abs(a.top - b.top) >= 16);
    }
    assert.ok([second, third].some(({ left, top }) => left < 24 && top > 45));
  });

  it('are as large as the picture allows', () => {
    assert.deepEqual(squaresOfDetail(picture(120, 90), 200, 1)[0]?.side, 90);
    assert.equal(squaresOfDetail(picture(120, 90), 90, 9).length, 1);
  });

  it('are cut out pixel by pixel', () => {
    const image = picture(120, 90);
    const part = cut(image, { left: 71, top: 11, width: 2, height: 2 });
    const at = (x: number, y: number) => [90, (x * 97 + y * 31) % 255, 90];
    assert.deepEqual([...part.pixels], [at(71, 11), at(72, 11), at(71, 12), at(72, 12)].flat());
  });
});
