/** Shares and distributions of many draws, for tests. */
import assert from 'node:assert/strict';

/** Five standard errors of a share: one false alarm in two million. */
export function assertShare(hits: number, total: number, expected: number, what: string): void {
  const error = Math.sqrt((expected * (1 - expected)) / total);
  const share = hits / total;
  assert.ok(Math.abs(share - expected) <= 5 * error, `${what}: ${share} instead of ${expected}`);
}

/** Each name has its share, and there are no others. */
export function assertShares(values: (string | number)[], expected: Record<string, number>): void {
  for (const [name, share] of Object.entries(expected)) {
    const hits = values.filter((value) => String(value) === name).length;
    assertShare(hits, values.length, share, name);
  }
  const total = Object.values(expected).reduce((sum, share) => sum + share, 0);
  assert.ok(Math.abs(total - 1) < 1e-9 && values.every((value) => `${value}` in expected));
}

/** Uniform over [low, high]: inside it, and ten equal bins with equal shares. */
export function assertUniform(values: number[], low: number, high: number, what: string): void {
  const bins = new Array<number>(10).fill(0);
  for (const value of values) {
    assert.ok(value >= low && value <= high, `${what}: ${value} outside`);
    const bin = Math.min(9, Math.floor(((value - low) / (high - low)) * 10));
    bins[bin] = (bins[bin] as number) + 1;
  }
  for (const [bin, hits] of bins.entries()) {
    assertShare(hits, values.length, 0.1, `${what}, bin ${bin}`);
  }
}

/** Every whole number of [low, high], all equally likely. */
export function assertWhole(values: number[], low: number, high: number): void {
  const count = high - low + 1;
  const names = Array.from({ length: count }, (_, i) => [String(low + i), 1 / count]);
  assertShares(values, Object.fromEntries(names));
}

/** A mean within five standard errors, given the standard deviation of one value. */
export function assertMean(
  values: number[],
  { mean, deviation }: { mean: number; deviation: number },
  what: string,
): void {
  const found = values.reduce((sum, value) => sum + value, 0) / values.length;
  const error = deviation / Math.sqrt(values.length);
  assert.ok(Math.abs(found - mean) <= 5 * error, `${what}: mean ${found} instead of ${mean}`);
}
