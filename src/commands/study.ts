import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../errors.ts';
import { formatTable } from '../report/table.ts';
import type { StudyEngine } from '../study/engine.ts';
import { estimateStudy, type StudyEstimate } from '../study/estimate.ts';
import { openInputs } from '../study/inputs.ts';
import type { StudyObserver, StudyProgress } from '../study/observer.ts';
import { chosenRuns, planStudy, type StudyPlan } from '../study/plan.ts';
import { sampleSetsOf } from '../study/read.ts';
import { runStudy, type StudySummary } from '../study/run.ts';
import { Signals } from '../train/signals.ts';
import { fetchSamplesTelling } from './data-samples.ts';
import { LiveLine } from './live-line.ts';
import { integerWithin } from './options.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';
import { duration, grouped, joined } from './screen/format.ts';
import { openScreen } from './screen/live.ts';
import { observerFor } from './train.ts';

interface Options {
  output?: string;
  jobs: number;
  only: string[];
  dryRun?: boolean;
  redo?: boolean;
  results?: boolean;
}

const example = `
Examples:
  evensr study studies/quick.yaml --dry-run
  evensr study studies/small.yaml -o runs/small --jobs 2
  evensr study studies/small.yaml -o runs/small --only natural --only uniform

What is done is not done again; a study that was stopped or killed goes on with the same command.
SIGINT and SIGTERM finish the steps under way and save.`;

const several = (value: string, all: string[]): string[] => [...all, value];

/** A study's progress in one line. */
export function progressLine(
  { done, total, failed, active }: StudyProgress,
  { seconds, width }: { seconds: number; width: number | undefined },
): string {
  const counts = `${done} of ${total} done${failed > 0 ? `, ${failed} failed` : ''}`;
  const now = active.map(
    ({ id, work, done: at, total: of }) => `${id} ${work} ${grouped(at)}/${grouped(of)}`,
  );
  return joined([counts, duration(seconds), ...now], width ?? 200);
}

function observing(output: Output): { observer: StudyObserver; line: LiveLine } {
  const began = performance.now();
  let last: StudyProgress = { done: 0, total: 0, failed: 0, active: [] };
  const line = new LiveLine(output, false, (width) =>
    progressLine(last, { seconds: (performance.now() - began) / 1000, width }),
  );
  const observer: StudyObserver = {
    warn: (code, text) => output.warn(code, text),
    note: (text) => output.note(text),
    packing: progressBar(output, 'photographs'),
    progress: (progress) => {
      last = progress;
    },
    event: (event) => output.document(event),
  };
  return { observer, line };
}

function estimateRows(estimate: StudyEstimate): string[][] {
  const { runs: counts, steps, seconds, jobs, threads } = estimate;
  const time = (value: number) => duration(value);
  return [
    ['runs', String(counts.total), `${counts.done} done, ${counts.changed} made of something else`],
    ['at a time', String(jobs), `${threads} threads each`],
    ...steps.map(({ network, step, measurement }) => [
      'step',
      `${step.toFixed(1)} ms`,
      `${network}; a measurement ${measurement.toFixed(0)} ms`,
    ]),
    ['starts', time(seconds.starts), 'checkpoints that runs begin with'],
    ['measurements', time(seconds.measurements), 'specialists of the starts'],
    ['training', time(seconds.training), ''],
    ['scoring', time(seconds.scoring), ''],
    ['time left', time(seconds.total), 'estimated from a few steps'],
  ];
}

async function dryRun(plan: StudyPlan, options: Options, output: Output): Promise<void> {
  const { observer } = observing(output);
  const screen = openScreen(output);
  const inputs = await openInputs(plan, observer);
  try {
    const estimate = await estimateStudy({
      plan,
      runs: chosenRuns(plan, options.only),
      ...inputs,
      jobs: options.jobs,
      observer: observerFor(output, screen),
    });
    output.document({ event: 'plan', arms: armLines(plan), estimate });
    for (const text of formatTable([{ title: 'arm' }, { title: 'what it is' }], armRows(plan)))
      output.line(text);
    output.line();
    const columns = [{ title: 'needs' }, { title: '', align: 'right' as const }, { title: '' }];
    for (const text of formatTable(columns, estimateRows(estimate))) output.line(text);
  } finally {
    screen.close();
    inputs.test.dispose();
  }
}

const armLines = ({ arms }: StudyPlan) => arms.map(({ name, about }) => ({ name, about }));
const armRows = (plan: StudyPlan) => armLines(plan).map(({ name, about }) => [name, about]);

function tellSummary(output: Output, summary: StudySummary, plan: StudyPlan): void {
  const { runs: counts, failed, stopped, results } = summary;
  output.document({ event: stopped ? 'stopped' : 'finished', ...summary });
  output.line(`${stopped ? 'stopped: ' : ''}${counts.done} of ${counts.total} runs done`);
  for (const { id, reason } of failed) output.line(`failed   ${id}: ${reason}`);
  if (results === null) return;
  const page = join(results, 'index.html');
  output.line(`results  ${join(results, 'results.md')}, results.json, tables as .csv`);
  if (existsSync(page)) output.line(`page     ${page}`);
  output.line(`scores   ${join(plan.output, 'scores')}`);
}

/** The command that does the same again. */
function commandOf(plan: StudyPlan, { output, jobs }: Options): string {
  const folder = output === undefined ? '' : ` -o ${output}`;
  return `evensr study ${plan.file}${folder}${jobs > 1 ? ` --jobs ${jobs}` : ''}`;
}

async function run(
  plan: StudyPlan,
  options: Options,
  output: Output,
): Promise<ExitCode | undefined> {
  const { observer, line } = observing(output);
  let engine: StudyEngine | undefined;
  const signals = new Signals(
    (text) => {
      output.note(text);
      engine?.stop(signals.received ?? 'SIGTERM');
    },
    'finishing the steps under way and saving',
    () => engine?.stop('SIGKILL'),
  );
  output.stdoutIsLog();
  try {
    const summary = await runStudy(plan, {
      only: options.only,
      jobs: options.jobs,
      redo: options.redo === true,
      resultsOnly: options.results === true,
      commands: [commandOf(plan, options)],
      observer,
      stopping: () => signals.stopping,
      opened: (opened) => {
        engine = opened;
        line.begin();
      },
    });
    line.close();
    tellSummary(output, summary, plan);
    if (signals.exitCode !== undefined) return signals.exitCode;
    return summary.failed.length > 0 ? exitCodes.someFailed : exitCodes.ok;
  } finally {
    line.close();
    signals.dispose();
  }
}

export function registerStudy(program: Command): void {
  const command = program
    .command('study')
    .description('compare ways to balance: arms, seeds and budgets from one start, scored alike')
    .argument('<study>', 'YAML file of the study')
    .option('-o, --output <folder>', 'folder of the study (default: runs/NAME)')
    .option('--jobs <n>', 'trainings at a time; they divide the CPUs', integerWithin(1, 256), 1)
    .option('--only <arm>', 'train only this arm; repeatable', several, [])
    .option('--dry-run', 'say what is left to do and how long it will take, and stop')
    .option('--redo', 'do runs again that come from something else now')
    .option('--results', 'train nothing: write the results of what is done')
    .addHelpText('after', example);
  runs<Options>(command, async (options, output, [file = '']): Promise<ExitCode | undefined> => {
    const plan = planStudy(file, options);
    for (const { arm, reason } of plan.leftOut)
      output.warn('W_STUDY_ARM', `${arm} is left out: ${reason}`);
    for (const set of sampleSetsOf(plan.study)) await fetchSamplesTelling(set, output);
    if (options.dryRun) {
      await dryRun(plan, options, output);
      return undefined;
    }
    return await run(plan, options, output);
  });
}
