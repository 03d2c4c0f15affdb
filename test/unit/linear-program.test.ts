import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Condition, solveLinearProgram } from '../../src/balance/linear-program.ts';
import { assertClose } from '../balance-kit.ts';

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

test('a textbook program', () => {
  // Largest 3x + 5y with x <= 4, 2y <= 12, 3x + 2y <= 18 (Hillier & Lieberman): x 2, y 6.
  const solution = solveLinearProgram({
    objective: [3, 5],
    atMost: [
      { row: [1, 0], bound: 4 },
      { row: [0, 2], bound: 12 },
      { row: [3, 2], bound: 18 },
    ],
    equal: [],
  });
  assertClose(solution ?? [], [2, 6]);
});

test('an equation, a lower bound, and a program that nothing fulfils', () => {
  const equal = [{ row: [1, 1], bound: 1 }];
  const least = (bound: number) => [{ row: [-1, 0], bound: -bound }];
  const objective = [-1, 0];
  assertClose(solveLinearProgram({ objective, atMost: least(0.25), equal }) ?? [], [0.25, 0.75]);
  assert.equal(solveLinearProgram({ objective, atMost: least(1.5), equal }), null);
});

/** The best of all points in which three of the conditions meet, one of them x + y + z = 1. */
function byCorners(objective: readonly number[], conditions: readonly Condition[]): number | null {
  let best: number | null = null;
  for (const [i, first] of conditions.entries()) {
    for (const second of conditions.slice(i + 1)) {
      const rows = [[1, 1, 1], first.row, second.row];
      const bounds = [1, first.bound, second.bound];
      const det = determinant(rows);
      if (Math.abs(det) < 1e-7) continue;
      const point = [0, 1, 2].map((column) => {
        const replaced = rows.map((row, r) =>
          row.map((value, c) => (c === column ? (bounds[r] as number) : value)),
        );
        return determinant(replaced) / det;
      });
      const fits = conditions.every(({ row, bound }) => dot(row, point) <= bound + 1e-9);
      const value = dot(objective, point);
      if (fits && (best === null || value > best)) best = value;
    }
  }
  return best;
}

function determinant(rows: readonly (readonly number[])[]): number {
  const [[a, b, c], [d, e, f], [g, h, i]] = rows as [number, number, number][] as [
    [number, number, number],
    [number, number, number],
    [number, number, number],
  ];
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

test('the best corner, for any three shares', () => {
  // Whole hundredths: corners that nearly coincide would be a test of tolerances.
  const number = fc.integer({ min: -200, max: 200 }).map((value) => value / 100);
  const triple = fc.tuple(number, number, number);
  const extra = fc.array(fc.record({ row: triple, bound: number }), { maxLength: 3 });
  const unit = [0, 1, 2].map((task) => [0, 1, 2].map((other) => (other === task ? 1 : 0)));
  let feasible = 0;
  fc.assert(
    fc.property(triple, extra, (objective, more) => {
      const upper = unit.map((row) => ({ row, bound: 0.7 }));
      const lower = unit.map((row) => ({ row: row.map((value) => 0 - value), bound: 0 }));
      const atMost = [...upper, ...more];
      const solution = solveLinearProgram({
        objective,
        atMost,
        equal: [{ row: [1, 1, 1], bound: 1 }],
      });
      const best = byCorners(objective, [...atMost, ...lower]);
      assert.equal(solution === null, best === null);
      if (!solution || best === null) return;
      feasible++;
      assertClose([solution.reduce((a, b) => a + b, 0)], [1]);
      for (const { row, bound } of [...atMost, ...lower])
        assert.ok(dot(row, solution) <= bound + 1e-8);
      assertClose([dot(objective, solution)], [best], 1e-7);
    }),
    { seed: 3, numRuns: 2000 },
  );
  assert.ok(feasible > 500, `${feasible} of 2000 had a solution`);
});
