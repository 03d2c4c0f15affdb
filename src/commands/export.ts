import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { configOfModel } from '../evaluate/setup.ts';
import { type ModelFacts, onnxOf, safetensorsOf } from '../infer/export.ts';
import { modelOf } from '../infer/model.ts';
import { compareWithOnnxruntime } from '../infer/onnx-check.ts';
import { readWeights, type Weights } from '../infer/weights.ts';
import { native, type WeightSet } from '../native.ts';
import type { TrainConfig } from '../train/config.ts';
import { formatBytes } from './bytes.ts';
import { oneOf, wordList } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

export const formats = ['safetensors', 'onnx'] as const;
type Format = (typeof formats)[number];

export interface ExportOptions {
  model: string;
  output: string;
  format: Format[];
  weights: WeightSet | 'both';
  name?: string;
  overwrite?: boolean;
}

export interface ExportedFile {
  file: string;
  format: Format;
  weights: Weights['info']['weights'];
  bytes: number;
  /** Largest difference between onnxruntime and the network; null when it was not compared. */
  onnxDifference?: number | null;
}

const example = `
Examples:
  evensr export -m runs/first -o models
  evensr export -m runs/first/checkpoints/step-00020000.safetensors -o models --weights both
  evensr export -m 4x-other.safetensors -o models --format onnx`;

const formatOf = oneOf<Format>(...formats);

function nameOf({ name, model }: ExportOptions, config: TrainConfig | undefined): string {
  const wanted =
    name ?? config?.name ?? basename(model).replace(/(\.(safetensors|pth|pt|param|bin))?$/, '');
  if (/^[\w][\w.-]{0,99}$/.test(wanted)) return wanted.replace(/^\d+x-/, '');
  throw new EvensrError('E_USAGE', exitCodes.usage, `"${wanted}" is no name for a model file`, {
    hint: 'give --name with letters, digits, dots, dashes and underscores',
  });
}

/** What the files say about the training. */
function factsOf(name: string, config: TrainConfig | undefined): ModelFacts {
  const evensr = native.info().version;
  if (!config) return { name, evensr };
  const { steps, batchSize, lqSize, learningRate, loss, emaDecay } = config.training;
  const { compat, jpegBackend, usm } = config.degradation;
  const training = { steps, batchSize, lqSize, learningRate, loss: loss.type, emaDecay };
  const degradation = { compat, jpegBackend, usm };
  return { name, evensr, training: { ...training, rule: config.balance.rule, ...degradation } };
}

/** The paths of all files, none of which may be there. */
function pathsOf(options: ExportOptions, weights: readonly Weights[], name: string) {
  return weights.flatMap((set) =>
    options.format.map((format) => {
      const raw = set.info.weights === 'params' ? '.raw' : '';
      const file = join(options.output, `${set.spec.scale}x-${name}${raw}.${format}`);
      if (options.overwrite || !existsSync(file)) {
        return { set, format, file };
      }
      throw new EvensrError('E_EXISTS', exitCodes.usage, `${file} is there already`, {
        hint: 'choose another folder or --name, or give --overwrite',
      });
    }),
  );
}

async function checkOnnx(bytes: Uint8Array, set: Weights, output: Output): Promise<number | null> {
  const model = modelOf(set, 0);
  try {
    const difference = await compareWithOnnxruntime(bytes, model);
    if (difference !== undefined) return difference;
    output.warn('W_ONNX', 'the ONNX file is not compared - onnxruntime-node is not installed');
    return null;
  } finally {
    model.dispose();
  }
}

/** Writes the files, each told when it is there, and says what they are. Throws E_EXISTS before any. */
export async function exportModel(options: ExportOptions, output: Output): Promise<ExportedFile[]> {
  const { model } = options;
  const warn = (code: string, text: string) => output.warn(code, text);
  const wanted: WeightSet[] = options.weights === 'both' ? ['ema', 'params'] : [options.weights];
  const found: Weights[] = [];
  for (const set of wanted) {
    const read = await readWeights(model, set, warn);
    // A bare file may hold one set only.
    if (found.every(({ info }) => info.weights !== read.info.weights)) found.push(read);
  }
  const config = configOfModel(model);
  const name = nameOf(options, config);
  const facts = factsOf(name, config);
  const planned = pathsOf(options, found, name);
  makeFolder(resolve(options.output));
  const files: ExportedFile[] = [];
  for (const { set, format, file } of planned) {
    const parts = format === 'onnx' ? [onnxOf(set, facts)] : safetensorsOf(set, facts);
    const compared =
      format === 'onnx'
        ? { onnxDifference: await checkOnnx(parts[0] as Uint8Array, set, output) }
        : {};
    await native.writeFileDurably(file, parts);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    files.push({ file, format, weights: set.info.weights, bytes, ...compared });
    tell(files.at(-1) as ExportedFile, output);
  }
  return files;
}

function tell({ file, bytes, onnxDifference }: ExportedFile, output: Output): void {
  const compared =
    typeof onnxDifference === 'number'
      ? `, onnxruntime differs by at most ${onnxDifference.toExponential(1)}`
      : '';
  output.line(`${file}  ${formatBytes(bytes)}${compared}`);
}

export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained network as safetensors and ONNX, for other tools')
    .requiredOption('-m, --model <path>', 'run folder, checkpoint, or safetensors file of weights')
    .requiredOption(
      '-o, --output <folder>',
      'folder for the files, SCALEx-NAME.safetensors and .onnx',
    )
    .option(
      '--format <list>',
      'safetensors, onnx',
      (text: string) => wordList(text).map(formatOf),
      [...formats],
    )
    .option(
      '--weights <set>',
      'ema (moving average), params (as trained, .raw in the name), or both',
      oneOf<WeightSet | 'both'>('ema', 'params', 'both'),
      'ema',
    )
    .option('--name <name>', "name in the files' names (the run's)")
    .option('--overwrite', 'replace files that are there')
    .addHelpText('after', example);
  runs<ExportOptions>(command, async (options, output): Promise<ExitCode | undefined> => {
    const files = await exportModel(options, output);
    output.document({ model: options.model, files });
    return undefined;
  });
}
