/** From scored draws to the capacities of all axes, their best splits, and grids. Pure. */
import type { Boundaries } from '../../degradation/boundaries.ts';
import { EvensrError, exitCodes } from '../../errors.ts';
import { type Bins, equalMassBins } from './bins.ts';
import {
  chanceLevel,
  correlationRatio,
  type Permuted,
  permuted,
  varies,
} from './correlation-ratio.ts';
import { withinPhotos } from './cross-validate.ts';
import { bestSplit, type Columns, relabelled, type Split } from './grid.ts';
import { type Interval, photoResamples, ratioInterval } from './interval.ts';
import { fitGrids, type RankedGrid } from './ranked-grids.ts';

/** What the variance is of: the network's PSNR (difficulty), or what it lacks (imbalance). */
export type ScoreName = 'psnr' | 'gap';

export type Scores = Readonly<Record<ScoreName, readonly number[]>>;

export interface ScoredDraws {
  /** Value of every draw on each axis. */
  readonly columns: Columns;
  /** Photograph of every draw. */
  readonly photos: readonly number[];
  /** dB, finite. */
  readonly scores: Scores;
}

export interface RankOptions {
  /** Classes of a continuous parameter. */
  bins: number;
  /** Most tasks of a grown grid. */
  tasks: number;
  permutations: number;
  resamples: number;
  seed: number;
  /** Grids to compare with, by name. */
  known: Readonly<Record<string, Boundaries>>;
}

export interface Capacity {
  readonly eta2: number;
  readonly interval: Interval | null;
  readonly permuted: Permuted;
  readonly split: Split | null;
}

export interface RankedAxis {
  readonly axis: string;
  readonly bins: number;
  /** (bins - 1) / (draws - 1). */
  readonly chance: number;
  readonly capacity: Readonly<Partial<Record<ScoreName, Capacity>>>;
}

export interface Ranking {
  readonly draws: number;
  readonly photos: number;
  /** Scores that differ from draw to draw. */
  readonly scores: readonly ScoreName[];
  /** Mean and standard deviation over all draws, dB, and the share of the variance within photographs. */
  readonly spread: Readonly<Record<ScoreName, { mean: number; deviation: number; within: number }>>;
  /** The greatest capacity for PSNR first. */
  readonly axes: readonly RankedAxis[];
  /** Axes that have one value in this space. */
  readonly constant: readonly string[];
  readonly grids: readonly RankedGrid[];
}

export const scoreNames: readonly ScoreName[] = ['psnr', 'gap'];

/** Fewer draws say nothing about forty parameters. */
export const leastDraws = 50;

function requireEnough({ photos, scores }: ScoredDraws): void {
  if (photos.length < leastDraws) {
    throw new EvensrError(
      'E_RANK',
      exitCodes.usage,
      `only ${photos.length} draws have a finite score: too few for a ranking`,
      { hint: `it needs ${leastDraws}: give more --draws` },
    );
  }
  if (varies(withinPhotos(scores.psnr, photos))) return;
  throw new EvensrError(
    'E_RANK',
    exitCodes.nothingUsable,
    'every draw has the same PSNR: no parameter can explain what does not vary',
    { hint: 'is this a trained network, and does the space degrade at all?' },
  );
}

function spreadOf(scores: readonly number[], photos: readonly number[]) {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
  const all = squares(scores.map((score) => score - mean));
  const deviation = Math.sqrt(all / Math.max(1, scores.length - 1));
  return { mean, deviation, within: all > 0 ? squares(withinPhotos(scores, photos)) / all : 0 };
}

/**
 * Ranks all axes by how much of the variance of a score lies between their classes, within photographs
 * (what a photograph's content adds to all its draws is taken out first), and grows grids.
 * @throws E_RANK with too few draws, or when PSNR does not vary
 */
export function rankAxes(draws: ScoredDraws, options: RankOptions): Ranking {
  requireEnough(draws);
  const photos = [...relabelled(Int32Array.from(draws.photos)).of];
  const centred = {
    psnr: withinPhotos(draws.scores.psnr, photos),
    gap: withinPhotos(draws.scores.gap, photos),
  };
  const scores = scoreNames.filter((name) => varies(centred[name]));
  const binned = [...draws.columns].map(([axis, values]) => ({
    axis,
    values,
    bins: equalMassBins(values, options.bins),
  }));
  const varied = binned.filter(({ bins }) => bins.count > 1);
  const columns: Columns = new Map(varied.map(({ axis, values }) => [axis, values]));
  const within: ScoredDraws = { columns, photos, scores: centred };
  const capacities = scores.map((name) => capacitiesOf(within, name, { varied, ...options }));
  const axes = varied.map(({ axis, bins }, at) => ({
    axis,
    bins: bins.count,
    chance: chanceLevel(bins.count, photos.length),
    capacity: Object.fromEntries(scores.map((name, s) => [name, capacities[s]?.[at]])),
  }));
  return {
    draws: photos.length,
    photos: new Set(photos).size,
    scores,
    spread: { psnr: spreadOf(draws.scores.psnr, photos), gap: spreadOf(draws.scores.gap, photos) },
    axes: axes.sort((a, b) => (b.capacity.psnr?.eta2 ?? 0) - (a.capacity.psnr?.eta2 ?? 0)),
    constant: binned.flatMap(({ axis, bins }) => (bins.count > 1 ? [] : [axis])),
    grids: fitGrids(within, scores, options),
  };
}

type Varied = readonly { axis: string; values: readonly number[]; bins: Bins }[];

function capacitiesOf(
  { photos, scores }: ScoredDraws,
  name: ScoreName,
  { varied, permutations, resamples, seed }: RankOptions & { varied: Varied },
): Capacity[] {
  const own = scores[name];
  const parameters = varied.map(({ bins }) => bins);
  const chance = permuted(own, parameters, { permutations, seed });
  const distinct = new Set(photos).size;
  const times = photoResamples(distinct, { resamples, seed });
  return varied.map(({ axis, values, bins }, at) => ({
    eta2: correlationRatio(own, bins) as number,
    interval: ratioInterval(own, photos, { bins, times }),
    permuted: chance[at] as Permuted,
    split: bestSplit(axis, values, own),
  }));
}
