import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { native } from '../../src/native.ts';
import { randomRecipe } from './degrade.ts';
import { testImage } from './images.ts';

const side = 64;

function batchOf(count: number, seed: number) {
  const images = Array.from({ length: count }, (_, i) => testImage(side, side, seed + i));
  const gt = new Float32Array(images.flatMap((image) => Array.from(image)));
  const recipes = images.flatMap((_, i) => Array.from(randomRecipe(seed + i, 4)));
  return {
    gt,
    shape: { batch: count, height: side, width: side },
    recipes: Float64Array.from(recipes),
  };
}

async function lqOf({ gt, shape, recipes }: ReturnType<typeof batchOf>, threads: number) {
  const batch = await native.synthesizeFrom(gt, shape, recipes, { usm: false, threads });
  const lq = batch.lq().slice();
  batch.dispose();
  return lq;
}

describe('batches that are asked for at once', () => {
  const batches = [1, 5, 2, 1, 8, 3, 1, 1, 16, 2].map((count, i) => batchOf(count, 100 * i));

  it('hold what each holds alone, with any and changing numbers of threads', async () => {
    const alone = [];
    for (const batch of batches) alone.push(await lqOf(batch, 1));
    for (const threadsOf of [() => 1, () => 2, () => 5, (i: number) => 1 + ((3 * i) % 4)]) {
      const together = await Promise.all(batches.map((batch, i) => lqOf(batch, threadsOf(i))));
      for (const [i, lq] of together.entries()) assert.deepEqual(lq, alone[i], `batch ${i}`);
    }
  });

  it('fail alone', async () => {
    const broken = new Set([1, 4, 9]);
    const settled = await Promise.allSettled(
      batches.map((batch, i) => {
        const gt = batch.gt.slice();
        if (broken.has(i)) gt[gt.length - 1] = 2;
        return lqOf({ ...batch, gt }, 3);
      }),
    );
    for (const [i, result] of settled.entries()) {
      if (!broken.has(i)) assert.equal(result.status, 'fulfilled', `batch ${i}`);
      else assert.equal(result.status === 'rejected' && result.reason.code, 'E_PIXEL');
    }
  });

  it('profile their own operators only', async () => {
    const options = { usm: false, threads: 3, profile: true };
    const callsOf = async ({ gt, shape, recipes }: ReturnType<typeof batchOf>) => {
      const batch = await native.synthesizeFrom(gt, shape, recipes, options);
      const calls = Object.entries(batch.profile).map(([name, { calls }]) => [name, calls]);
      batch.dispose();
      return calls;
    };
    const alone = [];
    for (const batch of batches) alone.push(await callsOf(batch));
    assert.deepEqual(await Promise.all(batches.map(callsOf)), alone);
  });

  it('have as many threads as the one that asks for most, and none that would find nothing', {
    skip: !existsSync('/proc/self/task') && 'threads are counted in /proc, which is missing here',
  }, () => {
    const program = `
      const { readdirSync, readFileSync } = require('node:fs');
      const threads = () => readdirSync('/proc/self/task').filter((id) =>
        readFileSync('/proc/self/task/' + id + '/comm', 'utf8') === 'evensr-pool\\n').length;
      import(process.argv[1]).then(async ({ native }) => {
        const [one, many, gt] = JSON.parse(process.argv[2]);
        const make = (recipes, batch, threads) => native.synthesizeFrom(
          new Float32Array(gt.length * batch).map((_, i) => gt[i % gt.length]),
          { batch, height: 8, width: 8 }, Float64Array.from(recipes), { usm: false, threads });
        const counts = [];
        for (const [count, batch, limit] of [[6, 1, 1], [1, 2, 8], [1, 3, 3], [1, 3, 2]]) {
          const made = Array.from({ length: count }, () =>
            make(batch === 1 ? one : many.slice(0, batch * one.length), batch, limit));
          await Promise.all(made);
          counts.push(threads());
        }
        console.log(JSON.stringify(counts));
      });`;
    const { gt, recipes } = smallBatch();
    const one = Array.from(recipes.subarray(0, recipes.length / 3));
    const url = new URL('../../src/native.js', import.meta.url).href;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['-e', program, url, JSON.stringify([one, Array.from(recipes), gt])],
      { encoding: 'utf8', cwd: fileURLToPath(new URL('../../..', import.meta.url)) },
    );
    assert.deepEqual(JSON.parse(stdout || 'null'), [1, 2, 3, 3], stderr);
  });
});

/** Three recipes and an image of 8 px. */
function smallBatch() {
  const recipes = [0, 1, 2].flatMap((i) => Array.from(randomRecipe(i, 4)));
  return { gt: Array.from(testImage(8, 8, 1)), recipes: Float64Array.from(recipes) };
}
