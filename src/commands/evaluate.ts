import type { Command } from 'commander';
import { isFolder } from '../data/folder.ts';
import type { ImageProblem } from '../data/problem.ts';
import type { SpaceName } from '../degradation/space.ts';
import { chooseDevice } from '../device.ts';
import { deviceHelp } from '../device-name.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { openBrisque } from '../evaluate/brisque.ts';
import { type Evaluation, evaluatePairs } from '../evaluate/evaluate.ts';
import { openFeatureDistance } from '../evaluate/feature-distance.ts';
import type { Measures } from '../evaluate/measures.ts';
import { chooseOutputFolder } from '../evaluate/output-folder.ts';
import { findPairs } from '../evaluate/pairs.ts';
import {
  configOfModel,
  type DegradationSource,
  openDegradations,
  sourceNamed,
} from '../evaluate/setup.ts';
import { type Model, openModel } from '../infer/model.ts';
import { native, type Precision, type WeightSet } from '../native.ts';
import { loadConfig } from '../train/config.ts';
import {
  evaluateOnPhotos,
  evaluationDocument,
  showEvaluation,
  writeCsv,
  writeEvaluation,
} from './evaluation.ts';
import {
  deviceName,
  integerWithin,
  maxBadOption,
  oneOf,
  spaceOption,
  wordList,
} from './options.ts';
import type { Output } from './output.ts';
import { requireWritable } from './output-file.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';

interface Options {
  model: string;
  images?: string;
  lq?: string;
  gt?: string;
  config?: string;
  space?: SpaceName;
  tasks?: string[];
  samples?: number;
  crop: number;
  seed: number;
  border?: number;
  weights: WeightSet;
  precision: Precision;
  device: string;
  distance?: string;
  brisque?: string;
  measures?: Measures;
  output?: string;
  csv?: string;
  maxBad?: number;
  overwrite?: boolean;
}

const example = `
Examples:
  evensr evaluate -m runs/mine -i photos/held-out
  evensr evaluate -m model.safetensors -i photos --tasks full-clean,natural --csv scores.csv
  evensr evaluate -m runs/mine --lq Set14/LRx4 --gt Set14/HR --json`;

function usage(message: string, hint: string): EvensrError {
  return new EvensrError('E_USAGE', exitCodes.usage, message, { hint });
}

/** Photographs or pairs, never both. */
function checkSource({ images, lq, gt }: Options): void {
  const pairs = lq !== undefined || gt !== undefined;
  if (pairs ? images === undefined && lq && gt : images !== undefined) return;
  throw usage('evaluate needs photographs (-i), or pairs (--lq and --gt)', 'give one of the two');
}

type Evaluated = Awaited<ReturnType<typeof evaluateOnPhotos>>;

/** What was asked for, or how the model was trained. */
function sourceOf({ config, space, model }: Options): DegradationSource | undefined {
  if (space !== undefined) return sourceNamed(space);
  return config === undefined ? configOfModel(model) : loadConfig(config);
}

async function overPhotos(model: Model, options: Options, output: Output): Promise<Evaluated> {
  const { crop, images = '' } = options;
  const degradations = await openDegradations(sourceOf(options), {
    scale: model.scale,
    crop,
    warn: (code, text) => output.warn(code, text),
  });
  try {
    return await evaluateOnPhotos(model, degradations, { ...options, images }, output);
  } finally {
    degradations.dispose();
  }
}

async function overPairs(model: Model, options: Options, output: Output): Promise<Evaluated> {
  const { lq = '', gt = '' } = options;
  const pairs = await findPairs({ lq, gt }, model.scale);
  const bar = progressBar(output, 'scored');
  try {
    const evaluation = await evaluatePairs(model, pairs, {
      version: native.info().version,
      border: options.border ?? model.scale,
      measures: options.measures,
      onProgress: bar,
    });
    return { evaluation, skipped: [] };
  } finally {
    bar();
  }
}

async function evaluate(options: Options, output: Output): Promise<ExitCode> {
  checkSource(options);
  requireWritable(options.csv, options);
  const inputs = [options.images, options.lq, options.gt].filter(
    (path) => path !== undefined && isFolder(path),
  ) as string[];
  const folder =
    options.output === undefined
      ? undefined
      : await chooseOutputFolder(options.output, {
          inputs,
          overwrite: options.overwrite === true,
        });
  const brisque = options.brisque === undefined ? undefined : await openBrisque(options.brisque);
  const distance =
    options.distance === undefined ? undefined : await openFeatureDistance(options.distance);
  try {
    return await evaluateModel({ ...options, measures: { distance, brisque } }, folder, output);
  } finally {
    distance?.dispose();
  }
}

async function evaluateModel(
  options: Options,
  folder: string | undefined,
  output: Output,
): Promise<ExitCode> {
  const model = await openModel(options.model, {
    weights: options.weights,
    threads: 0,
    precision: options.precision,
    device: chooseDevice(options.device, (text) => output.note(`evaluating ${text}`)),
    warn: (code, text) => output.warn(code, text),
  });
  try {
    const over = options.images === undefined ? overPairs : overPhotos;
    const { evaluation, skipped } = await over(model, options, output);
    return await report(evaluation, skipped, { folder, csv: options.csv }, output);
  } finally {
    model.dispose();
  }
}

async function report(
  evaluation: Evaluation,
  skipped: ImageProblem[],
  to: { folder: string | undefined; csv: string | undefined },
  output: Output,
): Promise<ExitCode> {
  for (const { code, name, reason } of evaluation.problems) {
    output.warn(code, `${name} - ${reason} - not scored`);
  }
  const count = evaluation.scores.length;
  const failed = evaluation.problems.length + skipped.length;
  if (count > 0) showEvaluation(evaluation, output);
  if (to.csv !== undefined) await writeCsv(to.csv, evaluation);
  if (to.folder !== undefined) await writeEvaluation(to.folder, evaluation);
  output.line(`done ${count} images | failed ${failed}`);
  if (to.folder !== undefined) output.line(to.folder);
  output.document(evaluationDocument(evaluation, skipped));
  if (count === 0) return exitCodes.nothingUsable;
  return failed > 0 ? exitCodes.someFailed : exitCodes.ok;
}

export function registerEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description('score a network per task on photographs, or on lq/gt pairs, against bicubic')
    .requiredOption('-m, --model <path>', 'run folder, checkpoint, or file of weights')
    .option('-i, --images <photos>', 'gt photographs: folder, glob pattern, or .txt list')
    .option('--lq <folder>', 'low-quality images, paired with --gt by name')
    .option('--gt <folder>', 'their ground truth')
    .option(
      '--config <file>',
      "degradations and tasks of this configuration, not of the model's run",
    )
    .addOption(spaceOption())
    .option('--tasks <ids>', 'only these: ids, or natural', wordList)
    .option('--samples <n>', 'images per task (at least 96)', integerWithin(1, 1e6))
    .option('--crop <pixels>', 'side of the gt crops', integerWithin(16, 4096), 256)
    .option('--seed <number>', 'of crops and degradations', integerWithin(0, 2 ** 53 - 1), 0)
    .option('--border <pixels>', 'cut off before scoring (the scale)', integerWithin(0, 1024))
    .option('--weights <set>', 'ema or params', oneOf<WeightSet>('ema', 'params'), 'ema')
    .option(
      '--precision <name>',
      'float32, or bfloat16 to multiply faster',
      oneOf<Precision>('float32', 'bfloat16'),
      'float32',
    )
    .option('--device <name>', deviceHelp, deviceName, 'cpu')
    .option('--distance <file>', 'feature distance too, InceptionV3 of this file')
    .option('--brisque <folder>', "BRISQUE too, by OpenCV's files in this folder")
    .option('-o, --output <folder>', 'new folder for evaluation.json, .csv and examples.png')
    .option(...maxBadOption)
    .option('--csv <file>', 'one line a task')
    .option('--overwrite', 'replace what is there')
    .addHelpText('after', example);
  runs<Options>(command, evaluate);
}
