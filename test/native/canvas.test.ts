import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CanvasOptions, type CanvasPlacement, native } from '../../src/native.ts';

const options = (changes: Partial<CanvasOptions> = {}): CanvasOptions => {
  const size = { height: 6, width: 4, ...changes };
  const out = { outHeight: size.height, outWidth: size.width, capacity: size.height };
  return { channels: 3, depth: 8, ...out, ...size };
};

const ones = (length: number) => new Float32Array(length).fill(1);

/** A tile of one value everywhere, over the whole width. */
async function placeRows(
  canvas: CanvasPlacement['canvas'],
  value: number,
  top: number,
  height: number,
  changes: Partial<CanvasPlacement> = {},
): Promise<void> {
  const shape = { batch: 1, height, width: 4 };
  const placement = { canvas, alpha: null, top, left: 0, rows: ones(height), columns: ones(4) };
  await native.placeTiles(new Float32Array(12 * height).fill(value), shape, [
    { ...placement, ...changes },
  ]);
}

describe('a canvas', () => {
  it('gives finished rows in order and takes later tiles in their place', async () => {
    const canvas = native.createCanvas(options({ capacity: 3 }));
    await placeRows(canvas, 0.2, 0, 2);
    assert.deepEqual([...(await canvas.take(1))], Array(12).fill(51));
    await placeRows(canvas, 0.4, 2, 2);
    assert.equal((await canvas.take(1)).length, 0);
    const rows = await canvas.take(4);
    assert.deepEqual([...rows], [...Array(12).fill(51), ...Array(24).fill(102)]);
    await placeRows(canvas, 0.6, 4, 2);
    assert.deepEqual([...(await canvas.take(6))], Array(24).fill(153));
    assert.equal((await canvas.take(6)).length, 0);
  });

  it('refuses tiles outside of the rows that it keeps', async () => {
    const canvas = native.createCanvas(options({ capacity: 3 }));
    await assert.rejects(placeRows(canvas, 1, 2, 2), { code: 'E_SHAPE' });
    await assert.rejects(placeRows(canvas, 1, -1, 2), { code: 'E_SHAPE' });
    await assert.rejects(placeRows(canvas, 1, 0, 2, { left: 1 }), { code: 'E_SHAPE' });
    await placeRows(canvas, 1, 2, 2, { rows: Float32Array.of(1, 0) });
    await placeRows(canvas, 1, 0, 2);
    await canvas.take(2);
    await assert.rejects(placeRows(canvas, 1, 1, 1), { code: 'E_SHAPE' });
    await assert.rejects(placeRows(canvas, 1, 5, 2), { code: 'E_SHAPE' });
  });

  it('adds what overlaps by weight, and clamps and rounds only at the end', async () => {
    const canvas = native.createCanvas(options({ depth: 16 }));
    await placeRows(canvas, 2, 0, 6, { rows: new Float32Array(6).fill(0.25) });
    await placeRows(canvas, -0.5, 0, 6, { rows: new Float32Array(6).fill(0.75) });
    const rows = await canvas.take(6);
    assert.ok(rows instanceof Uint16Array);
    assert.deepEqual([...rows.subarray(0, 3)], Array(3).fill(Math.round(0.125 * 65535)));
  });

  it('makes gray and alpha of luma and divides colours by alpha', async () => {
    const canvas = native.createCanvas(options({ channels: 2, height: 1 }));
    const shape = { batch: 2, height: 1, width: 4 };
    const at = { canvas, top: 0, left: 0, rows: ones(1), columns: ones(4) };
    const gray = [0.3, 0.3, 0.3, 0.3];
    const colours = Float32Array.of(...gray, 0, 0, 0, 0, 0, 0, 0, 0);
    const alphas = Float32Array.of(...Array(3).fill([0.5, 1, 0, 0.1]).flat());
    const sr = Float32Array.of(...colours, ...alphas);
    await native.placeTiles(sr, shape, [
      { ...at, alpha: null },
      { ...at, alpha: Float32Array.of(0.5, 1, 0, 0.1) },
    ]);
    const luma = 0.299 * 0.3;
    const expected = [luma / 0.5, 0.5, luma, 1, 0, 0, luma / 0.1, 0.1];
    const rounded = expected.map((value) => Math.round(255 * value));
    assert.deepEqual([...(await canvas.take(1))], rounded);
  });

  it('leaves alpha at 0 or 1 where its source is that all around', async () => {
    const canvas = native.createCanvas(options({ channels: 2, height: 2, width: 16 }));
    const source = Float32Array.from({ length: 8 }, (_, x) => (x < 4 ? 1 : 0));
    const shape = { batch: 1, height: 2, width: 16 };
    await native.placeTiles(new Float32Array(96).fill(0.4), shape, [
      { canvas, alpha: source, top: 0, left: 0, rows: ones(2), columns: ones(16) },
    ]);
    const rows = await canvas.take(2);
    const alpha = [...rows.subarray(0, 32)].filter((_, i) => i % 2 === 1);
    assert.deepEqual(alpha, [255, 255, 255, 255, ...Array(8).fill(102), 0, 0, 0, 0]);
    const placement = { canvas, alpha: source.subarray(1), top: 0, left: 0 };
    await assert.rejects(
      async () =>
        native.placeTiles(new Float32Array(96), shape, [
          { ...placement, rows: ones(2), columns: ones(16) },
        ]),
      { code: 'E_SHAPE' },
    );
  });

  it('rejects what is not finite', async () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      const canvas = native.createCanvas(options());
      await placeRows(canvas, 0.5, 0, 3);
      await placeRows(canvas, value, 3, 3);
      assert.equal((await canvas.take(3)).length, 36);
      await assert.rejects(canvas.take(6), { code: 'E_OUTPUT_NONFINITE' });
    }
  });

  it('resizes while rows come, as all at once', async () => {
    const size = { height: 40, width: 30, outHeight: 23, outWidth: 47 };
    const sr = Float32Array.from({ length: 3 * 40 * 30 }, (_, i) => ((i * i) % 97) / 97);
    const place = (canvas: CanvasPlacement['canvas'], top: number, height: number) => {
      const part = [0, 1, 2].flatMap((c) => [
        ...sr.subarray((c * 40 + top) * 30, (c * 40 + top + height) * 30),
      ]);
      const placement = {
        canvas,
        alpha: null,
        top,
        left: 0,
        rows: ones(height),
        columns: ones(30),
      };
      return native.placeTiles(new Float32Array(part), { batch: 1, height, width: 30 }, [
        placement,
      ]);
    };
    const all = native.createCanvas(options(size));
    await place(all, 0, 40);
    const expected = await all.take(40);
    assert.equal(expected.length, 23 * 47 * 3);
    const growing = native.createCanvas(options({ ...size, capacity: 18 }));
    const taken: number[] = [];
    for (let top = 0; top < 40; top += 5) {
      await place(growing, top, 5);
      taken.push(...(await growing.take(top + 5)));
    }
    assert.deepEqual(taken, [...expected]);
    // The same resize of 8 bits, which rounds before it too.
    const bytes = Uint8Array.from({ length: 3 * 40 * 30 }, (_, i) =>
      Math.round(255 * (sr[(i % 3) * 1200 + Math.floor(i / 3)] as number)),
    );
    const target = { height: 23, width: 47 };
    const of8 = await native.resizeImage(bytes, size, target, { antialias: true });
    const most = Math.max(...of8.map((value, i) => Math.abs(value - (expected[i] as number))));
    assert.ok(most <= 1, `differs by ${most}`);
  });

  it('refuses wrong arguments and a canvas that was disposed', async () => {
    const wrong: Partial<CanvasOptions>[] = [
      { channels: 5 as 4 },
      { depth: 12 as 16 },
      { capacity: 0 },
      { capacity: 7 },
      { width: 2 ** 25 },
      { outWidth: 0 },
    ];
    for (const changes of wrong) {
      assert.throws(() => native.createCanvas(options(changes)), { name: 'RangeError' });
    }
    const canvas = native.createCanvas(options());
    await assert.rejects(async () => canvas.take(7), { name: 'RangeError' });
    await assert.rejects(placeRows(canvas, 1, 0, 6, { columns: ones(3) }), { code: 'E_SHAPE' });
    await assert.rejects(placeRows(canvas, 1, 0, 6, { canvas: {} as never }), {
      name: 'TypeError',
    });
    canvas.dispose();
    await assert.rejects(async () => canvas.take(1), { code: 'E_DISPOSED' });
    await assert.rejects(placeRows(canvas, 1, 0, 1), { code: 'E_DISPOSED' });
  });
});
