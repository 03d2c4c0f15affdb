/** Thousands of recipes degraded in some order, in batches, on some threads: what comes out as one hash. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packRecipes } from '../../src/degradation/pack.ts';
import { native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import { bankOptions } from '../image-file.ts';
import { randomOperations, testBank } from '../random-recipe.ts';
import { testImage } from './images.ts';

export interface EpochRun {
  recipes: number;
  batch: number;
  threads: number;
  shuffled: boolean;
}

const side = 24;
const scale = 2;
const pixels = 3 * side * side;
const lqPixels = pixels / scale ** 2;

/** gt of recipe `id`: one picture, darker or brighter. */
function writeGt(picture: Float32Array, id: number, to: Float32Array): void {
  const factor = (50 + (id % 50)) / 100;
  for (let i = 0; i < pixels; i++) to[i] = (picture[i] as number) * factor;
}

/** SHA-256 of all lq in the order of their numbers, and how many differ from one another. */
export async function epochHash(run: EpochRun): Promise<{ sha256: string; different: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-epoch-'));
  const bank = bankOptions(join(folder, 'patches'), testBank());
  rmSync(folder, { recursive: true });
  const picture = testImage(side, side, 3);
  const results = new Float32Array(run.recipes * lqPixels);
  const order = Array.from({ length: run.recipes }, (_, i) => i);
  if (run.shuffled) new Random(1, 99, 1).shuffle(order);
  for (let start = 0; start < order.length; start += run.batch) {
    const ids = order.slice(start, start + run.batch);
    const gt = new Float32Array(ids.length * pixels);
    for (const [i, id] of ids.entries()) writeGt(picture, id, gt.subarray(i * pixels));
    const recipes = ids.map((id) => randomOperations(id, scale, { height: side, width: side }));
    const shape = { batch: ids.length, height: side, width: side };
    const options = { usm: true, threads: run.threads, ...bank };
    const batch = await native.synthesizeFrom(gt, shape, packRecipes(recipes), options);
    const lq = batch.lq();
    for (const [i, id] of ids.entries())
      results.set(lq.subarray(i * lqPixels, (i + 1) * lqPixels), id * lqPixels);
    batch.dispose();
  }
  const bytes = (from: number, to: number) =>
    Buffer.from(results.buffer, 4 * from, 4 * (to - from));
  const seen = new Set(
    order.map((id) => bytes(id * lqPixels, (id + 1) * lqPixels).toString('latin1')),
  );
  const sha256 = createHash('sha256').update(results).digest('hex');
  return { sha256, different: seen.size };
}
