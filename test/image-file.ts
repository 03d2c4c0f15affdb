/** Lists of images with recipes, for the addon and for the programs of test/native-matrix. */
import { writeFileSync } from 'node:fs';
import { packRecipes } from '../src/degradation/pack.ts';
import type { Recipe } from '../src/degradation/recipe.ts';
import { native } from '../src/native.ts';
import { Random } from '../src/rng.ts';
import { testImage } from './native/images.ts';
import { randomOperations, type TestBank } from './random-recipe.ts';

export interface RecipeImage {
  height: number;
  width: number;
  recipe: Recipe;
  /** Planar RGB, 8 bits. */
  levels: Uint8Array;
}

/** A picture of this size for each recipe. */
export function picturesFor(recipes: readonly Recipe[], height: number, width: number) {
  return recipes.map((recipe, i): RecipeImage => {
    const levels = Uint8Array.from(testImage(height, width, i), (v) => Math.round(255 * v));
    return { height, width, recipe, levels };
  });
}

/** Small pictures of many sizes at all scales, each with its own random recipe. */
export function randomImages(count: number): RecipeImage[] {
  const random = new Random(1, 99, 7);
  return Array.from({ length: count }, (_, i) => {
    const scale = 1 + (i % 4);
    const side = () => scale * (6 + random.integer(8));
    const size = { height: side(), width: side() };
    const levels = Uint8Array.from(testImage(size.height, size.width, i), (v) =>
      Math.round(255 * v),
    );
    return { ...size, recipe: randomOperations(i, scale, size), levels };
  });
}

/** The format that test/native-matrix/images.h reads. */
export function writeImageFile(file: string, bank: TestBank, images: RecipeImage[]): void {
  const doubles = (...values: number[]) => new Uint8Array(Float64Array.from(values).buffer);
  const { kernels, kernelSize, patches, patchSize } = bank;
  const counts = [kernels.length / kernelSize ** 2, patches.length / (3 * patchSize ** 2)];
  const parts = [
    doubles(counts[0] as number, kernelSize, counts[1] as number, patchSize),
    new Uint8Array(kernels.buffer),
    patches,
    ...images.flatMap(({ height, width, recipe, levels }) => [
      doubles(height, width, ...packRecipes([recipe])),
      levels,
    ]),
  ];
  writeFileSync(file, Buffer.concat(parts));
}

/** The bank as options of the native calls; its patches go to `file`, which must stay. */
export function bankOptions(file: string, { kernels, kernelSize, patches, patchSize }: TestBank) {
  writeFileSync(file, patches);
  const bytes = 3 * patchSize ** 2;
  const numbers = Array.from({ length: patches.length / bytes }, (_, i) => i);
  const layout = numbers.flatMap((i) => [i * bytes, patchSize, patchSize]);
  const pack = native.openPack(file, Float64Array.from(layout));
  const places = Int32Array.from(numbers.flatMap((i) => [i, 0, 0]));
  return {
    kernels: { size: kernelSize, taps: kernels },
    patches: { pack, size: patchSize, places },
  };
}

/** lq as the addon makes it, image by image. */
export async function degradeImages(
  images: readonly RecipeImage[],
  bank: ReturnType<typeof bankOptions>,
): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  for (const { height, width, recipe, levels } of images) {
    const gt = Float32Array.from(levels, (level) => level / 255);
    const shape = { batch: 1, height, width };
    const options = { usm: false, threads: 1, ...bank };
    const batch = await native.synthesizeFrom(gt, shape, packRecipes([recipe]), options);
    results.push(batch.lq());
    batch.dispose();
  }
  return results;
}
