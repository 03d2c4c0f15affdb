import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Balancer, type BalancerState } from '../../src/balance/balancer.ts';
import { type BalanceConfig, balanceDefaults } from '../../src/balance/config.ts';
import { balanceRule } from '../../src/balance/rules/index.ts';

const tasks = [
  { id: 'small', mass: 0.2 },
  { id: 'full', mass: 0.7 },
  { id: 'clean', mass: 0.1 },
];
const references = { small: 24, full: 28, clean: 32 };
const equalGaps = { small: 23, full: 27, clean: 31 };
const cleanBehind = { small: 24, full: 28, clean: 29 };

function balancer(config: Partial<BalanceConfig>, order = tasks): Balancer {
  return new Balancer(order, { config: { rule: 'quota', ...config }, seed: 3, batchSize: 16 });
}

const sharesOf = (of: Balancer) => of.status().map(({ share }) => share);
const weightsOf = (of: Balancer) => of.status().map(({ lossWeight }) => lossWeight);

function assertClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-9) {
  assert.equal(actual.length, expected.length);
  for (const [index, value] of actual.entries()) {
    const wanted = expected[index] as number;
    assert.ok(Math.abs(value - wanted) <= tolerance, `${actual} instead of ${expected}`);
  }
}

test('the defaults are the documented ones', () => {
  assert.deepEqual(balanceDefaults, {
    rule: 'natural',
    gamma: 0.5,
    emaWeight: 0.3,
    epsilon: 1e-3,
    lambda: 0.3,
    floor: 0.5,
    ceiling: 3,
    stepLimit: 1.5,
    anchor: 'natural',
    warmup: 2000,
    every: 1000,
    references: null,
    constants: {},
    objective: null,
    transfer: null,
    shares: null,
    groups: null,
  });
});

test('natural and uniform decide once and are never due', () => {
  const natural = balancer({ rule: 'natural', warmup: 0, every: 1 });
  const uniform = balancer({ rule: 'uniform', warmup: 0, every: 1 });
  assertClose(sharesOf(natural), [0.2, 0.7, 0.1]);
  assertClose(sharesOf(uniform), [1 / 3, 1 / 3, 1 / 3]);
  assert.ok(!natural.isDue(5) && !uniform.isDue(5));
  assert.equal(natural.lossWeights(['small']), undefined);
});

test('quota is due at the end of warm-up and then regularly', () => {
  const rule = balancer({ warmup: 20, every: 10 });
  const due = Array.from({ length: 51 }, (_, step) => step).filter((step) => rule.isDue(step));
  assert.deepEqual(due, [20, 30, 40, 50]);
  assert.ok(!balancer({ warmup: 0, every: 10 }).isDue(0));
});

test('quota stays at the anchor without references, with equal gaps and with one task', () => {
  const without = balancer({});
  without.update(2000, cleanBehind);
  assertClose(sharesOf(without), [0.2, 0.7, 0.1]);
  assert.deepEqual(without.status()[2]?.report, { psnr: 29, kpi: null, focal: null });
  const equal = balancer({ references });
  equal.update(2000, equalGaps);
  assertClose(sharesOf(equal), [0.2, 0.7, 0.1]);
  const single = new Balancer([{ id: 'all', mass: 1 }], {
    config: { references: { all: 30 } },
    seed: 1,
    batchSize: 4,
  });
  single.update(2000, { all: 20 });
  assert.deepEqual(sharesOf(single), [1]);
  assert.deepEqual(single.next(0), ['all', 'all', 'all', 'all']);
});

test('quota moves data to the task that is behind, as far as the step limit allows', () => {
  const rule = balancer({ references });
  rule.update(2000, cleanBehind);
  const [small, full, clean] = sharesOf(rule) as [number, number, number];
  assert.ok(Math.abs(clean - 0.15) < 1e-9);
  assert.ok(Math.abs(small / full - 2 / 7) < 1e-9 && Math.abs(small + full - 0.85) < 1e-9);
  for (let update = 1; update < 9; update++) rule.update(2000 + update, cleanBehind);
  assert.ok(Math.abs((sharesOf(rule)[2] as number) - 0.3) < 1e-9);
  assert.ok((rule.status()[2]?.report.kpi as number) > 0.5);
  assert.equal(rule.lossWeights(['clean']), undefined);
});

test('probe PSNR is smoothed over the updates, from the first value on', () => {
  const rule = balancer({ references, emaWeight: 0.25 });
  rule.update(2000, { ...equalGaps, small: 20 });
  rule.update(3000, { ...equalGaps, small: 24 });
  assert.equal(rule.status()[0]?.report.psnr, 21);
  rule.update(4000, { ...equalGaps, small: Number.NaN });
  assert.equal(rule.status()[0]?.report.psnr, 21);
});

test('loss-weight puts the same weight on the loss: shares at the anchor, mean weight 1', () => {
  for (const anchor of ['natural', 'uniform'] as const) {
    const volume = balancer({ references, anchor });
    const loss = balancer({ rule: 'loss-weight', references, anchor });
    assert.equal(loss.lossWeights(['clean']), undefined);
    for (const rule of [volume, loss]) rule.update(2000, cleanBehind);
    const m = anchor === 'natural' ? [0.2, 0.7, 0.1] : [1 / 3, 1 / 3, 1 / 3];
    assertClose(sharesOf(loss), m);
    const products = weightsOf(loss).map((weight, task) => weight * (m[task] as number));
    assertClose(products, sharesOf(volume));
    assertClose([products.reduce((sum, part) => sum + part, 0)], [1]);
    const weights = loss.lossWeights(['clean', 'full']) as Float32Array;
    assertClose([...weights], [weightsOf(loss)[2], weightsOf(loss)[1]] as number[], 1e-6);
  }
});

test('a task without a reference keeps its anchor while the others move', () => {
  const rule = balancer({ references: { ...references, full: null }, stepLimit: 100 });
  rule.update(2000, cleanBehind);
  const [small, full, clean] = sharesOf(rule) as [number, number, number];
  assert.ok(clean > 0.15 && small < 0.2);
  assert.ok(Math.abs(full - 0.7) < 0.05);
});

test('a given anchor is normalised and replaces the natural masses', () => {
  const rule = balancer({ anchor: { small: 1, full: 2, clean: 1 } });
  assertClose(sharesOf(rule), [0.25, 0.5, 0.25]);
});

const psnr = fc.option(fc.double(), { nil: null });
const history = fc.array(fc.record({ small: psnr, full: psnr, clean: psnr }), { maxLength: 12 });
const anyReference = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null });
const anyReferences = fc.record({ small: anyReference, full: anyReference, clean: anyReference });

const oldest = ['quota', 'natural', 'uniform', 'loss-weight'].map(balanceRule);

test('every rule gives finite weights and full shares for any history, in any order', () => {
  fc.assert(
    fc.property(history, anyReferences, fc.constantFrom(...oldest), (probes, known, rule) => {
      const config = { rule: rule.name, references: known };
      const one = balancer(config);
      const other = balancer(config, tasks.toReversed());
      for (const [update, probe] of probes.entries()) {
        for (const each of [one, other]) each.update(update + 1, probe);
      }
      const shares = sharesOf(one);
      assertClose([shares.reduce((sum, share) => sum + share, 0)], [1]);
      for (const { share, lossWeight, anchor } of one.status()) {
        assert.ok(Number.isFinite(share) && Number.isFinite(lossWeight) && lossWeight > 0);
        assert.ok(rule.name === 'uniform' || share >= 0.5 * anchor - 1e-12);
      }
      assert.deepEqual(other.status().toReversed(), one.status());
    }),
    { seed: 6, numRuns: 300 },
  );
});

test('a resumed balancer goes on identically, from a state that went through JSON', () => {
  const config = { references, warmup: 4, every: 3 };
  const run = (rule: Balancer, from: number, to: number, ahead: string[] | undefined) => {
    const log: unknown[] = [];
    let ids = ahead ?? rule.next(from);
    let state: BalancerState | undefined;
    for (let step = from; step < to; step++) {
      const following = rule.next(step + 1);
      rule.record(
        ids,
        ids.map((id) => id.length / (step + 1)),
      );
      if (rule.isDue(step + 1)) rule.update(step + 1, { ...cleanBehind, small: 20 + step / 10 });
      log.push([step, ids, rule.status()]);
      state = rule.stateAfter(step + 1);
      ids = following;
    }
    return { log, state };
  };
  const whole = run(balancer(config), 0, 40, undefined);
  for (const cut of [1, 4, 5, 7, 20]) {
    const start = run(balancer(config), 0, cut, undefined);
    const resumed = balancer(config);
    resumed.restore(JSON.parse(JSON.stringify(start.state)));
    const rest = run(resumed, cut, 40, undefined);
    assert.deepEqual([...start.log, ...rest.log], whole.log);
    assert.deepEqual(rest.state, whole.state);
  }
});

test('mistakes are refused with the key', () => {
  const refused = (config: object, code: string, text: RegExp) =>
    assert.throws(
      () => balancer(config as Partial<BalanceConfig>),
      (error: { code: string; message: string }) => error.code === code && text.test(error.message),
    );
  refused({ rule: 'focal' }, 'E_BALANCE_RULE', /no rule named focal/);
  refused({ gamma: Number.NaN }, 'E_BALANCE', /gamma is NaN/);
  refused({ emaWeight: 0 }, 'E_BALANCE', /emaWeight is 0/);
  refused({ epsilon: 0.5 }, 'E_BALANCE', /epsilon/);
  refused({ lambda: 1.1 }, 'E_BALANCE', /lambda/);
  refused({ floor: 1.5 }, 'E_BALANCE', /floor/);
  refused({ ceiling: 0.5 }, 'E_BALANCE', /ceiling/);
  refused({ stepLimit: 1 }, 'E_BALANCE', /stepLimit/);
  refused({ warmup: -1 }, 'E_BALANCE', /warmup/);
  refused({ every: 0 }, 'E_BALANCE', /every/);
  refused({ anchor: 'even' }, 'E_BALANCE', /anchor is even/);
  refused({ anchor: { small: 1, full: 1 } }, 'E_BALANCE', /anchor needs a share above 0 for clean/);
  refused({ references: { smal: 20 } }, 'E_BALANCE', /references names smal/);
  refused({ references: { small: Number.NaN } }, 'E_BALANCE', /references of small is NaN/);
});

test('a state of another rule is refused with E_BALANCE', () => {
  const saved = balancer({ rule: 'natural' }).stateAfter(0);
  assert.throws(() => balancer({ rule: 'quota' }).restore(saved), { code: 'E_BALANCE' });
});
