import { sampledRecipes } from '../../src/bench/cases.ts';
import { floorOfAll, measureHardware } from '../../src/bench/floor.ts';
import { GtFile } from '../../src/bench/gt.ts';
import { OwnRun } from '../../src/bench/own-run.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { native } from '../../src/native.ts';
import type { BenchmarkCase, PreparedCase } from '../case.ts';

const batch = 64;
const lqOf = (side: number) => side / 4;

function degradeCase(side: number, usm: boolean): BenchmarkCase {
  const name = `degrade/${side}${usm ? '+usm' : ''}`;
  const work = `${batch} gt crops of ${side} px to lq ${lqOf(side)} px, ${usm ? 'with' : 'no'} USM`;
  return { name, work, prepare: () => prepare(side, usm) };
}

async function prepare(side: number, usm: boolean): Promise<PreparedCase> {
  const { threads } = native.info();
  const gt = new GtFile(side, batch);
  process.on('exit', () => gt.dispose());
  const run = new OwnRun(gt, sampledRecipes(realEsrganSpace, batch), {
    ...{ usm, threads, leastBatch: batch },
  });
  const profile = await run.profile();
  const hardware = await measureHardware(side);
  return {
    unit: 'ms/image',
    images: 1,
    gflop: (profile.reduce((sum, { flop }) => sum + flop, 0) * 1e-9) / run.images,
    floor: floorOfAll(profile, hardware) / run.images / threads / 1e6,
    check: () => run.check(),
    once: () => run.once(),
  };
}

export const degradeCases: BenchmarkCase[] = [
  degradeCase(256, false),
  degradeCase(256, true),
  degradeCase(96, false),
];
