import { type Command, InvalidArgumentError } from 'commander';
import { tgsrFlaggedShare, tgsrThresholds } from '../balance/grouping.ts';
import type { ExitCode } from '../errors.ts';
import { formatTable } from '../report/table.ts';
import {
  type GroupCheckpointOptions,
  type GroupPlan,
  groupCheckpoint,
  planGroups,
} from '../train/grouping/checkpoint.ts';
import type { GroupsContent } from '../train/grouping/file.ts';
import type { GroupProgress } from '../train/grouping/group.ts';
import type { TrainObserver } from '../train/observer.ts';
import { Signals } from '../train/signals.ts';
import { LiveLine } from './live-line.ts';
import { integerWithin, numberWithin, wordList } from './options.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';
import { duration, grouped, signed } from './screen/format.ts';

interface Options {
  recipes: number;
  steps: number;
  window: number;
  flag: number;
  jointSteps: number;
  thresholds: number[];
  crops: number;
  seed?: number;
  output?: string;
  dryRun?: boolean;
}

const about = `
The procedure of TGSR (Zhang et al., NeurIPS 2023): recipes are drawn and stay fixed; the network is
fine-tuned on each of them alone, and those that improve most are flagged; then on all flagged ones
together, and those that gain more than a threshold form a group and leave, threshold after threshold.
The paper takes 4,000 recipes and 10,000 joint steps; the rest of the defaults is the paper's.

Examples:
  evensr tasks group runs/first --dry-run
  evensr tasks group runs/first --recipes 60 --steps 50 --joint-steps 300
  evensr train configs/srvgg_x4_small.yaml --set balance.rule=tgsr-recipes \\
    --set balance.groups=runs/first/checkpoints/step-00020000.groups.json

A grouping that was interrupted goes on with the recipe, or the round, that was not finished.`;

function decibels(text: string): number[] {
  const values = wordList(text).map(Number);
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError('It must be numbers in dB, separated by commas.');
}

function progressText(progress: GroupProgress): string | undefined {
  if (progress.phase === 'indicator') {
    const { recipe, recipes, step, steps } = progress;
    return `recipe ${recipe + 1} of ${recipes}: step ${step} of ${steps}`;
  }
  if (progress.phase !== 'joint') return undefined;
  const { threshold, recipes, step, steps } = progress;
  return `group above ${threshold} dB, ${recipes} recipes together: step ${step} of ${steps}`;
}

/** Shows how it goes. With `--json`: a line when a recipe is done, and when a round begins or ends. */
function progressOf(output: Output) {
  let text = '';
  let begun = false;
  const line = new LiveLine(output, false, (width) => text.slice(0, width));
  return {
    show(progress: GroupProgress): void {
      text = progressText(progress) ?? text;
      if (!begun) line.begin();
      begun = true;
      const { phase: event, ...rest } = progress;
      if (!('step' in rest) || (event === 'joint' && rest.step === 1)) {
        output.document({ event, ...rest });
      }
    },
    close: () => line.close(),
  };
}

/** No run takes place: only what comes before it is told. */
function observerOf(output: Output): TrainObserver {
  const nothing = () => {};
  return {
    warn: (code, text) => output.warn(code, text),
    note: (text) => output.note(text),
    packing: progressBar(output, 'photographs'),
    ...{ step: nothing, logged: nothing, measured: nothing, specialist: nothing, saved: nothing },
  };
}

const right = { align: 'right' as const };
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Mean, least and greatest of the gains that are known. */
function gainsText(gains: readonly (number | null)[]): string[] {
  const known = gains.filter((gain) => gain !== null);
  if (known.length === 0) return ['-', '-'];
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  return [signed(mean), `${signed(Math.min(...known))} to ${signed(Math.max(...known))}`];
}

function groupRows({ rounds, flagged, recipes }: GroupsContent): string[][] {
  const gainsWithin = ({ recipes: trained, gains, group }: (typeof rounds)[number]) =>
    gains.filter((_, i) => group.includes(trained[i] as number));
  const rows = rounds.map((round, number) => [
    `G${number + 1}`,
    `above ${round.threshold} dB`,
    String(round.recipes.length),
    String(round.group.length),
    ...gainsText(gainsWithin(round)),
  ]);
  const last = rounds.at(-1);
  const rest = last
    ? last.gains.filter((_, i) => !last.group.includes(last.recipes[i] as number))
    : [];
  const left = flagged.length - rounds.reduce((sum, { group }) => sum + group.length, 0);
  return [
    ...rows,
    ['-', 'flagged, in no group', '', String(left), ...gainsText(rest)],
    ['-', 'not flagged', '', String(recipes.length - flagged.length), '-', '-'],
  ];
}

function tell(output: Output, file: string, groups: GroupsContent): void {
  const { flagged, recipes, settings } = groups;
  const indicators = recipes.map(({ indicator }) => indicator).filter((value) => value !== null);
  indicators.sort((a, b) => a - b);
  const [best, middle, worst] = [0, 0.5, 1].map((q) =>
    (indicators[Math.round(q * (indicators.length - 1))] ?? Number.NaN).toFixed(3),
  );
  output.line(
    `${recipes.length} recipes, ${settings.steps} steps each: loss after / before ${best} to ${worst}, median ${middle}`,
  );
  output.line(`flagged ${flagged.length} (${percent(flagged.length / recipes.length)})`);
  const columns = [
    { title: 'group' },
    { title: 'gain' },
    { title: 'trained', ...right },
    { title: 'recipes', ...right },
    { title: 'mean', ...right },
    { title: 'from, to', ...right },
  ];
  for (const line of formatTable(columns, groupRows(groups))) output.line(line);
  output.line(
    `dB on ${settings.crops} crops a recipe, after ${grouped(settings.jointSteps)} joint steps. Kept in ${file}`,
  );
}

function showPlan(output: Output, plan: GroupPlan): void {
  output.document({ event: 'plan', ...plan });
  const { settings, step, psnr, indicators, rounds, timedSteps } = plan;
  const { recipes, steps, thresholds, jointSteps } = settings;
  const rows = [
    ['time', duration((indicators + rounds) / 1000), `at most; measured over ${timedSteps} steps`],
    [
      '  indicators',
      duration(indicators / 1000),
      `${grouped(recipes)} recipes, ${steps} steps each`,
    ],
    [
      '  rounds',
      duration(rounds / 1000),
      `${thresholds.length}, ${grouped(jointSteps)} steps each`,
    ],
    ['  step', `${step.toFixed(1)} ms`, ''],
    ['  PSNR', `${psnr.toFixed(0)} ms`, 'of a recipe'],
  ];
  const columns = [{ title: 'needs' }, { title: '', ...right }, { title: '' }];
  for (const line of formatTable(columns, rows)) output.line(line);
}

/** Adds `group` to the command `tasks`. */
export function registerTasksGroup(tasks: Command): void {
  const count = (most: number) => integerWithin(1, most);
  const command = tasks
    .command('group')
    .description('find groups of fixed recipes that a network is not good at, as TGSR does')
    .argument('<run>', 'run folder (its newest checkpoint) or a checkpoint in one')
    .option('--recipes <count>', 'fixed recipes (the paper: 4000)', count(100_000), 200)
    .option('--steps <count>', 'training steps on each recipe', count(1e9), 100)
    .option('--window <count>', 'last steps whose losses are compared', count(1e9), 10)
    .option('--flag <share>', 'recipes flagged', numberWithin(0.001, 1), tgsrFlaggedShare)
    .option('--joint-steps <count>', 'steps on the flagged (the paper: 10000)', count(1e9), 1000)
    .option('--thresholds <dB,…>', 'gain of each group, falling', decibels, [...tgsrThresholds])
    .option('--crops <count>', 'crops on which the gain of a recipe is measured', count(32), 16)
    .option(
      '--seed <number>',
      'of the recipes and crops (that of the run)',
      integerWithin(0, 0xffff_ffff),
    )
    .option('-o, --output <file>', 'where the groups go (beside the checkpoint)')
    .option('--dry-run', 'say how long it will take, and stop')
    .addHelpText('after', about);
  runs<Options>(command, async (options, output, [path = '']): Promise<ExitCode | undefined> => {
    const { seed, output: file, dryRun, ...given } = options;
    const { recipes, steps, window, flag, jointSteps, thresholds, crops } = given;
    const signals = new Signals(
      (text) => output.note(text),
      'finishing the step; finished recipes and rounds are kept',
    );
    const progress = progressOf(output);
    const all: GroupCheckpointOptions = {
      ...{ path, seed, file },
      settings: { recipes, steps, window, flag, jointSteps, thresholds, crops },
      observer: observerOf(output),
      control: signals,
      onProgress: (now) => progress.show(now),
    };
    try {
      if (dryRun) {
        const plan = await planGroups(all);
        progress.close();
        showPlan(output, plan);
        return undefined;
      }
      const found = await groupCheckpoint(all);
      progress.close();
      if (!found) return signals.exitCode;
      output.document({ event: 'grouped', file: found.file, ...summary(found.groups) });
      tell(output, found.file, found.groups);
      return undefined;
    } finally {
      progress.close();
      signals.dispose();
    }
  });
}

/** The file's contents but for the recipes themselves. */
function summary({ recipes, ...groups }: GroupsContent) {
  return { ...groups, indicators: recipes.map(({ indicator }) => indicator) };
}
