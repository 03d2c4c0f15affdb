import type { Command } from 'commander';
import type { Boundaries } from '../degradation/boundaries.ts';
import { defaultBoundariesOf } from '../degradation/boundaries.ts';
import type { SpaceName } from '../degradation/space.ts';
import { defineTasks } from '../degradation/task.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { requireBorder, requireCrop } from '../evaluate/frozen.ts';
import type { RankDocument } from '../evaluate/ranking/document.ts';
import { leastDraws, rankAxes, type ScoreName } from '../evaluate/ranking/rank.ts';
import { scoreDraws } from '../evaluate/ranking/score-draws.ts';
import {
  dispose,
  openSpecialists,
  type Specialists,
  specialistsBeside,
} from '../evaluate/ranking/specialists.ts';
import {
  configOfModel,
  type Degradations,
  openDegradations,
  sourceNamed,
} from '../evaluate/setup.ts';
import { type Model, openModel } from '../infer/model.ts';
import { native } from '../native.ts';
import { loadConfig } from '../train/config.ts';
import { integerWithin, maxBadOption, oneOf, spaceOption } from './options.ts';
import type { Output } from './output.ts';
import { requireWritable } from './output-file.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';
import { openRankPhotos, type RankPhotos } from './tasks-rank-photos.ts';
import { showRanking, writeRanking } from './tasks-rank-results.ts';

export interface RankCommandOptions {
  images?: string;
  config?: string;
  space?: SpaceName;
  specialists?: string;
  draws: number;
  crops: number;
  crop?: number;
  bins: number;
  tasks: number;
  by: ScoreName;
  permutations: number;
  resamples: number;
  seed: number;
  maxBad?: number;
  output?: string;
  csv?: string;
  html?: string;
  overwrite?: boolean;
}

const example = `
Examples:
  evensr tasks rank runs/first -o tasks.yaml --html ranking.html
  evensr tasks rank runs/first -i photos/held-out --by gap --tasks 12

The gap of a draw is to the specialist of its task, where tasks measure has kept them beside the
checkpoint (NAME.specialists) or --specialists names their folder; else to bicubic interpolation.`;

function sourceOf(path: string, { config, space }: RankCommandOptions) {
  if (space !== undefined) return sourceNamed(space);
  return config === undefined ? configOfModel(path) : loadConfig(config);
}

/** Side of a gt crop where no run says what its probes have. */
const plainCrop = 256;

/** The grids that the grown ones are compared with. */
function knownGrids({ space }: Degradations, given: Boundaries | null | undefined) {
  const standard = defaultBoundariesOf(space);
  const own = given && JSON.stringify(given) !== JSON.stringify(standard);
  return { default: standard, ...(own ? { configured: given } : {}) };
}

/** The grid that was asked for, as tasks. */
function chosenOf(
  ranking: RankDocument['ranking'],
  by: ScoreName,
  { space, scale }: { space: Degradations['space']; scale: number },
): RankDocument['chosen'] {
  const grid = ranking.grids.find(({ grownFor }) => grownFor === by);
  if (!grid || grid.splits.length === 0) return null;
  const { boundaries } = grid;
  return { by, boundaries, tasks: defineTasks(space, boundaries, { scale }) };
}

interface Opened {
  model: Model;
  degradations: Degradations;
  photos: RankPhotos;
  specialists: Specialists | null;
  folder: string | undefined;
  crop: number;
  border: number;
  configured: Boundaries | null | undefined;
}

async function measure(
  { model, degradations, photos, specialists, folder, crop, border, configured }: Opened,
  options: RankCommandOptions,
  output: Output,
): Promise<RankDocument> {
  const { draws, crops, bins, tasks, permutations, resamples, seed, by } = options;
  const bar = progressBar(output, 'scored');
  const plan = { ...photos, degradations, draws, crops, crop, border, seed, onProgress: bar };
  const scored = await scoreDraws(model, specialists, plan);
  bar();
  const known = knownGrids(degradations, configured);
  const ranking = rankAxes(scored, { bins, tasks, permutations, resamples, seed, known });
  const { space, margin } = degradations;
  const { file, step, network } = model.info;
  return {
    protocol: {
      evensr: native.info().version,
      model: { file, step, network: network.type, weightsHash: model.weightsHash },
      space: space.name,
      scale: model.scale,
      photos: photos.photos.map(({ name, sha256 }) => ({ name, sha256 })),
      ...{ draws, crops, crop, margin, border, seed, bins, permutations, resamples },
      gapTo: specialists ? 'specialist' : 'bicubic',
      specialists: folder ?? null,
    },
    ranking,
    chosen: chosenOf(ranking, by, { space, scale: model.scale }),
    exact: scored.exact,
  };
}

async function rank(
  options: RankCommandOptions,
  output: Output,
  [path = '']: string[],
): Promise<ExitCode | undefined> {
  for (const file of [options.output, options.csv, options.html]) requireWritable(file, options);
  const warn = (code: string, text: string) => output.warn(code, text);
  const disposals: (() => void)[] = [];
  try {
    const model = await openModel(path, { weights: 'ema', threads: 0, warn });
    disposals.push(() => model.dispose());
    const { scale } = model;
    const run = configOfModel(path);
    const source = sourceOf(path, options);
    const crop = options.crop ?? (run ? run.training.lqSize * scale : plainCrop);
    const degradations = await openDegradations(source, { scale, crop, warn });
    disposals.push(() => degradations.dispose());
    const border = run?.validation.border ?? scale;
    // A run's own crops were accepted, with a warning, when it began.
    if (options.crop !== undefined || !run) requireCrop(crop, { ...degradations, scale });
    requireBorder(border, crop);
    const photos = await openRankPhotos(
      { ...options, run, crop, scale, margin: degradations.margin },
      output,
    );
    disposals.push(() => photos.pack.dispose());
    const folder = options.specialists ?? specialistsBeside(model.info.file);
    const ids = degradations.tasks.map(({ id }) => id);
    const specialists = folder ? await openSpecialists(folder, ids, { scale, warn }) : null;
    if (specialists) disposals.push(() => dispose(specialists));
    const configured = source?.tasks.boundaries;
    const opened = { model, degradations, photos, specialists, folder, crop, border, configured };
    const document = await measure(opened, options, output);
    showRanking(document, output);
    await writeRanking(document, options, output);
    output.document(document);
    return document.chosen || options.output === undefined ? undefined : exitCodes.nothingUsable;
  } finally {
    for (const close of disposals.reverse()) close();
  }
}

/** Adds `rank` to the command `tasks`. */
export function registerTasksRank(tasks: Command): void {
  const command = tasks
    .command('rank')
    .description('measure how well each degradation parameter defines tasks, and grow a grid')
    .argument('<model>', 'run folder, checkpoint, or file of weights')
    .option('-i, --images <photos>', "photographs (those of the run's probes)")
    .option(
      '--config <file>',
      "degradations and tasks of this configuration, not of the model's run",
    )
    .addOption(spaceOption())
    .option('--specialists <folder>', 'TASK.safetensors of each task (NAME.specialists)')
    .option('--draws <n>', 'plain draws from the space', integerWithin(leastDraws, 1e6), 1500)
    .option(
      '--crops <n>',
      'crops of its photograph that a draw is applied to',
      integerWithin(1, 1000),
      4,
    )
    .option('--crop <pixels>', "side of the gt crops (the run's)", integerWithin(16, 4096))
    .option('--bins <n>', 'classes of a continuous parameter', integerWithin(2, 50), 5)
    .option('--tasks <n>', 'most tasks of a grown grid', integerWithin(2, 256), 9)
    .option(
      '--by <score>',
      'the score that the chosen grid explains: psnr or gap',
      oneOf<ScoreName>('psnr', 'gap'),
      'psnr',
    )
    .option('--permutations <n>', 'behind the level of chance', integerWithin(20, 1e5), 200)
    .option('--resamples <n>', 'of photographs, behind the intervals', integerWithin(20, 1e5), 500)
    .option('--seed <number>', 'of draws, crops and resamples', integerWithin(0, 2 ** 53 - 1), 0)
    .option(...maxBadOption)
    .option('-o, --output <file>', 'the chosen grid as YAML: tasks.boundaries of a configuration')
    .option('--csv <file>', 'one line an axis')
    .option('--html <file>', 'one page with bar charts')
    .option('--overwrite', 'replace what is there')
    .addHelpText('after', example);
  runs<RankCommandOptions>(command, rank);
}
