/**
 * Rules at work on learners whose tasks answer by a formula, so that where each rule comes to rest is known
 * in closed form.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Balancer } from '../../src/balance/balancer.ts';
import type { BalanceConfig } from '../../src/balance/config.ts';
import type { Measured, TaskMatrix } from '../../src/balance/rule.ts';
import { allMeasured, assertClose } from '../balance-kit.ts';

const ids = ['a', 'b', 'c'];
const masses = [0.2, 0.3, 0.5];
const references = { a: 30, b: 30, c: 30 };
const open = { floor: 0, ceiling: 1000, stepLimit: 1e9, emaWeight: 1 };

function balancerOf(config: Partial<BalanceConfig>): Balancer {
  const tasks = ids.map((id, task) => ({ id, mass: masses[task] as number }));
  return new Balancer(tasks, { config, seed: 1, batchSize: 8, provides: allMeasured });
}

/** Where the shares are after that many updates on a learner that answers shares with PSNR. */
function rest(
  config: Partial<BalanceConfig>,
  learner: (shares: readonly number[]) => number[],
  measured: Measured = {},
  updates = 400,
): number[] {
  const balancer = balancerOf(config);
  const shares = () => balancer.status().map(({ share }) => share);
  for (let update = 1; update <= updates; update++) {
    const psnr = learner(shares());
    balancer.update(
      update,
      Object.fromEntries(ids.map((id, i) => [id, psnr[i] ?? null])),
      measured,
    );
  }
  return shares();
}

const normalised = (values: readonly number[]) => {
  const total = values.reduce((sum, value) => sum + value, 0);
  return values.map((value) => value / total);
};
const weighedBy = (values: readonly number[]) =>
  normalised(values.map((value, task) => value * (masses[task] as number)));

describe('a learner whose gap to 30 dB is g m / p', () => {
  const gaps = [0.4, 0.1, 0.2];
  const learner = (shares: readonly number[]) =>
    shares.map((p, t) => 30 - ((gaps[t] as number) * (masses[t] as number)) / p);

  it('has equal gaps under dro: p ~ m g', () => {
    const config = { ...open, rule: 'dro', references, constants: { eta: 1, mix: 0 } };
    assertClose(rest(config, learner), weighedBy(gaps), 1e-6);
  });

  it('has gaps like the root of g under quota with gamma 0, lambda 0: p ~ m sqrt(g)', () => {
    // f = -log k is proportional to the gap, and p / m to f: (p / m)^2 ~ g. Smoothing damps the swing.
    const config = { ...open, emaWeight: 0.3, rule: 'quota', references, gamma: 0, lambda: 0 };
    assertClose(rest(config, learner), weighedBy(gaps.map(Math.sqrt)), 1e-6);
  });

  it('rests at the same shares under plateau, which its answers never stop', () => {
    const constants = { patience: 400, tolerance: 0 };
    const config = { ...open, emaWeight: 0.3, rule: 'plateau', references, gamma: 0, lambda: 0 };
    const shares = rest({ ...config, constants }, learner);
    assertClose(shares, weighedBy(gaps.map(Math.sqrt)), 1e-6);
  });
});

describe('a learner that does not answer', () => {
  const learner = () => [28, 29.9, 29.9];

  it('drives dro and quota to the ceiling, and plateau no further than its patience', () => {
    const ceiling = 3 * (masses[0] as number);
    const config = { references, emaWeight: 1 };
    assertClose([rest({ ...config, rule: 'dro' }, learner)[0] as number], [ceiling], 1e-6);
    assertClose([rest({ ...config, rule: 'quota' }, learner)[0] as number], [ceiling], 1e-6);
    assertClose(
      [rest({ ...config, rule: 'plateau' }, learner)[0] as number],
      [0.2 * 1.5 ** 2],
      1e-6,
    );
  });
});

/** PSNR of the specialist of the row on the task of the column; a and b are foes, c helps b. */
const transfer: TaskMatrix = [
  [30, 26, 27],
  [27, 30, 28],
  [28, 29.5, 29],
];
const transferById = Object.fromEntries(
  ids.map((id, t) => [
    id,
    Object.fromEntries(ids.map((other, u) => [other, transfer[t]?.[u] as number])),
  ]),
);
const linear = (shares: readonly number[]) =>
  ids.map((_, u) => shares.reduce((sum, p, t) => sum + p * (transfer[t]?.[u] as number), 0));
const natural = linear(masses);

describe('a learner with PSNR sum_t p_t M_tu', () => {
  const config = { transfer: transferById, floor: 0.5, ceiling: 1.5 };
  // Means of the rows: 27 2/3, 28 1/3, 28 5/6. So as much of c as may be, then of b: .1, .15, .75.
  const bestMean = [0.1, 0.15, 0.75];

  it('gets the largest mean from transfer-matrix and from marginal-gain', () => {
    assertClose(rest({ ...config, rule: 'transfer-matrix' }, linear), bestMean, 1e-6);
    const alignments = transfer.map((row) => row.map((psnr) => psnr - 28));
    const shares = rest({ ...config, rule: 'marginal-gain' }, linear, { alignments });
    assertClose(shares, bestMean, 1e-6);
  });

  it('gets the largest least gain from transfer-matrix worst', () => {
    // Distances to the specialists: a 3 p_b + 2 p_c, b 4 p_a + p_c / 2, c 2 p_a + p_b. The first two are equal
    // where 7 p_b + 5.5 p_c = 4, and least there without b: p_c = 8 / 11.
    const wide = { ...config, floor: 0, ceiling: 1000, objective: 'worst' as const };
    const shares = rest({ ...wide, rule: 'transfer-matrix' }, linear);
    assertClose(shares, [3 / 11, 0, 8 / 11], 1e-6);
  });

  it('gets the largest mean that costs no task anything from no-task-below-natural', () => {
    const objective = 'no-task-below-natural' as const;
    const shares = rest({ ...config, rule: 'transfer-matrix', objective }, linear);
    const psnr = linear(shares);
    for (const [u, value] of psnr.entries()) assert.ok(value >= (natural[u] as number) - 1e-9);
    const found = meanOf(psnr);
    assertClose([found], [bestMeanByGrid()], 2e-3);
    assert.ok(found > meanOf(natural) + 0.005, `${found}`);
  });

  it('ends there under constrained, too, when the matrix is only half of the truth', () => {
    const halved = Object.fromEntries(
      ids.map((id, t) => [
        id,
        Object.fromEntries(
          ids.map((other, u) => [
            other,
            (natural[u] as number) + ((transfer[t]?.[u] as number) - (natural[u] as number)) / 2,
          ]),
        ),
      ]),
    );
    const own = { ...config, emaWeight: 1, transfer: halved, rule: 'constrained' };
    const psnr = linear(rest(own, linear, { naturalPsnr: natural }));
    for (const [u, value] of psnr.entries()) assert.ok(value >= (natural[u] as number) - 1e-6);
    assertClose([meanOf(psnr)], [bestMeanByGrid()], 2e-3);
  });

  it('is brought back by constrained from a loss that no matrix foretold', () => {
    // Task a loses 0.02 dB under any shares but does gain from its own.
    const other = (shares: readonly number[]) =>
      linear(shares).map((v, u) => v - (u === 0 ? 0.02 : 0));
    const own = { ...config, emaWeight: 1, rule: 'constrained', transfer: transferById };
    const psnr = other(rest(own, other, { naturalPsnr: natural }));
    assert.ok((psnr[0] as number) >= (natural[0] as number) - 1e-6);
    assert.ok((other(masses)[0] as number) < (natural[0] as number));
  });

  const meanOf = (psnr: readonly number[]) => psnr.reduce((a, b) => a + b, 0) / ids.length;

  /** The largest mean PSNR of shares within the bounds, 1/400 apart, that cost no task anything. */
  function bestMeanByGrid(): number {
    let best = 0;
    for (let a = 0; a <= 400; a++)
      for (let b = 0; a + b <= 400; b++) {
        const shares = [a / 400, b / 400, (400 - a - b) / 400];
        const isWithin = shares.every((share, t) => {
          const m = masses[t] as number;
          return share >= 0.5 * m - 1e-9 && share <= 1.5 * m + 1e-9;
        });
        const psnr = linear(shares);
        const keeps = psnr.every((value, u) => value >= (natural[u] as number) - 1e-9);
        if (isWithin && keeps) best = Math.max(best, meanOf(psnr));
      }
    return best;
  }
});

/** Weights of the tasks, summing to 1, after that many steps on losses that answer the weights. */
function weightsAtRest(
  config: Partial<BalanceConfig>,
  learner: (weights: readonly number[], step: number) => { losses: number[]; after?: number[] },
  steps: number,
): number[] {
  const balancer = balancerOf(config);
  const weights = () =>
    balancer.status().map(({ lossWeight }, task) => lossWeight * (masses[task] as number));
  for (let step = 1; step <= steps; step++) {
    const { losses, after } = learner(weights(), step);
    balancer.record(ids, losses, after);
    if (balancer.isDue(step)) balancer.update(step, {});
  }
  return weights();
}

describe('a learner with constant losses', () => {
  const losses = [0.4, 0.1, 0.2];
  const still = () => ({ losses });

  it('is weighed by 1 / L under uncertainty, imtl-l, gls and stch', () => {
    const inverse = normalised(losses.map((loss) => 1 / loss));
    for (const [rule, constants] of [
      ['uncertainty', { rate: 0.01 }],
      ['imtl-l', { rate: 0.01 }],
      ['gls', {}],
      ['stch', { warmup: 10 }],
    ] as const) {
      assertClose(weightsAtRest({ rule, constants }, still, 3000), inverse, 1e-4);
    }
  });

  it('is weighed equally under dwa', () => {
    const weights = weightsAtRest({ rule: 'dwa', warmup: 0, every: 5 }, still, 50);
    assertClose(weights, [1 / 3, 1 / 3, 1 / 3]);
  });

  it('is weighed by exp(eta L steps) under group-dro', () => {
    const weights = weightsAtRest({ rule: 'group-dro' }, still, 1000);
    assertClose(weights, normalised(losses.map((loss) => Math.exp(0.01 * loss * 1000))), 1e-9);
  });
});

describe('a learner whose losses fall', () => {
  it('as e^(-r k) is weighed by softmax(e^-r / tau) under dwa, k the interval', () => {
    const rates = [0.5, 0.1, 1];
    const falling = (_: readonly number[], step: number) => ({
      losses: rates.map((rate) => Math.exp(-rate * Math.ceil(step / 5))),
    });
    const weights = weightsAtRest({ rule: 'dwa', warmup: 0, every: 5 }, falling, 30);
    assertClose(weights, normalised(rates.map((rate) => Math.exp(Math.exp(-rate) / 2))), 1e-9);
  });

  it('by z_t c_t in logarithm has z ~ 1 / c under famo, all falling equally fast', () => {
    const speeds = [0.01, 0.02, 0.05];
    const losses = [0.4, 0.1, 0.2];
    const falling = (weights: readonly number[]) => {
      const z = normalised(weights.map((weight, task) => weight * (losses[task] as number)));
      const after = losses.map(
        (loss, t) => loss * Math.exp(-(z[t] as number) * (speeds[t] as number)),
      );
      return { losses, after };
    };
    const config = { rule: 'famo', constants: { rate: 2e-3, decay: 0 } };
    const weights = weightsAtRest(config, falling, 4000);
    const z = normalised(weights.map((weight, task) => weight * (losses[task] as number)));
    assertClose(z, normalised(speeds.map((speed) => 1 / speed)), 5e-3);
  });
});
