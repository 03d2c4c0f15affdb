import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { configOfModel } from '../evaluate/setup.ts';
import { readWeights, type Weights } from '../infer/weights.ts';
import type { WeightSet } from '../native.ts';
import type { TrainConfig } from '../train/config.ts';
import {
  type Format,
  factsOf,
  formats,
  refuseExisting,
  type WrittenFile,
  writeModelFile,
} from './model-files.ts';
import { modelName } from './model-name.ts';
import { oneOf, wordList } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

export interface ExportOptions {
  model: string;
  output: string;
  format: Format[];
  weights: WeightSet | 'both';
  name?: string;
  overwrite?: boolean;
}

const example = `
Examples:
  evensr export -m runs/first -o models
  evensr export -m runs/first/checkpoints/step-00020000.safetensors -o models --weights both
  evensr export -m 4x-other.safetensors -o models --format onnx`;

const formatOf = oneOf<Format>(...formats);

function nameOf({ name, model }: ExportOptions, config: TrainConfig | undefined): string {
  const wanted = name ?? config?.name ?? modelName(model);
  if (/^[\w][\w.-]{0,99}$/.test(wanted)) return wanted.replace(/^\d+x-/, '');
  throw new EvensrError('E_USAGE', exitCodes.usage, `"${wanted}" is no name for a model file`, {
    hint: 'give --name with letters, digits, dots, dashes and underscores',
  });
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
      return refuseExisting(file, 'choose another folder or --name, or give --overwrite');
    }),
  );
}

/** Writes the files, each told when it is there, and says what they are. Throws E_EXISTS before any. */
export async function exportModel(options: ExportOptions, output: Output): Promise<WrittenFile[]> {
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
  const files: WrittenFile[] = [];
  for (const one of planned)
    files.push(await writeModelFile({ ...one, facts, precision: 'float32' }, output));
  return files;
}

export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained network as safetensors, .pth and ONNX, for other tools')
    .requiredOption('-m, --model <path>', 'run folder, checkpoint, or file of weights')
    .requiredOption(
      '-o, --output <folder>',
      'folder for the files, SCALEx-NAME.safetensors, .pth and .onnx',
    )
    .option(
      '--format <list>',
      'safetensors, pth (for PyTorch), onnx',
      (text: string) => wordList(text).map(formatOf),
      ['safetensors', 'onnx'],
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
