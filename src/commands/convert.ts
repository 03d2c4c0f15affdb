import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { makeFolder } from '../data/folder.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import { configOfModel } from '../evaluate/setup.ts';
import { readWeights } from '../infer/weights.ts';
import type { WeightSet } from '../native.ts';
import { parameterCount } from '../network/spec.ts';
import { type Format, factsOf, refuseExisting, writeModelFile } from './model-files.ts';
import { networkText, originText } from './network-text.ts';
import { oneOf } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';

interface ConvertOptions {
  weights: WeightSet;
  fp16?: boolean;
  overwrite?: boolean;
}

const example = `
IN is a run folder, a checkpoint, or a file of weights: .safetensors, .pth or .pt of PyTorch, .param with
its .bin of ncnn. OUT is .safetensors, .pth or .onnx. Architecture, scale and sizes are recognised.

Examples:
  evensr convert net_g_latest.pth 4x-net.safetensors
  evensr convert realesrgan-x4plus.param 4x-plus.onnx --fp16
  evensr convert runs/first 4x-first.pth`;

const formatOfEnding: Readonly<Record<string, Format>> = {
  '.safetensors': 'safetensors',
  '.pth': 'pth',
  '.pt': 'pth',
  '.onnx': 'onnx',
};

function formatOf(file: string, { fp16 }: ConvertOptions): Format {
  const format = formatOfEnding[extname(file).toLowerCase()];
  if (format === undefined)
    throw new EvensrError('E_USAGE', exitCodes.usage, `${file} has no ending that is written`, {
      hint: 'end it with .safetensors, .pth or .onnx',
    });
  if (fp16 && format !== 'onnx')
    throw new EvensrError('E_USAGE', exitCodes.usage, `--fp16 is for ONNX, not for ${file}`, {
      hint: 'leave it out, or end the file with .onnx',
    });
  return format;
}

function refuseOnnx(file: string): void {
  if (!file.toLowerCase().endsWith('.onnx')) return;
  throw new EvensrError('E_USAGE', exitCodes.usage, `${file}: ONNX files are written, not read`, {
    hint: 'give the file of weights that it came from',
  });
}

async function convert(
  [from, to]: readonly [string, string],
  options: ConvertOptions,
  output: Output,
): Promise<void> {
  const format = formatOf(to, options);
  refuseOnnx(from);
  if (!options.overwrite && existsSync(to))
    refuseExisting(to, 'choose another name, or give --overwrite');
  const set = await readWeights(from, options.weights, (code, text) => output.warn(code, text));
  const { info, origin, spec } = set;
  output.line(`${info.file}  ${originText(set)}`);
  output.line(`  ${networkText(info.network)}; ${parameterCount(spec)} parameters`);
  const name = basename(to, extname(to)).replace(/^\d+x-/, '');
  const facts = factsOf(name, configOfModel(from));
  const precision = options.fp16 ? 'float16' : 'float32';
  makeFolder(dirname(resolve(to)));
  const written = await writeModelFile({ file: to, format, set, facts, precision }, output);
  const { network, step } = info;
  output.document({
    from: { file: info.file, step, ...origin },
    network,
    parameters: parameterCount(spec),
    to: { ...written, precision },
  });
}

export function registerConvert(program: Command): void {
  const command = program
    .command('convert')
    .description('turn weights of one format into another: PyTorch, safetensors, ncnn, ONNX')
    .argument('<in>', 'run folder, checkpoint, .safetensors, .pth, .pt, .param or .bin')
    .argument('<out>', '.safetensors, .pth or .onnx')
    .option(
      '--weights <set>',
      'ema (moving average) or params (as trained), where the file holds both',
      oneOf<WeightSet>('ema', 'params'),
      'ema',
    )
    .option('--fp16', 'ONNX of float16 numbers')
    .option('--overwrite', 'replace a file that is there')
    .addHelpText('after', example);
  runs<ConvertOptions>(command, async (options, output, args) => {
    await convert(args as [string, string], options, output);
    return undefined;
  });
}
