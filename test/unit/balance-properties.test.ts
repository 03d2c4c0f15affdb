/** What holds for every balance rule, whatever its history is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Balancer } from '../../src/balance/balancer.ts';
import type { BalanceConfig } from '../../src/balance/config.ts';
import type { Measured, Observation } from '../../src/balance/rule.ts';
import { balanceRules } from '../../src/balance/rules/index.ts';
import { allMeasured, assertClose, decisionsOf } from '../balance-kit.ts';

const psnr = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: 15, max: 40, noNaN: true }) },
  fc.option(fc.double(), { nil: null }),
);
const loss = fc.oneof(
  { weight: 3, arbitrary: fc.double({ min: 1e-3, max: 1, noNaN: true }) },
  fc.option(fc.double(), { nil: null }),
);
const finitePsnr = fc.double({ min: -1000, max: 1000, noNaN: true });
const mass = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 1e-3, max: 1, noNaN: true }) },
  fc.constant(0),
);

interface Scene {
  masses: number[];
  config: Partial<BalanceConfig>;
  observations: Observation[];
}

const scenes: fc.Arbitrary<Scene> = fc.integer({ min: 1, max: 5 }).chain((count) => {
  const each = <Value>(value: fc.Arbitrary<Value>) =>
    fc.array(value, { minLength: count, maxLength: count });
  const ids = Array.from({ length: count }, (_, task) => `t${task}`);
  const byId = <Value>(value: fc.Arbitrary<Value>) =>
    each(value).map((values) => Object.fromEntries(ids.map((id, i) => [id, values[i] as Value])));
  const observation = fc.record({
    step: fc.integer({ min: 0, max: 1e6 }),
    losses: each(loss),
    lossesAfter: each(loss),
    probePsnr: each(psnr),
    alignments: each(each(fc.double())),
    naturalPsnr: each(psnr),
    transfer: fc.option(each(each(fc.oneof(finitePsnr, fc.constant(Number.NaN)))), {
      nil: undefined,
    }),
  });
  return fc.record({
    masses: each(mass).filter((values) => values.some((value) => value > 0)),
    config: fc.record({
      references: fc.option(
        byId(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null })),
        { nil: null },
      ),
      transfer: byId(byId(finitePsnr)),
      shares: byId(fc.double({ min: 1e-3, max: 1000, noNaN: true })),
      floor: fc.double({ min: 0, max: 1, noNaN: true }),
      ceiling: fc.double({ min: 1, max: 5, noNaN: true }),
      stepLimit: fc.double({ min: 1.01, max: 4, noNaN: true }),
      gamma: fc.double({ min: 0, max: 10, noNaN: true }),
      anchor: fc.constantFrom('natural' as const, 'uniform' as const),
    }),
    observations: fc.array(observation, { maxLength: 6 }) as fc.Arbitrary<Observation[]>,
  });
});

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

describe('for any history, however degenerate,', () => {
  for (const rule of balanceRules) {
    const objectives = rule.objectives.length > 0 ? rule.objectives : [null];
    it(`${rule.name} keeps shares whole and within bounds, weights finite with a mean of 1`, () => {
      fc.assert(
        fc.property(scenes, fc.constantFrom(...objectives), (scene, objective) => {
          const { masses, observations } = scene;
          const config = { ...scene.config, groups: [{ t0: 3 }], rule: rule.name, objective };
          const tasks = masses.map((value, task) => ({ id: `t${task}`, mass: value }));
          const total = sumOf(masses);
          const anchor = masses.map((value) =>
            config.anchor === 'uniform' ? 1 / masses.length : value / total,
          );
          const { floor = 0, ceiling = 0 } = config;
          for (const { shares, lossWeights, report } of decisionsOf(tasks, config, observations)) {
            assertClose([sumOf(shares)], [1]);
            assert.ok(lossWeights.every((weight) => Number.isFinite(weight) && weight > 0));
            assertClose([sumOf(shares.map((p, task) => p * (lossWeights[task] as number)))], [1]);
            assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
            if (rule.steers === 'loss') assertClose(shares, anchor);
            else assert.ok(lossWeights.every((weight) => weight === 1));
            if (rule.steers === 'loss' || rule.decides === 'once') continue;
            for (const [task, share] of shares.entries()) {
              const m = anchor[task] as number;
              const text = `${share} of task ${task}, anchor ${m}`;
              assert.ok(share >= floor * m - 1e-9 && share <= ceiling * m + 1e-9, text);
            }
          }
        }),
        { seed: 12, numRuns: 400 },
      );
    });
  }
});

/** Plays a run: batches, losses, updates; the state goes through JSON at `cut`. */
function play(config: Partial<BalanceConfig>, ids: readonly string[], cut: number): unknown[] {
  const tasks = ids.map((id) => ({ id, mass: id.charCodeAt(0) - 90 }));
  const make = () => new Balancer(tasks, { config, seed: 2, batchSize: 8, provides: allMeasured });
  let balancer = make();
  const log: unknown[] = [];
  const value = (id: string, step: number) => Math.abs(Math.sin(step + 3 * id.charCodeAt(0)));
  const sorted = ids.toSorted();
  for (let step = 1; step <= 24; step++) {
    const batch = balancer.next(step - 1);
    const losses = batch.map((id) => 0.02 + 0.1 * value(id, step));
    balancer.record(
      batch,
      losses,
      losses.map((each, sample) => each * (1 - 0.1 * value(batch[sample] as string, -step))),
    );
    if (balancer.isDue(step)) {
      const measured: Measured = {
        alignments: sorted.map((t) => sorted.map((u) => value(t, step) - value(u, 2 * step))),
        naturalPsnr: sorted.map((id) => 27 + 2 * value(id, 7)),
      };
      const probes = sorted.map((id) => [id, 26 + 2 * value(id, step) + step / 10]);
      balancer.update(step, Object.fromEntries(probes), measured);
    }
    log.push([...balancer.status()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    if (step !== cut) continue;
    const saved = JSON.parse(JSON.stringify(balancer.stateAfter(step)));
    balancer = make();
    balancer.restore(saved);
  }
  return log;
}

describe('a run', () => {
  const ids = ['b', 'c', 'a', 'd'];
  const references = { a: 28, b: 29, c: 28.5, d: 30 };
  const transfer = Object.fromEntries(
    ids.map((t) => [
      t,
      Object.fromEntries(ids.map((u, i) => [u, t === u ? 30 : 27 + Math.cos(i + t.charCodeAt(0))])),
    ]),
  );
  for (const { name, decides } of balanceRules) {
    const constants = name === 'stch' ? { warmup: 5 } : name === 'curriculum' ? { steps: 30 } : {};
    const config = {
      ...{ rule: name, warmup: 5, every: 3, references, transfer, constants },
      shares: { a: 1, b: 2, c: 3, d: 4 },
      groups: [{ a: 1 }, { b: 2, d: 3 }],
    };
    it(`with ${name} goes on identically after a resume, in any order of the tasks`, () => {
      const whole = play(config, ids, 0);
      for (const cut of [1, 5, 6, 17]) assert.deepEqual(play(config, ids, cut), whole);
      assert.deepEqual(play(config, ids.toReversed(), 0), whole);
      const moved = new Set(whole.map((status) => JSON.stringify(decisionIn(status)))).size > 1;
      assert.equal(moved, decides !== 'once');
    });
  }
});

function decisionIn(status: unknown): unknown {
  return (status as { share: number; lossWeight: number }[]).map((task) => [
    task.share,
    task.lossWeight,
  ]);
}

describe('a balancer refuses', () => {
  const tasks = [
    { id: 'a', mass: 1 },
    { id: 'b', mass: 1 },
  ];
  const refused = (config: Partial<BalanceConfig>, code: string, text: RegExp, hint: RegExp) =>
    assert.throws(
      () => new Balancer(tasks, { config, seed: 1, batchSize: 2 }),
      (error: { code: string; message: string; hint: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, text);
        assert.match(error.hint, hint);
        return true;
      },
    );
  it('a rule whose needs are not met, naming what meets them', () => {
    const cases: [string, RegExp, RegExp][] = [
      ['marginal-gain', /needs the alignments/, /measured\.alignments of Balancer\.update/],
      ['famo', /needs the losses of a step's batch after/, /third argument of Balancer\.record/],
      ['transfer-matrix', /needs the PSNR of the specialist/, /balance\.transfer/],
      ['replay', /needs the share of each task/, /balance\.shares/],
      ['tgsr-recipes', /needs groups of fixed recipes/, /balance\.groups.*tasks group/],
    ];
    for (const [rule, text, hint] of cases) refused({ rule }, 'E_BALANCE_NEEDS', text, hint);
    const transfer = { a: { a: 30, b: 20 }, b: { a: 25, b: 30 } };
    refused(
      { rule: 'constrained', transfer },
      'E_BALANCE_NEEDS',
      /probe PSNR that natural/,
      /naturalPsnr/,
    );
  });

  it('unknown rules and objectives with a line for each that there is', () => {
    refused({ rule: 'x' }, 'E_BALANCE_RULE', /no rule named x/, /quota: focal.*famo: loss/s);
    const objective = 'best' as 'mean';
    refused({ objective }, 'E_BALANCE', /objective is best/, /mean: .*worst: .*no-task-below/);
    refused({ objective: 'mean' }, 'E_BALANCE', /natural does not pursue mean/, /none/);
  });

  it('constants, matrices, shares and masses that cannot be', () => {
    const constants = { tau: 0 };
    refused({ rule: 'dwa', constants }, 'E_BALANCE', /constants\.tau is 0/, /temperature/);
    refused({ constants }, 'E_BALANCE', /constants\.tau is no constant of natural/, /none/);
    const half = { a: { a: 1, b: 2 } };
    refused({ transfer: half }, 'E_BALANCE', /no PSNR of the specialist of b on a/, /a, b/);
    const far = { a: { a: 1, b: 2 }, b: { a: 1e4, b: 1 } };
    refused({ transfer: far }, 'E_BALANCE', /transfer\.b of a is 10000/, /dB/);
    refused({ shares: { a: 1 } }, 'E_BALANCE', /shares needs a share above 0 for b/, /a, b/);
    refused({ groups: [] }, 'E_BALANCE', /groups has none/, /one recipe/);
    refused({ groups: [{ a: 1 }, {}] }, 'E_BALANCE', /groups has a group of {}/, /one recipe/);
    refused({ groups: [{ a: 0.5 }] }, 'E_BALANCE', /group of {"a":0.5}/, /one recipe/);
    refused({ groups: [{ x: 1 }] }, 'E_BALANCE', /groups names x/, /a, b/);
    for (const mass of [-1, Number.NaN, 0]) {
      const bad = [{ id: 'a', mass }];
      assert.throws(() => new Balancer(bad, { seed: 1, batchSize: 1 }), { code: 'E_BALANCE' });
    }
  });
});
