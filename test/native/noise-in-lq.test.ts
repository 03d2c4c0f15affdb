/** The axis noiseInLq against the noise that is measured in lq of flat pictures. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noiseInLq } from '../../src/degradation/axes.ts';
import { packRecipes } from '../../src/degradation/pack.ts';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { type DegradationSpace, spaceDefaults } from '../../src/degradation/space.ts';
import { native } from '../../src/native.ts';

const side = 384;
/** The mean gray that speckle and Poisson noise are told at. */
const gray = 0.45;
const luma = [0.299, 0.587, 0.114] as const;

/** 8-bit deviation of luma in lq, without what rounding to 8 bits adds. */
async function measured(recipe: Recipe): Promise<number> {
  const shape = { batch: 1, height: side, width: side };
  const flat = new Float32Array(3 * side * side).fill(gray);
  const options = { usm: false, threads: 2 };
  const batch = await native.synthesizeFrom(flat, shape, packRecipes([recipe]), options);
  const lq = batch.lq();
  batch.dispose();
  const pixels = lq.length / 3;
  let [sum, squares] = [0, 0];
  for (let i = 0; i < pixels; i++) {
    const value = luma.reduce((y, w, c) => y + 255 * w * (lq[c * pixels + i] as number), 0);
    sum += value;
    squares += value * value;
  }
  const rounding = luma.reduce((total, w) => total + (w * w) / 12, 0);
  return Math.sqrt(Math.max(0, squares / pixels - (sum / pixels) ** 2 - rounding));
}

function withoutJpeg(recipe: Recipe): Recipe {
  return { ...recipe, operations: recipe.operations.filter(({ op }) => op !== 'jpeg') };
}

describe('noise in lq', () => {
  const { bsrgan, 'bsrgan-plus': plus } = spaceDefaults;
  const cases: [DegradationSpace, number][] = [
    [bsrgan, 4],
    [bsrgan, 2],
    [plus, 4],
  ];
  for (const [space, scale] of cases) {
    it(`is what ${space.name} x${scale} leaves on flat pictures`, async () => {
      const errors: number[] = [];
      for (let index = 0; index < 80; index++) {
        const recipe = withoutJpeg(sampleRecipe(space, { seed: 3, index, scale }));
        const [axis, found] = [noiseInLq(recipe), await measured(recipe)];
        if (Math.max(axis, found) > 1) errors.push(Math.abs(Math.log(axis / found)));
      }
      errors.sort((a, b) => a - b);
      const at = (share: number) => errors[Math.floor(share * errors.length)] as number;
      assert.ok(errors.length > 40);
      // Sizes are whole pixels, which an axis that knows no sizes misses now and then.
      assert.ok(at(0.5) < 0.03 && at(0.9) < 0.15, `median ${at(0.5)}, nine of ten ${at(0.9)}`);
    });
  }
});
