import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeDurably } from '../data/durable.ts';
import { makeFolder } from '../data/folder.ts';
import { RefusedImage } from '../data/problem.ts';
import { scanPhotos } from '../data/scan.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import {
  type ComparedCrop,
  compareModels,
  type NamedUpscaler,
} from '../evaluate/compare-models.ts';
import { load } from '../evaluate/pairs.ts';
import { openUpscaler } from '../infer/open-upscaler.ts';
import type { RgbImage } from '../infer/pixels.ts';
import type { WeightSet } from '../native.ts';
import { renderModelSheet } from '../report/model-sheet.ts';
import { modelName } from './model-name.ts';
import { integerWithin, oneOf, wordList } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

interface Options {
  input: string;
  models: string[];
  gt?: string;
  output: string;
  crops: number;
  size: number;
  engine: 'auto' | 'native' | 'onnx';
  weights: WeightSet;
  threads: number;
  overwrite?: boolean;
}

const example = `
Examples:
  evensr compare -i photo.jpg -m runs/mine,4x-other.onnx
  evensr compare -i small.png -m runs/mine --gt large.png -o sheet.png --crops 4`;

async function readImage(path: string): Promise<RgbImage> {
  const { photos, problems } = await scanPhotos(path);
  const [photo] = photos;
  try {
    if (!photo || photos.length > 1)
      throw new RefusedImage('E_NOT_A_FILE', problems[0]?.reason ?? 'one picture is needed');
    return await load(photo);
  } catch (error) {
    if (!(error instanceof RefusedImage)) throw error;
    throw new EvensrError(error.code, exitCodes.nothingUsable, `${path}: ${error.message}`, {
      hint: 'give one JPEG, PNG, WebP, TIFF, GIF or AVIF file',
      cause: error,
    });
  }
}

const labelOf = (model: string) => modelName(model) || model;

async function openAll(options: Options, output: Output): Promise<NamedUpscaler[]> {
  const opened: NamedUpscaler[] = [];
  for (const model of options.models) {
    const upscaler = await openUpscaler(model, {
      ...options,
      warn: (code, text) => output.warn(code, text),
    });
    const isKnown = opened.some(({ label }) => label === labelOf(model));
    opened.push({
      label: isKnown ? `${labelOf(model)} (${opened.length + 1})` : labelOf(model),
      upscaler,
    });
  }
  return opened;
}

function documentOf(options: Options, crops: readonly ComparedCrop[]) {
  return {
    input: options.input,
    output: options.output,
    crops: crops.map(({ square, results }) => ({
      ...square,
      results: results.map(({ label, psnrY }) => ({
        label,
        // JSON has no infinity: equal crops are said as such.
        psnrY: psnrY === undefined ? null : Number.isFinite(psnrY) ? psnrY : 'identical',
      })),
    })),
  };
}

async function compare(options: Options, output: Output): Promise<ExitCode | undefined> {
  const file = resolve(options.output);
  if (extname(file).toLowerCase() !== '.png' || (existsSync(file) && !options.overwrite)) {
    const isThere = existsSync(file);
    const message = isThere ? `${file} is there already` : `${options.output} is no name of a PNG`;
    const hint = isThere ? 'choose another name, or give --overwrite' : 'give -o NAME.png';
    throw new EvensrError(isThere ? 'E_EXISTS' : 'E_USAGE', exitCodes.usage, message, { hint });
  }
  const lq = await readImage(options.input);
  const gt = options.gt === undefined ? undefined : await readImage(options.gt);
  const models = await openAll(options, output);
  try {
    const crops = await compareModels(
      models,
      { lq, ...(gt ? { gt } : {}) },
      {
        side: options.size,
        count: options.crops,
      },
    );
    const scale = models[0]?.upscaler.scale;
    const size = `${lq.width}x${lq.height}, x${scale}`;
    const sheet = await renderModelSheet({
      title: basename(options.input),
      notes: [
        `${size}. The crops with the most detail.`,
        ...(gt ? ['dB: PSNR on Y of the crop against the ground truth.'] : []),
      ],
      crops,
    });
    makeFolder(dirname(file));
    await writeDurably(file, sheet);
    output.line(`${file}  ${crops.length} crops, ${models.length} models and bicubic`);
    output.document(documentOf(options, crops));
  } finally {
    for (const { upscaler } of models) await upscaler.dispose();
  }
  return undefined;
}

export function registerCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('one picture through several models, side by side on a labelled sheet')
    .requiredOption('-i, --input <image>', 'the picture')
    .requiredOption(
      '-m, --models <models>',
      'run folders, checkpoints, files of weights or ONNX files, separated by commas',
      wordList,
    )
    .option('--gt <image>', 'what it should become: adds the ground truth and PSNR of every crop')
    .option('-o, --output <file>', 'where the sheet goes (PNG)', 'compare.png')
    .option('--crops <n>', 'how many crops', integerWithin(1, 20), 3)
    .option('--size <pixels>', 'side of a crop in the picture', integerWithin(16, 512), 64)
    .option('--engine <engine>', 'auto, native or onnx', oneOf('auto', 'native', 'onnx'), 'auto')
    .option(
      '--weights <set>',
      'ema or params, of checkpoints',
      oneOf<WeightSet>('ema', 'params'),
      'ema',
    )
    .option('--threads <n>', 'threads; 0: all CPUs', integerWithin(0, 1024), 0)
    .option('--overwrite', 'replace the sheet if it is there')
    .addHelpText('after', example);
  runs<Options>(command, compare);
}
