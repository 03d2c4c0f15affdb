import { dot, sumOf } from './sums.ts';

/**
 * Focal weight f = -(1 - k)^gamma log k of a KPI in (0, 1): dynamic task prioritization (Guo et al.,
 * ECCV 2018, after the focal loss of Lin et al., ICCV 2017). For a small gap g in dB to the reference
 * it is close to c g^(1 + gamma), so gamma is a power on the gap.
 */
export function focalWeight(k: number, gamma: number): number {
  return -((1 - k) ** gamma) * Math.log(k);
}

/**
 * Focal weights of all tasks. A task without a KPI gets the mean weight of the others under the anchor,
 * which leaves its share at its anchor; with no KPI at all every weight is 1.
 */
export function focalWeights(
  kpis: readonly (number | null)[],
  gamma: number,
  anchor: readonly number[],
): number[] {
  const weights = kpis.map((k) => (k === null ? null : focalWeight(k, gamma)));
  const known = anchor.filter((_, task) => weights[task] !== null);
  if (known.length === 0) return weights.map(() => 1);
  const values = weights.filter((weight) => weight !== null);
  const mean = dot(known, values) / sumOf(known);
  return weights.map((weight) => weight ?? mean);
}
