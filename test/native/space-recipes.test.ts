/** What the spaces draw is what the native core makes: every recipe is taken, at every scale. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { packRecipes } from '../../src/degradation/pack.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { leastGtSide } from '../../src/degradation/smallest.ts';
import { type DegradationSpace, defineSpace } from '../../src/degradation/space.ts';
import { native } from '../../src/native.ts';
import { testImage } from './images.ts';

const folder = mkdtempSync(join(tmpdir(), 'evensr-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const patchSize = 160;
const window = 160;

/** Two patches of noise in a pack, and two blur kernels. */
function openBanks() {
  const path = join(folder, 'noise.pack');
  const bytes = Uint8Array.from({ length: 2 * 3 * patchSize ** 2 }, (_, i) => 100 + (i % 7));
  writeFileSync(path, bytes);
  const table = [0, patchSize, patchSize, 3 * patchSize ** 2, patchSize, patchSize];
  const pack = native.openPack(path, Float64Array.from(table));
  const places = Int32Array.from([0, 0, 0, 1, 0, 0]);
  const taps = new Float32Array(2 * 5 * 5).fill(1 / 25);
  return { patches: { pack, size: patchSize, places }, kernels: { size: 5, taps } };
}

const spaces: DegradationSpace[] = [
  defineSpace(),
  defineSpace('bsrgan', { camera: { probability: 0.5 } }),
  defineSpace('bsrgan-plus', { camera: { probability: 0.5 }, shuffleProbability: 0.5 }),
  defineSpace('realsr', {
    kernelBank: { count: 2, size: 5, sha256: '' },
    noiseBank: { count: 2, size: patchSize, window, sha256: '' },
  }),
  defineSpace('classic'),
];

const mean = (values: Float32Array) => values.reduce((sum, v) => sum + v, 0) / values.length;

describe('recipes of every space', () => {
  for (const space of spaces) {
    for (const scale of [1, 2, 3, 4]) {
      const least = leastGtSide(space, scale);
      it(`${space.name} x${scale}: degrades crops from the least side on`, async () => {
        const banks = space.name === 'realsr' ? openBanks() : undefined;
        const side = Math.ceil(Math.max(least, 24) / scale) * scale;
        const batch = 24;
        const recipes = Array.from({ length: batch }, (_, index) =>
          sampleRecipe(space, { seed: 31, index, scale }),
        );
        const image = testImage(side, side, 3);
        const gt = new Float32Array(batch * image.length);
        for (let i = 0; i < batch; i++) gt.set(image, i * image.length);
        const pairs = await native.synthesizeFrom(
          gt,
          { batch, height: side, width: side },
          packRecipes(recipes),
          { usm: false, threads: 2, ...banks },
        );
        const lq = pairs.lq();
        assert.deepEqual([pairs.lqHeight, pairs.lqWidth], [side / scale, side / scale]);
        assert.ok(
          lq.every((v) => v >= 0 && v <= 1 && Math.fround(Math.round(v * 255) / 255) === v),
        );
        assert.ok(Math.abs(mean(lq) - mean(image)) < 0.05, `${mean(lq)} and ${mean(image)}`);
        pairs.dispose();
        banks?.patches.pack.dispose();
      });

      it(`${space.name} x${scale}: the native core takes 2,000 recipes at the least side`, () => {
        const banks = space.name === 'realsr' ? openBanks() : {};
        const side = Math.ceil(least / scale) * scale;
        const options = { usm: false, threads: 1, ...banks };
        for (let index = 0; index < 2000; index++) {
          const packed = packRecipes([sampleRecipe(space, { seed: 32, index, scale })]);
          assert.doesNotThrow(() => native.checkRecipe(packed, side, options));
        }
      });
    }
  }
});
