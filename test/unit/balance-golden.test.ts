/** Rules against PyTorch, SciPy and NumPy (test/fixtures/balance_reference.py), and against paper and pencil. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { BalanceConfig } from '../../src/balance/config.ts';
import { balanceContext, type TaskMass } from '../../src/balance/context.ts';
import type { Decision, Observation } from '../../src/balance/rule.ts';
import { balanceRule } from '../../src/balance/rules/index.ts';
import { assertClose, decisionsOf } from '../balance-kit.ts';

interface Case {
  name: string;
  rule: string;
  config: Partial<BalanceConfig>;
  observations: Observation[];
  expected: Partial<Decision<unknown>>[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/balance-reference.json', import.meta.url), 'utf8'),
) as { tasks: TaskMass[]; references: Record<string, number>; cases: Case[] };

describe('a rule decides as its published formula', () => {
  for (const { name, rule, config, observations, expected } of fixture.cases) {
    it(name, () => {
      const given = { references: fixture.references, ...config, rule };
      const decisions = decisionsOf(fixture.tasks, given, observations);
      assert.equal(expected.length, observations.length);
      for (const [update, wanted] of expected.entries()) {
        const decision = decisions[update + 1] as Decision<unknown>;
        if (wanted.shares) assertClose(decision.shares, wanted.shares, 1e-7);
        if (wanted.lossWeights) assertClose(decision.lossWeights, wanted.lossWeights, 1e-7);
      }
    });
  }
});

const tasks = [
  { id: 'a', mass: 0.2 },
  { id: 'b', mass: 0.3 },
  { id: 'c', mass: 0.5 },
];
const open = { floor: 0, ceiling: 1000, stepLimit: 1e9 };
const seen = (probePsnr: (number | null)[], step = 100): Observation => ({
  step,
  losses: [0.1, 0.1, 0.1],
  probePsnr,
});
const sharesOf = (
  config: Partial<BalanceConfig> & { rule: string },
  ...observations: Observation[]
) => decisionsOf(tasks, config, observations).map(({ shares }) => shares);

describe('by hand', () => {
  it('curriculum admits b, then b and c, then all', () => {
    // c(s) = sqrt(s 0.91 / 1000 + 0.09): 0.30, 0.738, 1. Ease: b, c, a; mass before them 0, 0.3, 0.8.
    const config = { ...open, rule: 'curriculum', constants: { steps: 1000 } };
    const psnr = [20, 30, 25];
    const [start, first, second, third] = sharesOf(
      config,
      seen(psnr, 0),
      seen([99, 1, 1], 500),
      seen(psnr, 1000),
    );
    assertClose(start, [0.2, 0.3, 0.5]);
    assertClose(first, [0, 1, 0], 1e-6);
    assertClose(second, [0, 0.375, 0.625], 1e-6);
    assertClose(third, [0.2, 0.3, 0.5], 1e-6);
  });

  it('curriculum holds the others at their floor', () => {
    const config = { rule: 'curriculum', stepLimit: 1e9, ceiling: 1000 };
    assertClose(sharesOf(config, seen([20, 30, 25], 0))[1], [0.1, 0.65, 0.25]);
  });

  it('tgsr gives a third to the space and to each of two groups, for good', () => {
    // Gains .9, .1 and .5 dB: a in the first group, c in the third (above .4), b in none.
    const config = { ...open, rule: 'tgsr', references: { a: 30, b: 30, c: 30 } };
    const wanted = [0.2 / 3 + 1 / 3, 0.3 / 3, 0.5 / 3 + 1 / 3];
    const [, first, second] = sharesOf(config, seen([29.1, 29.9, 29.5]), seen([20, 20, 20]));
    assertClose(first, wanted, 1e-7);
    assertClose(second, wanted, 1e-7);
    const shared = sharesOf(config, seen([29.1, 29.05, 29.5]))[1];
    assertClose(shared, [0.2 / 3 + 1 / 6, 0.3 / 3 + 1 / 6, 0.5 / 3 + 1 / 3], 1e-7);
    assertClose(
      sharesOf({ ...config, references: { a: 30 } }, seen([30, 1, 1]))[1],
      [0.2, 0.3, 0.5],
    );
  });

  it('plateau is quota while gaps shrink, and holds a share whose gap does not', () => {
    const references = { a: 30, b: 30, c: 30 };
    const shrinking = [seen([28, 29.9, 29.9]), seen([28.5, 29.9, 29.9]), seen([28.9, 29.9, 29.9])];
    const config = { references, emaWeight: 1 };
    const [quota, plateau] = ['quota', 'plateau'].map((rule) =>
      sharesOf({ ...config, rule }, ...shrinking),
    );
    assert.deepEqual(plateau, quota);
    // The gap of a stays at 2 dB: seen first at 1, unanswered at 2 and 3; so 3 does not let it grow.
    const still = Array.from({ length: 6 }, () => seen([28, 29.9, 29.9]));
    const held = sharesOf({ ...config, rule: 'plateau' }, ...still).map(([a]) => a as number);
    assertClose(held, [0.2, 0.3, 0.45, 0.45, 0.45, 0.45, 0.45]);
    const grown = sharesOf({ ...config, rule: 'quota' }, ...still).map(([a]) => a as number);
    assertClose(grown.slice(0, 4), [0.2, 0.3, 0.45, 0.6]);
    // An answer of .1 dB sets it free.
    const freed = sharesOf(
      { ...config, rule: 'plateau' },
      ...still.slice(3),
      seen([28.1, 29.9, 29.9]),
    );
    assertClose([freed[4]?.[0] as number], [0.6]);
  });

  it('rlw draws other weights each step, the same ones for the same seed', () => {
    const rule = balanceRule('rlw');
    const context = balanceContext(tasks, rule, { seed: 4 });
    const logs: number[] = [];
    let decision = rule.start(context);
    for (let step = 0; step < 4000; step++) {
      const [a, b] = decision.lossWeights as [number, number];
      // Weights of samples are those of tasks over their shares; logits are standard normal.
      logs.push(Math.log((a * 0.2) / (b * 0.3)) / Math.SQRT2);
      decision = rule.update(context, decision.state, seen([null, null, null]));
    }
    const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
    const variance = logs.reduce((sum, value) => sum + value ** 2, 0) / logs.length;
    assert.ok(Math.abs(mean) < 0.06, `mean ${mean}`);
    assert.ok(Math.abs(variance - 1) < 0.09, `variance ${variance}`);
    assert.equal(new Set(logs).size, logs.length);
    assert.deepEqual(rule.start(context), rule.start(context));
    const other = balanceContext(tasks, rule, { seed: 5 });
    assert.notDeepEqual(rule.start(other).lossWeights, rule.start(context).lossWeights);
  });

  it('a batch without a task leaves what is learned of it', () => {
    for (const name of ['uncertainty', 'imtl-l', 'group-dro', 'gls', 'stch', 'famo']) {
      const config = { rule: name };
      const full = { ...seen([null, null, null]), lossesAfter: [0.09, 0.1, 0.11] };
      const part = { ...full, losses: [0.1, null, 0.1], lossesAfter: [0.09, null, 0.11] };
      const [, , both] = decisionsOf(tasks, config, [full, part]);
      const [, , gone] = decisionsOf(tasks, config, [
        full,
        { ...part, losses: [null, null, null] },
      ]);
      for (const decision of [both, gone]) {
        assert.ok(
          decision?.lossWeights.every((w) => Number.isFinite(w) && w > 0),
          name,
        );
      }
    }
  });
});
