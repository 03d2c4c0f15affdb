/**
 * Exponential moving average e <- (1 - w) e + w v, as of a task's probe PSNR (dB). The first value starts
 * it; a value that is missing or not finite leaves it as it is. It is never -0, which JSON does not keep.
 */
export function smooth(
  average: number | null,
  value: number | null | undefined,
  weight: number,
): number | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return average;
  return (average === null ? value : (1 - weight) * average + weight * value) + 0;
}

/** The same of every task; `values` has one entry a task. */
export function smoothEach(
  averages: readonly (number | null)[],
  values: readonly (number | null)[],
  weight: number,
): (number | null)[] {
  return averages.map((average, task) => smooth(average, values[task], weight));
}

/** A gap of more dB than this says no more, and powers of it would overflow. */
const gapLimit = 100;

/** How far a task is below its reference, in dB; null while either is unknown. */
export function gapOf(psnr: number | null, reference: number | null): number | null {
  if (psnr === null || reference === null) return null;
  return Math.min(Math.max(reference - psnr, -gapLimit), gapLimit);
}

/**
 * How close a task is to what a specialist reaches on it, as the ratio of their mean squared errors:
 * k = clip(10^((PSNR - R) / 10), epsilon, 1 - epsilon), PSNR smoothed and R the reference, both in dB.
 * The key performance indicator of dynamic task prioritization (Guo et al., ECCV 2018) in a form that
 * does not depend on how hard the task is. Null while PSNR or R is unknown.
 */
export function kpi(psnr: number | null, reference: number | null, epsilon: number): number | null {
  if (psnr === null || reference === null) return null;
  const ratio = 10 ** ((psnr - reference) / 10);
  return Math.min(Math.max(ratio, epsilon), 1 - epsilon);
}
