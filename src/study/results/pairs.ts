/** Scores of the same images put side by side. */
import type { StudyInput, StudyScore } from '../results-input.ts';
import type { CrossedValue } from './crossed.ts';
import { type MeasureKey, scoreOf } from './measures.ts';

/** Where tasks and photographs stand in all that is computed. */
export interface Places {
  tasks: ReadonlyMap<string, number>;
  /** By their names, so that results do not depend on the order in which they were listed. */
  photos: readonly number[];
}

export function placesOf({ tasks, photos }: Pick<StudyInput, 'tasks' | 'photos'>): Places {
  const byName = photos
    .map(({ name }, at) => ({ name, at }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.at - b.at));
  const places = new Array<number>(photos.length).fill(0);
  for (const [place, { at }] of byName.entries()) places[at] = place;
  return { tasks: new Map(tasks.map(({ id }, at) => [id, at])), photos: places };
}

interface PlacedScore {
  task: number;
  photo: number;
  score: StudyScore;
}

/** The scores of one run, or of something that has no seed, by image. */
export type ScoreIndex = ReadonlyMap<string, PlacedScore>;

/** A run's seed with its scores. */
export interface SeedScores {
  seed: number;
  scores: ScoreIndex;
}

/** Only scores of the study's tasks count. */
export function indexScores(scores: readonly StudyScore[], { tasks, photos }: Places): ScoreIndex {
  return new Map(
    scores.flatMap((score): [string, PlacedScore][] => {
      const task = tasks.get(score.set);
      const photo = photos[score.photo] ?? score.photo;
      if (task === undefined) return [];
      return [[`${task}/${photo}/${score.repetition}`, { task, photo, score }]];
    }),
  );
}

/** One measure of all images in all runs. */
export function valuesOf(runs: readonly SeedScores[], key: MeasureKey): CrossedValue[] {
  return pairedValues(
    runs,
    () => undefined,
    (score) => scoreOf(score, key),
  );
}

/** What the scores of a seed are compared with; nothing where there is no such run. */
export type PartnerOf = (seed: number) => ScoreIndex | undefined;

/** a - b of every image; NaN where it has no partner. */
export function differencesOf(
  runs: readonly SeedScores[],
  partnerOf: PartnerOf,
  key: MeasureKey,
): CrossedValue[] {
  return pairedValues(runs, partnerOf, (score, other) =>
    other ? scoreOf(score, key) - scoreOf(other, key) : Number.NaN,
  );
}

/** Whatever follows from an image's score and its partner's, which may be missing. */
export function pairedValues(
  runs: readonly SeedScores[],
  partnerOf: PartnerOf,
  combine: (score: StudyScore, other: StudyScore | undefined) => number,
): CrossedValue[] {
  return runs.flatMap(({ seed, scores }) => {
    const partners = partnerOf(seed);
    return [...scores].map(([image, { task, photo, score }]) => {
      const value = combine(score, partners?.get(image)?.score);
      return { task, seed, photo, value };
    });
  });
}
