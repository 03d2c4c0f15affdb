import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Crop, detailOf, exampleSide } from '../../src/report/page/gather/crops.ts';
import { ProbeReview } from '../../src/report/page/gather/pictures.ts';

describe('what a report keeps of the probes', () => {
  const image = (pixels: number[]) => ({ width: 2, height: 2, pixels: Uint8Array.from(pixels) });
  const flat = image(new Array(12).fill(9));
  const rich = image([0, 0, 0, 9, 99, 9, 0, 200, 0, 0, 0, 0]);
  const crop = (task: string, photo: string, psnr: number, gt = flat): Crop => ({
    ...{ task, photo, gt, lq: flat, sr: flat, bicubic: flat },
    psnr,
    bicubicPsnr: 25,
  });

  it('means, the worst, and crops with detail', () => {
    const review = new ProbeReview(['a', 'b'], ['a']);
    const crops = [
      crop('a', '1', 30),
      crop('a', '1', 24, rich),
      crop('a', '2', Number.POSITIVE_INFINITY),
      crop('b', '1', 22),
      crop('b', '3', Number.NaN),
    ];
    for (const one of crops) review.add(one);
    assert.deepEqual(review.psnr.toJSON(), { a: 27, b: 22 });
    assert.deepEqual(review.bicubic.toJSON(), { a: 25, b: 25 });
    assert.deepEqual(review.lowest, [crops[3]], 'one of a photograph, and only finite ones');
    assert.deepEqual(review.leastGain(), [crops[1]], 'of the tasks that are shown');
    assert.deepEqual(review.pairs(), [crops[1], crops[2]], 'one of a photograph, with most detail');
    assert.ok(detailOf(rich) > detailOf(flat) && detailOf(flat) === 0);
  });

  it('examples that fit into every photograph', () => {
    const photos = [
      { height: 300, width: 400 },
      { height: 170, width: 900 },
    ];
    assert.equal(exampleSide(photos, { scale: 4, margin: 8, multiple: 1 }), 104);
    assert.equal(exampleSide(photos.slice(0, 1), { scale: 4, margin: 0, multiple: 1 }), 256);
    assert.equal(exampleSide(photos, { scale: 3, margin: 0, multiple: 1 }), 168);
    assert.equal(exampleSide(photos, { scale: 3, margin: 0, multiple: 16 }), 144);
  });
});
