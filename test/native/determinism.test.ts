import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type NativeBatch, native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import { randomRecipe } from './degrade.ts';
import { collector } from './garbage.ts';
import { testImage } from './images.ts';

const plain = { usm: false, threads: 1 };

function sha256(values: Float32Array): string {
  return createHash('sha256').update(values).digest('hex');
}

describe('the life of a batch', () => {
  const gt = testImage(128, 128, 1);
  const shape = { batch: 1, height: 128, width: 128 };
  const recipe = Float64Array.from(randomRecipe(3, 4));

  it('memory of batches that nobody disposed is given back', async () => {
    const collect = collector();
    const start = process.memoryUsage().external;
    for (let i = 0; i < 20; i++) await native.synthesizeFrom(gt, shape, recipe, plain);
    await collect();
    const left = process.memoryUsage().external - start;
    assert.ok(left < 3 * gt.byteLength, `${left} bytes of 20 batches are still counted`);
  });

  it('a worker that is terminated while batches are made does no harm', async () => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.url).then(({ native }) => {
        for (let i = 0; i < 50; i++) {
          native.synthesizeFrom(workerData.gt, workerData.shape, workerData.recipe, { usm: true, threads: 2 });
        }
        parentPort.postMessage('running');
      });`;
    const url = new URL('../../src/native.js', import.meta.url).href;
    for (let i = 0; i < 3; i++) {
      const workerData = { url, gt, shape, recipe };
      const worker = new Worker(script, { eval: true, workerData });
      await once(worker, 'message');
      await worker.terminate();
    }
    assert.equal((await native.synthesizeFrom(gt, shape, recipe, plain)).size, 1);
  });
});

describe('determinism', () => {
  const recipes = 200;
  const size = 64;
  const scale = 4;

  it('a result depends on gt and recipe only: not on batch, threads or order', async () => {
    const image = testImage(size, size, 3);
    const hashesOf = async (order: number[], batchSize: number, threads: number) => {
      const hashes = new Array<string>(recipes);
      for (let start = 0; start < recipes; start += batchSize) {
        const ids = order.slice(start, start + batchSize);
        const gt = new Float32Array(ids.length * image.length);
        for (const [i, id] of ids.entries()) {
          gt.set(
            image.map((v) => (v * (50 + (id % 50))) / 100),
            i * image.length,
          );
        }
        const packed = Float64Array.from(ids.flatMap((id) => randomRecipe(id, scale)));
        const shape = { batch: ids.length, height: size, width: size };
        const options = { usm: true, threads };
        const batch: NativeBatch = await native.synthesizeFrom(gt, shape, packed, options);
        const lq = batch.lq();
        const length = lq.length / ids.length;
        for (const [i, id] of ids.entries()) {
          hashes[id] = sha256(lq.subarray(i * length, (i + 1) * length));
        }
        batch.dispose();
      }
      return hashes;
    };
    const sorted = Array.from({ length: recipes }, (_, i) => i);
    const shuffled = new Random(1, 99, 1).shuffle(sorted.slice());
    const expected = await hashesOf(sorted, 1, 1);
    assert.equal(new Set(expected).size, recipes, 'different recipes give different images');
    for (const [order, batchSize, threads] of [
      [sorted, 16, 2],
      [shuffled, 3, 1],
      [shuffled, 16, 3],
      [shuffled, 1, 2],
      [shuffled, 3, 3],
    ] as const) {
      assert.deepEqual(await hashesOf(order, batchSize, threads), expected);
    }
  });
});
