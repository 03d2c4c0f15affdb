/** Everything that the results of a study are computed from, out of what is done. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { boundText } from '../degradation/region.ts';
import { type Model, openModel } from '../infer/model.ts';
import { native } from '../native.ts';
import { readEvents } from '../report/page/gather/events.ts';
import { type MetricsLine, readMetrics } from '../report/page/gather/metrics.ts';
import { costOf, networkCost } from './costs.ts';
import { type StudyCrops, studyCrops } from './crops.ts';
import type { StudyEngine } from './engine.ts';
import type { PlannedRun, StudyStart } from './plan.ts';
import type { StudyInput, StudyRun, StudyScore } from './results-input.ts';
import { lastCheckpoint } from './scorer.ts';
import { restoreWith, type ScoreOptions } from './test-set.ts';

type Shares = StudyRun['shares'];

/** The shares asked for at the first line and wherever they change. */
function sharesOf(lines: readonly MetricsLine[]): Shares {
  let last = '';
  return lines.flatMap(({ step, tasks }): Shares => {
    const shares = Object.fromEntries(Object.entries(tasks).map(([id, { share }]) => [id, share]));
    const text = JSON.stringify(shares);
    if (text === last) return [];
    last = text;
    return [{ step, shares }];
  });
}

function realisedOf(lines: readonly MetricsLine[]): StudyRun['realised'] {
  const tasks = Object.entries(lines.at(-1)?.tasks ?? {});
  return Object.fromEntries(tasks.map(([id, { realised }]) => [id, realised ?? 0]));
}

/** A run that is done, its scores being computed if they are not there; nothing when it is not done. */
async function gatherRun(engine: StudyEngine, run: PlannedRun): Promise<StudyRun | undefined> {
  if ((await engine.contents.stateOfRun(run)).kind !== 'done') return undefined;
  const scores = await engine.scoring(run.id, (options) => engine.scorer.ofRun(run, options));
  if (!scores) return undefined;
  const { entries } = await readMetrics(run.folder);
  const { trained } = await readEvents(run.folder);
  const { arm, budget, seed, config } = run;
  const tasks = engine.scorer.test.tasks.length;
  return {
    ...{ arm: arm.name, budget, seed, scores },
    shares: sharesOf(entries),
    realised: realisedOf(entries),
    cost: costOf(run, engine.plan, { tasks, seconds: (trained ?? 0) / 1000 }),
    ...networkCost(config),
  };
}

/** The start of the arm that the others are compared with. */
function mainStart({ plan }: StudyEngine): StudyStart | null {
  return plan.arms.find(({ name }) => name === plan.baseline)?.start ?? null;
}

type Specialists = NonNullable<StudyInput['specialists']>;

/** Scores of the networks that `tasks measure` kept; nothing when some are not there, or it was stopped. */
async function gatherSpecialists(engine: StudyEngine): Promise<Specialists | null> {
  const measured = mainStart(engine)?.measured;
  if (!measured) return null;
  const kinds = [
    { kind: 'excellence', folder: measured.specialists, name: 'specialists' },
    { kind: 'acceptance', folder: measured.acceptance, name: 'acceptance' },
  ] as const;
  const found: Specialists[number][] = [];
  for (const { kind, folder, name } of kinds) {
    for (const { id } of engine.scorer.test.tasks) {
      const file = join(folder, `${id}.safetensors`);
      if (!existsSync(file)) continue;
      const score = (options: ScoreOptions) =>
        engine.scorer.ofNetwork(`${name}/${id}`, file, options);
      const scores = await engine.scoring(`${name}/${id}`, score);
      if (!scores) return null;
      found.push({ task: id, kind, scores });
    }
  }
  return found.length > 0 ? found : null;
}

async function gatherStart(engine: StudyEngine): Promise<readonly StudyScore[] | null> {
  const start = mainStart(engine);
  if (!start || !existsSync(start.weights)) return null;
  const score = (options: ScoreOptions) => engine.scorer.ofNetwork('start', start.weights, options);
  return (await engine.scoring('start', score)) ?? null;
}

/** One network an arm: of the largest budget and the first seed that are done. */
function shownRuns({ plan }: StudyEngine, runs: readonly StudyRun[]): PlannedRun[] {
  return plan.arms.flatMap(({ name }) => {
    const own = runs.filter(({ arm }) => arm === name);
    const budget = Math.max(...own.map((run) => run.budget));
    const first = own.find((run) => run.budget === budget);
    const planned = (run: PlannedRun): boolean =>
      run.arm.name === name && run.budget === budget && run.seed === first?.seed;
    return plan.runs.find(planned) ?? [];
  });
}

async function gatherCrops(
  engine: StudyEngine,
  runs: readonly StudyRun[],
  threads: number,
): Promise<StudyCrops> {
  const models: { label: string; model: Model }[] = [];
  try {
    for (const run of shownRuns(engine, runs)) {
      const options = { weights: 'ema', threads, warn: () => {} } as const;
      const model = await openModel(lastCheckpoint(run), options);
      models.push({ label: run.arm.name, model });
    }
    const networks = models.map(({ label, model }) => ({ label, restore: restoreWith(model) }));
    return await studyCrops(engine.scorer.test, networks, threads);
  } finally {
    for (const { model } of models) model.dispose();
  }
}

/**
 * Scores what is not scored yet and puts everything together.
 * @returns nothing when it was stopped
 */
export async function gatherInput(
  engine: StudyEngine,
  { commands, threads }: { commands: readonly string[]; threads: number },
): Promise<StudyInput | undefined> {
  const { plan, scorer } = engine;
  const bicubic = await engine.scoring('bicubic', (options) => scorer.ofBicubic(options));
  if (!bicubic) return undefined;
  const runs: StudyRun[] = [];
  for (const run of plan.runs) {
    const gathered = await gatherRun(engine, run);
    if (gathered) runs.push(gathered);
  }
  const start = await gatherStart(engine);
  const specialists = await gatherSpecialists(engine);
  if (engine.stopping) return undefined;
  return {
    name: plan.study.name,
    baseline: plan.baseline,
    evensr: native.info().version,
    tasks: scorer.test.tasks.map(({ id, mass, bounds, description }) => {
      const text = [bounds.map(boundText).join(', '), description].filter(Boolean).join(': ');
      return { id, mass, description: text };
    }),
    photos: scorer.test.photos.images.map(({ name }) => ({ name })),
    arms: plan.arms.map(({ name, about }) => ({ name, about })),
    seeds: plan.study.seeds,
    budgets: plan.study.budgets,
    runs,
    bicubic,
    start,
    specialists,
    crops: await gatherCrops(engine, runs, threads),
    commands,
  };
}
