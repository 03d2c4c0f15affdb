/**
 * Means that say how sure they are. Scores of one photograph hang together, so the photograph is the
 * unit: standard errors are those of the photographs' means.
 */

export interface Estimate {
  /** Null when no finite value went in. */
  mean: number | null;
  /** Standard error over photographs; null with fewer than two of them. */
  standardError: number | null;
  /** Finite values that went in. */
  count: number;
  /** Infinite values (PSNR of identical images), left out of the mean. */
  infinite: number;
}

/** One value of one photograph. */
export interface Observation {
  photo: number;
  value: number;
  /** Weight in the mean; 1 if absent. Weighted values only arise from combining tasks. */
  weight?: number;
}

function standardErrorOf(means: readonly number[]): number | null {
  const n = means.length;
  if (n < 2) return null;
  const centre = means.reduce((sum, value) => sum + value, 0) / n;
  const squares = means.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (n - 1) / n);
}

interface Total {
  sum: number;
  weight: number;
}

function addTo(total: Total, value: number, weight: number): void {
  total.sum += value * weight;
  total.weight += weight;
}

/** Weighted mean of all finite values, with the standard error of the photographs' means. */
export function estimate(observations: readonly Observation[]): Estimate {
  const all: Total = { sum: 0, weight: 0 };
  const photos = new Map<number, Total>();
  let count = 0;
  for (const { photo, value, weight = 1 } of observations) {
    if (!Number.isFinite(value)) continue;
    count++;
    const own = photos.get(photo) ?? { sum: 0, weight: 0 };
    photos.set(photo, own);
    addTo(own, value, weight);
    addTo(all, value, weight);
  }
  const means = [...photos.values()].map((own) => own.sum / own.weight);
  return {
    mean: count > 0 ? all.sum / all.weight : null,
    standardError: standardErrorOf(means),
    count,
    infinite: observations.length - count,
  };
}

/** Two standard errors: a smaller difference could as well be none. Unknown errors count as noise. */
export function isWithinNoise(difference: Estimate): boolean {
  if (difference.mean === null || difference.standardError === null) return true;
  return Math.abs(difference.mean) < 2 * difference.standardError;
}
