/** No random number serves two purposes: not in one recipe, and not in two recipes of an epoch. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { defineSpace, type SpaceName } from '../../src/degradation/space.ts';
import { picturesFor, writeImageFile } from '../image-file.ts';
import {
  buildProgram,
  degradationSources,
  findCompiler,
  productFlags,
  runProgram,
} from '../programs.ts';
import { randomOperations, testBank } from '../random-recipe.ts';

const size = { height: 16, width: 16 };
const scale = 2;

function epochOf(name: SpaceName, count: number): Recipe[] {
  const space = defineSpace(name);
  return Array.from({ length: count }, (_, index) =>
    sampleRecipe(space, { seed: 3, index, scale }),
  );
}

const epochs: [name: string, recipes: () => Recipe[], purposes: number][] = [
  // Gaussian and Poisson noise, in two stages each.
  ['real-esrgan', () => epochOf('real-esrgan', 20_000), 4],
  ['bsrgan-plus', () => epochOf('bsrgan-plus', 5_000), 6],
  [
    'any operations',
    () => Array.from({ length: 5_000 }, (_, i) => randomOperations(i, scale, size)),
    30,
  ],
];

const compiler = findCompiler('g++') ?? findCompiler('clang++');

describe('Philox counters', { skip: compiler ? false : 'no g++ and no clang++' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-counters-'));
  after(() => rmSync(folder, { recursive: true }));

  for (const [name, recipesOf, purposes] of epochs) {
    it(`are used once in an epoch of ${name}`, async () => {
      if (!compiler) return;
      const program = await buildProgram({
        compiler,
        flags: ['-O1', ...productFlags(), '-Itest/native-matrix/tracked'],
        sources: [
          'test/native-matrix/counters.cc',
          ...degradationSources().filter((file) => !file.endsWith('/noise_words.cc')),
        ],
      });
      const recipes = recipesOf();
      const file = join(folder, 'images');
      writeImageFile(file, testBank(), picturesFor(recipes, size.height, size.width));
      const printed = await runProgram(program, file);
      const [images, blocks, found] = (printed.match(/\d+/g) ?? []).map(Number);
      assert.equal(images, recipes.length, printed);
      assert.ok((blocks as number) > 100 * recipes.length, printed);
      assert.ok((found as number) >= purposes, `${printed}: fewer than ${purposes} purposes`);
    });
  }
});
