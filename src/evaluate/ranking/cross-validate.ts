/** How much of a score a grid explains on photographs, and draws, that it was not fitted to. */
import type { Boundaries } from '../../degradation/boundaries.ts';
import { varies } from './correlation-ratio.ts';
import { type Columns, cellsOf } from './grid.ts';

export interface FoldData {
  readonly columns: Columns;
  /** By draw; of a mean of about 0 in every photograph (`withinPhotos`). */
  readonly scores: readonly number[];
  /** Photograph of every draw. */
  readonly photos: readonly number[];
}

const mostFolds = 5;

/** Each score less the mean of its photograph's: what is left is what the degradation does. */
export function withinPhotos(scores: readonly number[], photos: readonly number[]): number[] {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [i, photo] of photos.entries()) {
    const own = sums.get(photo) ?? { sum: 0, count: 0 };
    sums.set(photo, { sum: own.sum + (scores[i] as number), count: own.count + 1 });
  }
  return scores.map((score, i) => {
    const { sum, count } = sums.get(photos[i] as number) as { sum: number; count: number };
    return score - sum / count;
  });
}

/** The draws at these places. */
export function drawsAt({ columns, scores, photos }: FoldData, at: readonly number[]): FoldData {
  const pick = <Value>(values: readonly Value[]) => at.map((i) => values[i] as Value);
  return {
    columns: new Map([...columns].map(([axis, values]) => [axis, pick(values)])),
    scores: pick(scores),
    photos: pick(photos),
  };
}

/** Mean score of each task of a grid; 0, the mean of all, for a task without draws. */
function taskMeans({ columns, scores }: FoldData, boundaries: Boundaries): Map<number, number> {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [i, cell] of cellsOf(boundaries, columns, scores.length).entries()) {
    const own = sums.get(cell) ?? { sum: 0, count: 0 };
    sums.set(cell, { sum: own.sum + (scores[i] as number), count: own.count + 1 });
  }
  return new Map([...sums].map(([cell, { sum, count }]) => [cell, sum / count]));
}

/** Places of the draws that a grid is fitted to, and of those that it is tested on. */
export interface Fold {
  readonly others: readonly number[];
  readonly held: readonly number[];
}

/** Every fifth photograph with all its draws is a fold; none with fewer than two photographs. */
export function foldsOf(photos: readonly number[]): Fold[] {
  const distinct = [...new Set(photos)].sort((a, b) => a - b);
  const count = Math.min(mostFolds, distinct.length);
  if (count < 2) return [];
  const foldOf = new Map(distinct.map((photo, at) => [photo, at % count]));
  return Array.from({ length: count }, (_, fold) => {
    const places = (wanted: boolean) =>
      photos.flatMap((photo, i) => ((foldOf.get(photo) === fold) === wanted ? [i] : []));
    return { others: places(false), held: places(true) };
  });
}

/**
 * 1 - squared errors / squared scores over all folds, where the task means, and the grid where it is
 * grown, come from the other folds. It can be below 0.
 * @param grids of each fold, from its `others`
 * @returns null without folds, or when all scores are equal
 */
export function crossValidated(
  data: FoldData,
  folds: readonly Fold[],
  grids: readonly Boundaries[],
): number | null {
  if (folds.length === 0 || !varies(data.scores)) return null;
  let errors = 0;
  let squares = 0;
  for (const [at, { others, held: places }] of folds.entries()) {
    const boundaries = grids[at] as Boundaries;
    const means = taskMeans(drawsAt(data, others), boundaries);
    const held = drawsAt(data, places);
    for (const [i, cell] of cellsOf(boundaries, held.columns, held.scores.length).entries()) {
      const score = held.scores[i] as number;
      errors += (score - (means.get(cell) ?? 0)) ** 2;
      squares += score ** 2;
    }
  }
  return 1 - errors / squares;
}
