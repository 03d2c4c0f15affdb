/** Grids that are given and grids that are grown, and what each explains of every score. */
import type { Boundaries } from '../../degradation/boundaries.ts';
import { correlationRatio } from './correlation-ratio.ts';
import { crossValidated, drawsAt, foldsOf } from './cross-validate.ts';
import { cellsOf, type GrownSplit, growGrid, taskCount } from './grid.ts';
import type { RankOptions, ScoredDraws, ScoreName } from './rank.ts';

export interface GridFit {
  /** R^2 on the draws that the grid was fitted to. */
  readonly fitted: number;
  /** R^2 on photographs and draws that it was not fitted to; null with a single photograph. */
  readonly crossValidated: number | null;
}

export interface RankedGrid {
  readonly name: string;
  /** The score that it was grown for; null when it was given. */
  readonly grownFor: ScoreName | null;
  readonly boundaries: Boundaries;
  readonly tasks: number;
  /** Share of the draws in its smallest task. */
  readonly smallest: number;
  /** How it was grown; empty when it was given. */
  readonly splits: readonly GrownSplit[];
  readonly r2: Readonly<Partial<Record<ScoreName, GridFit>>>;
}

interface Candidate extends Pick<RankedGrid, 'name' | 'grownFor' | 'boundaries' | 'splits'> {
  /** The grid of each fold. */
  readonly perFold: readonly Boundaries[];
}

/**
 * The known grids whose axes vary, then one grown for each score.
 * @param draws scores of mean 0 in every photograph
 */
export function fitGrids(
  draws: ScoredDraws,
  scores: readonly ScoreName[],
  { known, tasks }: Pick<RankOptions, 'known' | 'tasks'>,
): RankedGrid[] {
  const { columns, photos } = draws;
  const folds = foldsOf(photos);
  const dataOf = (name: ScoreName) => ({ columns, photos, scores: draws.scores[name] });
  const given = Object.entries(known)
    .filter(([, boundaries]) => Object.keys(boundaries).every((axis) => columns.has(axis)))
    .map(
      ([name, boundaries]): Candidate => ({
        ...{ name, grownFor: null, boundaries, splits: [] },
        perFold: folds.map(() => boundaries),
      }),
    );
  const grown = scores.map((score): Candidate => {
    const all = growGrid(columns, draws.scores[score], { tasks });
    const perFold = folds.map(({ others }) => {
      const part = drawsAt(dataOf(score), others);
      return growGrid(part.columns, part.scores, { tasks }).boundaries;
    });
    return { name: `grown for ${score}`, grownFor: score, ...all, perFold };
  });
  return [...given, ...grown].map(({ perFold, ...grid }) => {
    const { boundaries } = grid;
    const count = taskCount(boundaries);
    const of = cellsOf(boundaries, columns, photos.length);
    const sizes = new Array<number>(count).fill(0);
    for (const cell of of) sizes[cell] = (sizes[cell] as number) + 1;
    const fits = scores.map((score): [ScoreName, GridFit] => [
      score,
      {
        fitted: correlationRatio(draws.scores[score], { of, count }) as number,
        crossValidated: crossValidated(dataOf(score), folds, perFold),
      },
    ]);
    const smallest = Math.min(...sizes) / photos.length;
    return { ...grid, tasks: count, smallest, r2: Object.fromEntries(fits) };
  });
}
