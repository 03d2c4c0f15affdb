/** Scores of a study's networks, each computed once and kept. */
import { join } from 'node:path';
import { openModel } from '../infer/model.ts';
import { CheckpointFolder, type Warn } from '../train/checkpoint-folder.ts';
import type { PlannedRun } from './plan.ts';
import type { StudyScore } from './results-input.ts';
import { readScores, writeScores } from './scores-file.ts';
import {
  bicubic,
  restoreWith,
  type ScoreOptions,
  scoreJobs,
  type TestSet,
  testJobs,
} from './test-set.ts';

export type Scores = readonly StudyScore[];

/** The last checkpoint of a run that is done. */
export function lastCheckpoint({ folder, budget }: Pick<PlannedRun, 'folder' | 'budget'>): string {
  return new CheckpointFolder(join(folder, 'checkpoints')).file(budget);
}

export class Scorer {
  readonly test: TestSet;
  readonly #folder: string;
  readonly #warn: Warn;

  /** @param folder where scores are kept */
  constructor(test: TestSet, folder: string, warn: Warn) {
    this.test = test;
    this.#folder = folder;
    this.#warn = warn;
  }

  /** Scores of bicubic interpolation; nothing when it was stopped. */
  async ofBicubic(options: ScoreOptions): Promise<Scores | undefined> {
    const file = join(this.#folder, 'bicubic.jsonl');
    const of = { test: this.test.id, weights: 'bicubic' };
    const known = readScores(file, of);
    if (known) return known;
    const scores = await scoreJobs(this.test, testJobs(this.test), bicubic, options);
    if (scores) await writeScores(file, of, scores);
    return scores;
  }

  /**
   * Scores of the network at `path`, kept as `name`; nothing when it was stopped.
   * @throws E_MODEL, E_CHECKPOINT
   */
  async ofNetwork(name: string, path: string, options: ScoreOptions): Promise<Scores | undefined> {
    const { threads } = options;
    const model = await openModel(path, { weights: 'ema', threads, warn: this.#warn });
    try {
      const file = join(this.#folder, `${name}.jsonl`);
      const of = { test: this.test.id, weights: model.weightsHash };
      const known = readScores(file, of);
      if (known) return known;
      const scores = await scoreJobs(this.test, testJobs(this.test), restoreWith(model), options);
      if (scores) await writeScores(file, of, scores);
      return scores;
    } finally {
      model.dispose();
    }
  }

  ofRun(run: PlannedRun, options: ScoreOptions): Promise<Scores | undefined> {
    return this.ofNetwork(run.id, lastCheckpoint(run), options);
  }
}
