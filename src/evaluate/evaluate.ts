/** A network scored: on frozen degradations of photographs, or on given pairs of files. */
import type { PhotoSet } from '../data/open.ts';
import type { Model, ModelInfo } from '../infer/model.ts';
import type { ComparisonRow } from '../report/comparison.ts';
import { allSets, chooseSets, type FrozenPlan, naturalSet } from './frozen.ts';
import { describeMeasures, type Measures } from './measures.ts';
import { type FilePair, type PairProblem, pairSet, scorePairs } from './pairs.ts';
import { type Protocol, protocolOf } from './protocol.ts';
import { type EvaluationHooks, scoreFrozenSets } from './restore.ts';
import type { Degradations } from './setup.ts';
import {
  type SampleScore,
  type SetSummary,
  summariseSet,
  summariseTasks,
  type TaskSummaries,
} from './summary.ts';

export interface Evaluation {
  protocol: Protocol;
  model: ModelInfo;
  tasks?: TaskSummaries;
  /** The natural mixture, or the given pairs. */
  others: SetSummary[];
  scores: SampleScore[];
  photos: readonly { name: string; sha256: string }[];
  problems: PairProblem[];
  /** One restored image of each task, for pictures. */
  examples: ComparisonRow[];
}

export interface FrozenOptions {
  /** Version of evensr, for the protocol. */
  version: string;
  /** Ids of tasks or `natural`; all when absent. */
  sets?: readonly string[];
  /** Samples of each set; absent: at least 96, each photograph equally often. */
  samples?: number;
  crop: number;
  seed: number;
  border: number;
  /** Further scores of every image. */
  measures?: Measures | undefined;
  onProgress?: NonNullable<EvaluationHooks['onProgress']>;
}

const leastSamples = 96;

/** Scores on every task and on the natural mixture. Photographs must hold the crop and its margin. */
export async function evaluateFrozen(
  model: Model,
  photos: PhotoSet,
  degradations: Degradations,
  options: FrozenOptions,
): Promise<Evaluation> {
  const { space, tasks, margin, banks } = degradations;
  const { crop, seed, border, version, measures } = options;
  const count = photos.images.length;
  const samplesPerSet = options.samples ?? Math.ceil(leastSamples / count) * count;
  const all = allSets(tasks);
  const sets = options.sets ? chooseSets(all, options.sets) : all;
  const scale = model.scale;
  const common = { space, crop, margin, seed, samplesPerSet };
  const plan = { ...common, photos: photos.images, sets, scale, border, banks, measures };
  const examples: ComparisonRow[] = [];
  const scores = await scoreFrozenSets(model, photos, plan, {
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    onRestored: (sample, restored) => {
      const { set, photo } = sample;
      if (set.task === undefined || photo !== examplePhoto(plan, set.key)) return;
      if (sample.repetition > 0) return;
      examples.push({ task: set.id, photo: photos.images[photo]?.name ?? '', restored });
    },
  });
  const chosen = sets.flatMap((set) => set.task ?? []);
  const degradation = { ...common, tasks: chosen };
  return {
    protocol: protocolOf({
      evensr: version,
      scale,
      border,
      photos: photos.images,
      measures: describeMeasures(measures ?? {}),
      degradation,
    }),
    model: model.info,
    ...(chosen.length > 0 ? { tasks: summariseTasks(chosen, scores) } : {}),
    others: sets
      .filter((set) => set.id === naturalSet)
      .map(({ id }) => summariseSet(id, ofSet(scores, id))),
    scores,
    photos: photos.images,
    problems: [],
    examples,
  };
}

const ofSet = (scores: readonly SampleScore[], id: string) =>
  scores.filter((score) => score.set === id);

/** Every task is shown on another photograph, as far as there are any. */
function examplePhoto(plan: FrozenPlan, key: number): number {
  return key % Math.min(plan.photos.length, plan.samplesPerSet);
}

/** Scores on given pairs; those that do not fit each other are refused by name. */
export async function evaluatePairs(
  model: Model,
  pairs: readonly FilePair[],
  options: Pick<FrozenOptions, 'border' | 'version' | 'measures' | 'onProgress'>,
): Promise<Evaluation> {
  const { border, version } = options;
  const measures = describeMeasures(options.measures ?? {});
  const { scores, photos, problems } = await scorePairs(model, pairs, options);
  return {
    protocol: protocolOf({ evensr: version, scale: model.scale, border, photos, measures }),
    model: model.info,
    others: [summariseSet(pairSet, scores)],
    scores,
    photos,
    problems,
    examples: [],
  };
}
