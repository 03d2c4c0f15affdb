import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { focalWeight, focalWeights } from '../../src/balance/focal.ts';
import { kpi } from '../../src/balance/kpi.ts';
import { boundShares, mixShares, nextShares } from '../../src/balance/shares.ts';

const close = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);

const limits = { lambda: 0.3, floor: 0.5, ceiling: 3, stepLimit: 1.5 };
const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

test('the focal weight has its published values', () => {
  // PSNR 20, 22, 25 and 28 dB with k = PSNR / 50 and gamma 1.
  close(focalWeight(0.4, 1), 0.55, 0.005);
  close(focalWeight(0.44, 1), 0.46, 0.005);
  close(focalWeight(0.5, 1), 0.35, 0.005);
  close(focalWeight(0.56, 1), 0.26, 0.005);
  close(focalWeight(0.5, 0), Math.LN2, 1e-12);
});

test('gamma is a power on the gap: 0.8 against 0.2 dB', () => {
  const ratio = (gamma: number) => {
    const weight = (gap: number) => focalWeight(kpi(30 - gap, 30, 1e-3) as number, gamma);
    return weight(0.8) / weight(0.2);
  };
  close(ratio(0), 4, 1e-9);
  close(ratio(0.5), 7.7, 0.1);
  close(ratio(1), 15, 0.2);
  close(ratio(2), 56, 1);
});

test('a task without a KPI takes the mean weight of the others, and none gives equal weights', () => {
  const [a, b, c] = focalWeights([0.5, null, 0.8], 0.5, [0.2, 0.5, 0.3]) as [
    number,
    number,
    number,
  ];
  close(b, (0.2 * a + 0.3 * c) / 0.5, 1e-12);
  const shares = mixShares([0.2, 0.5, 0.3], [a, b, c], 0.3);
  close(shares[1] as number, 0.5, 1e-12);
  assert.deepEqual(focalWeights([null, null], 0.5, [0.5, 0.5]), [1, 1]);
});

test('shares mix the weights with the anchor', () => {
  // 0.25 * (0.3 + 0.7 * 3 / 1.5) and 0.75 * (0.3 + 0.7 * 1 / 1.5)
  const [first, second] = mixShares([0.25, 0.75], [3, 1], 0.3) as [number, number];
  close(first, 0.425, 1e-12);
  close(second, 0.575, 1e-12);
  assert.deepEqual(mixShares([0.25, 0.75], [0, 0], 0.3), [0.25, 0.75]);
  assert.deepEqual(mixShares([0.25, 0.75], [9, 1], 1), [0.25, 0.75]);
});

test('equal weights give the anchor', () => {
  const anchor = [0.05, 0.15, 0.3, 0.5];
  const shares = nextShares(anchor, [2, 2, 2, 2], anchor, limits);
  for (const [task, share] of shares.entries()) close(share, anchor[task] as number, 1e-12);
});

test('bounds hold, the free shares keep their ratios, and the sum is 1', () => {
  const shares = boundShares([0.7, 0.2, 0.1], [0, 0, 0.15], [0.4, 1, 1]);
  close(shares[0] as number, 0.4, 1e-12);
  close(shares[1] as number, 0.4, 1e-12);
  close(shares[2] as number, 0.2, 1e-12);
});

test('an update moves no share by more than the step limit, and leaves the bounds of the anchor', () => {
  const anchor = [0.1, 0.2, 0.7];
  let shares = anchor;
  for (let update = 0; update < 10; update++) {
    const next = nextShares(anchor, [1, 1e-6, 1e-6], shares, limits);
    for (const [task, share] of next.entries()) {
      const before = shares[task] as number;
      assert.ok(share <= before * 1.5 + 1e-12 && share >= before / 1.5 - 1e-12);
    }
    if (update === 0) close(next[0] as number, 0.15, 1e-12);
    shares = next;
  }
  close(shares[0] as number, 0.3, 1e-12);
});

test('an update takes at most a third of a share away, however low its weight', () => {
  const [first] = nextShares([0.3, 0.7], [1e-6, 1], [0.3, 0.7], limits);
  close(first as number, 0.2, 1e-12);
  const [second] = nextShares([0.3, 0.7], [1e-6, 1], [0.2, 0.8], limits);
  close(second as number, 0.15, 1e-12);
});

test('previous shares outside the bounds cannot make an update fail', () => {
  const shares = nextShares([0.5, 0.5], [1, 1], [0.99, 0.01], limits);
  assert.deepEqual(shares, [0.5, 0.5]);
});

test('shares sum to 1 within their bounds for any weights, and the order does not matter', () => {
  const task = fc.record({
    mass: fc.double({ min: 1e-4, max: 1, noNaN: true }),
    weight: fc.double({ min: 0, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 20 }), (drawn) => {
      const sum = total(drawn.map(({ mass }) => mass));
      const anchor = drawn.map(({ mass }) => mass / sum);
      const weights = drawn.map(({ weight }) => weight);
      const shares = nextShares(anchor, weights, anchor, limits);
      close(total(shares), 1, 1e-9);
      for (const [index, share] of shares.entries()) {
        const m = anchor[index] as number;
        assert.ok(share >= m * 0.5 - 1e-12 && share <= m * 3 + 1e-12);
      }
      const turned = nextShares(
        anchor.toReversed(),
        weights.toReversed(),
        anchor.toReversed(),
        limits,
      );
      for (const [index, share] of turned.toReversed().entries()) {
        close(share, shares[index] as number, 1e-9);
      }
    }),
    { seed: 2, numRuns: 300 },
  );
});
