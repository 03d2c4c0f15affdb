import type { DegradationSpace } from './space.ts';
import type { ClassicSpace } from './spaces/classic.ts';
import type { RealSrSpace } from './spaces/realsr.ts';

/**
 * A grid: for each axis (axes.ts) its rising thresholds. A value on a threshold belongs to the upper
 * side.
 */
export type Boundaries = Readonly<Record<string, readonly number[] | undefined>>;

/** Real-ESRGAN's: the 3 x 3 grid of resolution bottleneck and noise that explains difficulty best. */
export const defaultBoundaries: Boundaries = { bottleneck: [0.6, 0.85], noise: [8, 16] };

/** One task a kind. */
function ofClassic({ kindProbabilities }: ClassicSpace): Boundaries {
  const { bicubic, BD, DN } = kindProbabilities;
  const present = [bicubic, BD, DN].flatMap((share, kind) => (share > 0 ? [kind] : []));
  return present.length > 1 ? { kind: present.slice(1).map((kind) => kind - 0.5) } : {};
}

/** Estimated kernels apart from bicubic interpolation, and two halves of the noise bank. */
function ofRealSr({
  downscaleProbabilities,
  noiseProbability,
  noiseBank,
}: RealSrSpace): Boundaries {
  const { bicubic, kernel } = downscaleProbabilities;
  const patches = noiseBank?.count ?? 0;
  return {
    ...(bicubic > 0 && kernel > 0 ? { downscale: [0.5] } : {}),
    ...(noiseProbability > 0 && patches > 1 ? { noisePatch: [Math.ceil(patches / 2) - 0.5] } : {}),
  };
}

/** Where a space is cut when nothing else is said. */
export function defaultBoundariesOf(space: DegradationSpace): Boundaries {
  switch (space.name) {
    case 'real-esrgan':
      return defaultBoundaries;
    // Blurs come after the noise as often as before it. About a third of the draws each.
    case 'bsrgan':
      return { bottleneck: [0.6, 0.85], noiseInLq: [1.5, 5] };
    case 'bsrgan-plus':
      return { bottleneck: [0.6, 0.85], noiseInLq: [6, 10] };
    case 'realsr':
      return ofRealSr(space);
    case 'classic':
      return ofClassic(space);
  }
}
