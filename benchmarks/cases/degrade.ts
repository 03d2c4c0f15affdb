import assert from 'node:assert/strict';
import { packRecipes } from '../../src/degradation/pack.ts';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { native } from '../../src/native.ts';
import type { BenchmarkCase, PreparedCase } from '../case.ts';

const scale = 4;
const batch = 64;
const channels = 3;

/** A smooth picture with edges and texture, the same on every machine. */
function picture(side: number, phase: number): Float32Array {
  const pixels = new Float32Array(channels * side * side);
  for (let i = 0; i < pixels.length; i++) {
    const x = i % side;
    const y = Math.floor(i / side) % side;
    const edge = (x + 2 * y + 31 * phase) % 64 < 32 ? 0.2 : 0;
    pixels[i] = 0.4 + edge + 0.2 * Math.sin((x * (phase + 3)) / 17) * Math.cos(y / 11);
  }
  return pixels;
}

/** Multiply-adds of the filters as point-sampled kernels need them: what no layout can avoid. */
function gflopOf(recipe: Recipe, side: number, usm: boolean): number {
  const lq = side / scale;
  const [first, second] = recipe.stages;
  const afterFirst = Math.floor(side * first.resizeScale);
  const filter = (size: number, pixels: number) => 2 * size * size * channels * pixels;
  let flop = first.kernel === 'none' ? 0 : filter(first.kernelSize, side * side);
  flop += second.kernel === 'none' ? 0 : filter(second.kernelSize, afterFirst * afterFirst);
  flop += filter(recipe.finalSincSize, lq * lq);
  if (usm) flop += 4 * 2 * 51 * channels * side * side;
  return flop * 1e-9;
}

function degradeCase(name: string, side: number, usm: boolean): BenchmarkCase {
  const work = `${batch} gt crops of ${side} px to lq ${side / scale} px, ${usm ? 'with' : 'no'} USM`;
  return { name, work, prepare: () => prepare(side, usm) };
}

async function prepare(side: number, usm: boolean): Promise<PreparedCase> {
  const { threads } = native.info();
  const recipes = Array.from({ length: batch }, (_, index) =>
    sampleRecipe(realEsrganSpace, { seed: 1, index, scale }),
  );
  const packed = packRecipes(recipes);
  const gt = new Float32Array(batch * channels * side * side);
  const one = channels * side * side;
  for (let i = 0; i < batch; i++) gt.set(picture(side, i), i * one);
  const shape = { batch, height: side, width: side };
  const run = () => native.synthesizeFrom(gt, shape, packed, { usm, threads });

  return {
    images: batch,
    gflop: recipes.reduce((sum, recipe) => sum + gflopOf(recipe, side, usm), 0),
    async check() {
      const whole = (await run()).lq();
      const length = whole.length / batch;
      for (const i of [0, 1, batch - 1]) {
        const single = await native.synthesizeFrom(
          gt.subarray(i * one, (i + 1) * one),
          { batch: 1, height: side, width: side },
          packRecipes(recipes.slice(i, i + 1)),
          { usm, threads: 1 },
        );
        assert.deepEqual(single.lq(), whole.slice(i * length, (i + 1) * length), `sample ${i}`);
      }
    },
    async once() {
      const start = performance.now();
      (await run()).dispose();
      return performance.now() - start;
    },
  };
}

export const degradeCases: BenchmarkCase[] = [
  degradeCase('degrade-256', 256, false),
  degradeCase('degrade-256-usm', 256, true),
  degradeCase('degrade-96', 96, false),
];
