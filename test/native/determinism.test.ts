import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { native } from '../../src/native.ts';
import { randomRecipe } from './degrade.ts';
import { type EpochRun, epochHash } from './epoch.ts';
import { collector } from './garbage.ts';
import { testImage } from './images.ts';

const plain = { usm: false, threads: 1 };

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
  const recipes = 5000;

  const inWorker = async (run: EpochRun) => {
    const script = `
      const { parentPort, workerData } = require('node:worker_threads');
      import(workerData.url)
        .then(({ epochHash }) => epochHash(workerData.run))
        .then((result) => parentPort.postMessage(result));`;
    const url = new URL('./epoch.js', import.meta.url).href;
    const worker = new Worker(script, { eval: true, workerData: { url, run } });
    const [result] = await once(worker, 'message');
    await worker.terminate();
    return result as Awaited<ReturnType<typeof epochHash>>;
  };

  it('a result depends on gt and recipe only: not on batch, threads, order or JavaScript thread', async () => {
    const expected = await epochHash({ recipes, batch: 1, threads: 1, shuffled: false });
    // Some end in one flat picture.
    assert.ok(expected.different > 0.97 * recipes, `${expected.different} different results`);
    for (const [where, batch, threads, shuffled] of [
      [epochHash, 2, 2, false],
      [epochHash, 3, 3, true],
      [epochHash, 7, 8, false],
      [inWorker, 16, 2, true],
      [epochHash, 64, 3, true],
      [inWorker, 64, 1, false],
    ] as const) {
      const run = { recipes, batch, threads, shuffled };
      const label = `${JSON.stringify(run)} ${where === inWorker ? 'in a worker' : ''}`;
      assert.deepEqual(await where(run), expected, label);
    }
  });
});
