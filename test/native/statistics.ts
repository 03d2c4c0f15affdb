/** Statistics for tests of random fields. */

export interface Moments {
  mean: number;
  variance: number;
  skewness: number;
  /** Excess kurtosis: 0 for a normal distribution. */
  kurtosis: number;
}

export function moments(values: ArrayLike<number>): Moments {
  const count = values.length;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i] as number;
  const mean = sum / count;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let i = 0; i < count; i++) {
    const d = (values[i] as number) - mean;
    m2 += d * d;
    m3 += d ** 3;
    m4 += d ** 4;
  }
  const variance = m2 / count;
  return {
    mean,
    variance,
    skewness: m3 / count / variance ** 1.5,
    kurtosis: m4 / count / variance ** 2 - 3,
  };
}

/** Pearson correlation of `a[i]` with `b[i + lag]`. */
export function correlation(a: ArrayLike<number>, b: ArrayLike<number>, lag = 0): number {
  const count = a.length - lag;
  const ma = moments(a);
  const mb = moments(b);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += ((a[i] as number) - ma.mean) * ((b[i + lag] as number) - mb.mean);
  }
  return sum / count / Math.sqrt(ma.variance * mb.variance);
}

/** Cumulative normal distribution, absolute error below 1e-7 (Abramowitz and Stegun 7.1.26). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const upper = (series * Math.exp((-x * x) / 2)) / 2;
  return x > 0 ? 1 - upper : upper;
}

/** sqrt(n) times the largest distance between the empirical and the given distribution. */
export function kolmogorovSmirnov(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  const count = sorted.length;
  let largest = 0;
  for (const [i, x] of sorted.entries()) {
    const p = cdf(x);
    largest = Math.max(largest, Math.abs(p - i / count), Math.abs(p - (i + 1) / count));
  }
  return largest * Math.sqrt(count);
}

/** Chi-square of counts against probabilities; cells below 10 expected are merged into the next. */
export function chiSquare(
  samples: number[],
  probabilities: number[],
): { chi: number; cells: number } {
  const counts = new Array<number>(probabilities.length).fill(0);
  for (const k of samples) counts[k] = (counts[k] ?? 0) + 1;
  let chi = 0;
  let cells = 0;
  let expected = 0;
  let observed = 0;
  let rest = samples.length;
  for (const [k, probability] of probabilities.entries()) {
    expected += probability * samples.length;
    observed += counts[k] as number;
    const left = rest - expected;
    const last = left < 10;
    if (last) {
      expected = rest;
      observed += counts.slice(k + 1).reduce((sum, count) => sum + count, 0);
    }
    if (expected < 10) continue;
    chi += (observed - expected) ** 2 / expected;
    cells++;
    rest -= expected;
    if (last) break;
    expected = 0;
    observed = 0;
  }
  return { chi, cells };
}
