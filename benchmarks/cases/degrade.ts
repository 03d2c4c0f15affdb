import assert from 'node:assert/strict';
import { packRecipes } from '../../src/degradation/pack.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { type NativeBatch, native } from '../../src/native.ts';
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

function degradeCase(name: string, side: number, usm: boolean): BenchmarkCase {
  const work = `${batch} gt crops of ${side} px to lq ${side / scale} px, ${usm ? 'with' : 'no'} USM`;
  return { name, work, prepare: () => prepare(side, usm) };
}

/** Arithmetic that the operators of a batch need, as the addon counts it. */
async function gflopOf(running: Promise<NativeBatch>): Promise<number> {
  const batch = await running;
  const flop = batch.profile.reduce((sum, operator) => sum + operator.flop, 0);
  batch.dispose();
  return flop * 1e-9;
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
  const run = (more = {}) => native.synthesizeFrom(gt, shape, packed, { usm, threads, ...more });

  return {
    images: batch,
    gflop: await gflopOf(run({ profile: true })),
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
