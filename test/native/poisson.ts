/** The native Poisson tables and the exact probabilities to compare them with. */
import { native } from '../../src/native.ts';

interface PoissonTable {
  slots: Uint32Array;
  smallest: number;
}

export const { _poissonTable: poissonTable } = native as unknown as {
  _poissonTable(valsExponent: number, level: number): PoissonTable;
};

/** log(n!), as far as it was needed, and what rounding has left out of the last. */
const logFactorials = [0];
let left = 0;

function logFactorial(n: number): number {
  for (let m = logFactorials.length; m <= n; m++) {
    const before = logFactorials[m - 1] as number;
    const term = Math.log(m) + left;
    logFactorials.push(before + term);
    left = term - (before + term - before);
  }
  return logFactorials[n] as number;
}

/** P(0), P(1), … of Poisson(rate), until the rest is below 1e-16. */
export function poissonProbabilities(rate: number): number[] {
  if (rate === 0) return [1];
  const last = Math.ceil(rate + 9 * Math.sqrt(rate) + 20);
  return Array.from({ length: last + 1 }, (_, k) =>
    Math.exp(k * Math.log(rate) - rate - logFactorial(k)),
  );
}
