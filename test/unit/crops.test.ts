import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CropDrawer } from '../../src/train/crops.ts';

const sizes = [
  { height: 100, width: 40 },
  { height: 48, width: 64 },
  { height: 40, width: 40 },
  { height: 99, width: 77 },
];
const options = { seed: 5, size: 40, flip: true, rotate: true };
/** `count` numbers of samples from `first` on. */
const numbers = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => first + i);
const rows = (crops: Int32Array) =>
  Array.from({ length: crops.length / 6 }, (_, i) => [...crops.subarray(i * 6, i * 6 + 6)]);

describe('crops', () => {
  it('show every chosen photograph once an epoch, in a new order each time', () => {
    const images = [0, 1, 3];
    const drawn = rows(new CropDrawer({ images, sizes }, options).draw(numbers(0, 60))).map(
      ([at]) => at,
    );
    const epochs = Array.from({ length: 20 }, (_, e) => drawn.slice(3 * e, 3 * e + 3));
    for (const epoch of epochs) assert.deepEqual(epoch.toSorted(), images);
    assert.ok(new Set(epochs.map(String)).size >= 5);
  });

  it('stay inside, reach the edges, and are flipped and transposed half of the time', () => {
    const drawn = rows(new CropDrawer({ images: [1], sizes }, options).draw(numbers(0, 4000)));
    const column = (at: number) => drawn.map((row) => row[at] as number);
    assert.deepEqual([Math.min(...column(1)), Math.max(...column(1))], [0, 8]);
    assert.deepEqual([Math.min(...column(2)), Math.max(...column(2))], [0, 24]);
    for (const at of [3, 4, 5]) {
      const share = column(at).reduce((a, b) => a + b, 0) / drawn.length;
      assert.ok(Math.abs(share - 0.5) < 0.04, `column ${at}: ${share}`);
    }
  });

  it('depend on the number of the sample alone', () => {
    const source = { images: [0, 1, 2, 3], sizes };
    const all = rows(new CropDrawer(source, options).draw(numbers(0, 50)));
    const drawer = new CropDrawer(source, options);
    assert.deepEqual(rows(drawer.draw(numbers(37, 13))), all.slice(37));
    assert.deepEqual(rows(drawer.draw(numbers(0, 37))), all.slice(0, 37));
    // As a pool asks for them: from here and there, of several epochs by turns.
    const mixed = [3, 49, 0, 18, 2, 48, 3, 17];
    assert.deepEqual(
      rows(drawer.draw(mixed)),
      mixed.map((sample) => all[sample]),
    );
    const other = rows(new CropDrawer(source, { ...options, seed: 6 }).draw(numbers(0, 50)));
    assert.notDeepEqual(other, all);
  });

  it('keep their places when flips or transposes are switched off', () => {
    const source = { images: [0, 1, 2, 3], sizes };
    const all = rows(new CropDrawer(source, options).draw(numbers(0, 50)));
    const plain = new CropDrawer(source, { ...options, flip: false, rotate: false });
    assert.deepEqual(
      rows(plain.draw(numbers(0, 50))),
      all.map((row) => [...row.slice(0, 3), 0, 0, 0]),
    );
    const flips = new CropDrawer(source, { ...options, rotate: false });
    assert.deepEqual(
      rows(flips.draw(numbers(0, 50))),
      all.map((row) => [...row.slice(0, 4), 0, 0]),
    );
  });
});
