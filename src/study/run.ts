/** A whole study: what is not done yet, then the results of what is. */
import { join } from 'node:path';
import { writeDurably } from '../data/durable.ts';
import { native } from '../native.ts';
import { type EngineOptions, type FailedRun, StudyEngine, threadsFor } from './engine.ts';
import { gatherInput } from './gather.ts';
import { hashOfParts } from './identity.ts';
import { chosenRuns, type StudyPlan } from './plan.ts';
import { summariseStudy } from './results.ts';
import { writeResults } from './write-results.ts';

export interface StudySummary {
  output: string;
  runs: { total: number; done: number };
  failed: readonly FailedRun[];
  stopped: boolean;
  /** Folder of the results; null when it was stopped before, or there is nothing to compare. */
  results: string | null;
}

export interface StudyOptions extends EngineOptions {
  /** Trains nothing: results of what is done. */
  resultsOnly: boolean;
  /** Commands that reproduce the study, for its results. */
  commands: readonly string[];
  /** Hands out the running study, so that it can be told to stop. */
  opened?: (engine: StudyEngine) => void;
}

/** What a study is, for people and programs: study.json. */
export function studyDocument(plan: StudyPlan) {
  const { study, images, baseline, starts, arms, runs, base } = plan;
  const resolved = {
    evensr: native.info().version,
    ...{ study, images, baseline, base },
    starts: starts.map(({ id, folder, weights, config }) => ({ id, folder, weights, config })),
    arms: arms.map(({ name, about, rule, given }) => ({ name, about, rule: rule.name, given })),
    runs: runs.map(({ id, config, natural }) => ({ id, natural: natural?.id ?? null, config })),
  };
  return { hash: hashOfParts(resolved), ...resolved };
}

/**
 * Does what is left of a study.
 * @throws E_STUDY_CHANGED (9) when runs that are done come from something else now; what opening it throws
 */
export async function runStudy(plan: StudyPlan, options: StudyOptions): Promise<StudySummary> {
  const engine = await StudyEngine.open(plan, options);
  try {
    options.opened?.(engine);
    await writeDurably(
      join(plan.output, 'study.json'),
      `${JSON.stringify(studyDocument(plan), null, 1)}\n`,
    );
    if (!options.resultsOnly) await engine.train();
    const results = options.stopping() ? null : await writeStudyResults(engine, options);
    const chosen = chosenRuns(plan, options.only);
    let done = 0;
    for (const run of chosen) if ((await engine.contents.stateOfRun(run)).kind === 'done') done++;
    return {
      output: plan.output,
      runs: { total: chosen.length, done },
      failed: engine.failed,
      stopped: options.stopping(),
      results,
    };
  } finally {
    engine.close();
  }
}

async function writeStudyResults(
  engine: StudyEngine,
  { commands }: StudyOptions,
): Promise<string | null> {
  const input = await gatherInput(engine, { commands, threads: threadsFor(1) });
  if (!input || input.runs.length === 0) return null;
  const { output, study } = engine.plan;
  const results = summariseStudy(input, { resamples: study.resamples, seed: study.test.seed });
  const folder = join(output, 'results');
  await writeResults(folder, input, results);
  return folder;
}
