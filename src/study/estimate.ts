/** How long a study will take: a few steps of each network are trained, and some images scored. */

import { modelOf } from '../infer/model.ts';
import { buildNetwork } from '../network/build.ts';
import { initialWeights } from '../network/init.ts';
import type { TrainConfig } from '../train/config.ts';
import { networkOf } from '../train/config-change.ts';
import type { TrainObserver } from '../train/observer.ts';
import { planTraining, timePlan } from '../train/plan.ts';
import type { Contents } from './contents.ts';
import { threadsFor } from './engine.ts';
import { type PlannedRun, type StudyPlan, startsOf } from './plan.ts';
import { restoreWith, scoreJobs, type TestSet, testJobs } from './test-set.ts';

export interface StudyEstimate {
  /** Trainings at a time, and threads of each. */
  jobs: number;
  threads: number;
  runs: { total: number; done: number; changed: number };
  /** Milliseconds of a step, by kind of run. */
  steps: { network: string; step: number; measurement: number }[];
  /** Seconds left, trainings side by side; scoring of networks that are not scored yet included. */
  seconds: {
    starts: number;
    measurements: number;
    training: number;
    scoring: number;
    total: number;
  };
}

export interface EstimateOptions {
  plan: StudyPlan;
  runs: readonly PlannedRun[];
  test: TestSet;
  contents: Contents;
  jobs: number;
  observer: TrainObserver;
}

type Timed = { step: number; measurement: number };

/** Times each kind of training once. */
class Stopwatch {
  readonly timed = new Map<string, Timed & { network: string }>();
  readonly #options: EstimateOptions;

  constructor(options: EstimateOptions) {
    this.#options = options;
  }

  async of(config: TrainConfig): Promise<Timed> {
    const { network, training, validation } = config;
    const { batchSize, lqSize, accumulate, precision, loss } = training;
    const { weights: _, ...built } = network;
    const kind = { ...built, batchSize, lqSize, accumulate, precision, loss };
    const key = JSON.stringify([kind, validation.samplesPerTask]);
    const known = this.timed.get(key);
    if (known) return known;
    const { jobs, plan, observer } = this.#options;
    const bare = {
      ...config,
      network: { ...network, weights: null },
      training: { ...training, threads: threadsFor(jobs) },
    };
    const { time, parameters } = await planTraining(bare, plan.output, observer);
    const named = `${network.type}, ${parameters} parameters`;
    const timed = { network: named, step: time.step, measurement: time.measurement };
    this.timed.set(key, timed);
    return timed;
  }
}

const scoredOfTask = 2;

/** Milliseconds in which one network is scored on all test images. */
async function scoringTime({ plan, test, jobs }: EstimateOptions): Promise<number> {
  const network = networkOf(plan.base);
  const spec = buildNetwork(network);
  const threads = threadsFor(jobs);
  const info = { file: 'random weights', step: null, weights: 'file', network } as const;
  const model = modelOf({ info, spec, values: initialWeights(spec, 0), metadata: {} }, threads);
  try {
    const all = testJobs(test);
    const taken = new Map<number, number>();
    const some = all.filter(({ sample }) => {
      const count = taken.get(sample.set.key) ?? 0;
      taken.set(sample.set.key, count + 1);
      return count < scoredOfTask;
    });
    const options = { threads, stopping: () => false };
    await scoreJobs(test, some.slice(0, 2), restoreWith(model), options);
    const began = performance.now();
    await scoreJobs(test, some, restoreWith(model), options);
    return ((performance.now() - began) * all.length) / some.length;
  } finally {
    model.dispose();
  }
}

/** Rounds of grouping, one a threshold, as TGSR has them. */
const rounds = 4;

async function startTimes(options: EstimateOptions, watch: Stopwatch) {
  const { plan, contents, test, runs } = options;
  const count = test.tasks.length;
  let [starts, measurements] = [0, 0];
  for (const { start, measure } of startsOf(plan, runs)) {
    const { config, folder } = start;
    if (folder === null) continue;
    const isMade = contents.stateOfStart(folder, start).kind === 'done';
    if (isMade && (!measure || (await contents.isMeasured(start, measure)))) continue;
    const timed = await watch.of(config);
    if (!isMade) starts += timePlan(config, count, timed).total;
    if (!measure) continue;
    measurements += count * (measure.specialistSteps * timed.step + timed.measurement);
    const { groups } = measure;
    if (groups)
      measurements += (groups.recipes * groups.steps + rounds * groups.jointSteps) * timed.step;
  }
  return { starts, measurements };
}

/** What is left to do, and how long it will take. Trains a few steps, and keeps nothing. */
export async function estimateStudy(options: EstimateOptions): Promise<StudyEstimate> {
  const { runs, contents, jobs, test } = options;
  const watch = new Stopwatch(options);
  const before = await startTimes(options, watch);
  let [done, changed, training] = [0, 0, 0];
  for (const run of runs) {
    const { kind } = await contents.stateOfRun(run);
    if (kind === 'done') done++;
    if (kind === 'changed') changed++;
    if (kind === 'done') continue;
    const timed = await watch.of(run.config);
    training += timePlan(run.config, test.tasks.length, timed).total;
  }
  const perNetwork = done === runs.length ? 0 : await scoringTime(options);
  const scoring = perNetwork * (runs.length - done);
  const sum = before.starts + before.measurements + (training + scoring) / jobs;
  const seconds = { ...before, training: training / jobs, scoring: scoring / jobs, total: sum };
  return {
    ...{ jobs, threads: threadsFor(jobs) },
    runs: { total: runs.length, done, changed },
    steps: [...watch.timed.values()],
    seconds: Object.fromEntries(
      Object.entries(seconds).map(([name, value]) => [name, value / 1000]),
    ) as StudyEstimate['seconds'],
  };
}
