import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flat, gaussianNoise, noiseWords, poissonNoise, type Size, wordPosition } from './noise.ts';
import { poissonTable } from './poisson.ts';

const size: Size = [21, 31];
const pixels = size[0] * size[1];
const sigma = 10;
const scale = 0.1;
const grayLevel = 100;
const image = flat(...size, grayLevel / 255);

/** The noise that the documented words of a pixel give, computed in double. */
function expected(operator: string, words: number[], lane: number): number {
  if (operator === 'poisson') {
    // A flat image has one level: vals = 1.
    const { slots, smallest } = poissonTable(0, grayLevel);
    const word = words[lane] as number;
    const slot = slots[word >>> 24] as number;
    const value = (word & 0xffffff) < slot >>> 8 ? word >>> 24 : slot & 255;
    return scale * (smallest + value - grayLevel / 255);
  }
  const first = lane & 2;
  const u = (((words[first] as number) >>> 1) + 0.5) / 2 ** 31;
  const angle = (2 * Math.PI * (words[first + 1] as number)) / 2 ** 32;
  const radius = Math.sqrt(-2 * Math.log(u));
  return ((lane & 1 ? Math.sin(angle) : Math.cos(angle)) * radius * sigma) / 255;
}

test('every pixel has its documented random word and no word serves twice in one image', () => {
  const used = new Set<string>();
  let words = 0;
  for (const [operator, id] of [
    ['gaussian', 1],
    ['poisson', 2],
  ] as const) {
    for (const stage of [0, 1]) {
      for (const gray of [false, true]) {
        const out =
          operator === 'gaussian'
            ? gaussianNoise(image, size, { level: sigma, gray, stage })
            : poissonNoise(image, size, { level: scale, gray, stage });
        for (let i = 0; i < (gray ? pixels : 3 * pixels); i++) {
          const field = gray ? 3 : Math.floor(i / pixels);
          const { group, lane } = wordPosition(i % pixels);
          const block = noiseWords(id, stage, field, group);
          const noise = (out[i] as number) - (image[i] as number);
          const error = Math.abs(noise - expected(operator, block, lane));
          assert.ok(error < 1e-6, `${operator} ${stage} ${field} pixel ${i % pixels}: ${error}`);
          used.add([group, field, id | (stage << 8), lane].join());
          words++;
        }
      }
    }
  }
  assert.equal(used.size, words);
});
