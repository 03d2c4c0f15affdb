/** A ranking with all that it depends on, as it is written, shown and drawn. */
import type { Boundaries } from '../../degradation/boundaries.ts';
import type { Task } from '../../degradation/region.ts';
import type { Ranking, ScoreName } from './rank.ts';

export interface RankProtocol {
  readonly evensr: string;
  readonly model: { file: string; step: number | null; network: string; weightsHash: string };
  readonly space: string;
  readonly scale: number;
  readonly photos: readonly { name: string; sha256: string }[];
  readonly draws: number;
  /** Crops that each draw is applied to, and their side. */
  readonly crops: number;
  readonly crop: number;
  readonly margin: number;
  readonly border: number;
  readonly seed: number;
  readonly bins: number;
  readonly permutations: number;
  readonly resamples: number;
  /** What the gap is to. */
  readonly gapTo: 'specialist' | 'bicubic';
  /** Folder of the specialists. */
  readonly specialists: string | null;
}

export interface RankDocument {
  readonly protocol: RankProtocol;
  readonly ranking: Ranking;
  /** The grid that was asked for; null when no split explains enough. */
  readonly chosen: { by: ScoreName; boundaries: Boundaries; tasks: readonly Task[] } | null;
  /** Draws left out, since something was restored exactly. */
  readonly exact: number;
}

/** What the gap is, in words. */
export function gapText(gapTo: RankProtocol['gapTo']): string {
  return gapTo === 'specialist'
    ? "PSNR of the task's specialist less the network's, on the same images"
    : "PSNR of bicubic interpolation less the network's, on the same images (no specialists were given)";
}

/** How values that an operation lacks are counted (axes.ts). */
export const absentText =
  'An operation that a draw does not have counts as one that changes nothing: kernel and noise type 0, ' +
  'deviations, level, rotation and shape 0, cutoff pi, resize scale 1 in mode 0, JPEG quality 100.';
