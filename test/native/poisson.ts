/** The native Poisson tables and the exact probabilities to compare them with. */
import { native } from '../../src/native.ts';

interface PoissonTable {
  slots: Uint32Array;
  smallest: number;
}

export const { _poissonTable: poissonTable } = native as unknown as {
  _poissonTable(valsExponent: number, level: number): PoissonTable;
};

/** log(n!) for n = 0 .. 600. */
const logFactorial = [0];
for (let n = 1; n <= 600; n++) logFactorial.push((logFactorial[n - 1] as number) + Math.log(n));

/** P(0), P(1), … of Poisson(rate), until the rest is below 1e-16. */
export function poissonProbabilities(rate: number): number[] {
  if (rate === 0) return [1];
  const last = Math.ceil(rate + 9 * Math.sqrt(rate) + 20);
  return Array.from({ length: last + 1 }, (_, k) =>
    Math.exp(k * Math.log(rate) - rate - (logFactorial[k] as number)),
  );
}
