import { type Command, InvalidArgumentError } from 'commander';
import { type CheckReport, checkPhotos } from '../data/check.ts';
import { largestImageBytes } from '../data/decode.ts';
import { type BadLimit, defaultBadLimit, whyRefused } from '../data/judge.ts';
import { packPhotos } from '../data/pack.ts';
import { type DataWarning, type ImageProblem, warningText } from '../data/problem.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { formatBytes } from './bytes.ts';
import { registerFetchSamples } from './data-samples.ts';
import { maxBadOption } from './options.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';
import { runs } from './run.ts';

interface ReadingOptions {
  maxImageMb?: number;
  minSize?: number;
  maxBad?: number;
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('a number above 0 is needed');
  return value;
}

function imageMegabytes(text: string): number {
  const value = positive(text);
  if (value * 1e6 > largestImageBytes)
    throw new InvalidArgumentError(`at most ${largestImageBytes / 1e6} are possible`);
  return value;
}

function withReadingOptions(command: Command): Command {
  return command
    .option('--min-size <pixels>', 'refuse images with a shorter side below this', positive)
    .option(
      '--max-image-mb <MB>',
      'refuse images above this size when decoded (256)',
      imageMegabytes,
    )
    .option(...maxBadOption);
}

/** The options of a command as the functions of src/data take them. */
function reading(options: ReadingOptions) {
  return {
    ...(options.minSize === undefined ? {} : { minSize: options.minSize }),
    ...(options.maxImageMb === undefined ? {} : { maxImageBytes: options.maxImageMb * 1e6 }),
  };
}

/** The limit of `--max-bad`, or the default. */
export function badLimit({ maxBad }: { maxBad?: number }): BadLimit {
  if (maxBad === undefined) return defaultBadLimit;
  return { fraction: maxBad, count: Number.POSITIVE_INFINITY };
}

/** Says what was noticed about photographs: warnings, and each image that was skipped. */
export function tell(output: Output, warnings: DataWarning[], problems: ImageProblem[]): void {
  for (const warning of warnings) output.warn(warning.code, warningText(warning));
  for (const { code, name, reason } of problems) output.warn(code, `${name} - ${reason} - skipped`);
}

function printReport(output: Output, report: CheckReport): void {
  const { good, megapixels, shorterSide, conversions, problems, ignored } = report;
  const { smallest, largest } = shorterSide;
  const kinds = Object.entries(conversions).map(([kind, count]) => `${kind} ${count}`);
  output.line(`usable       ${good} photographs, ${megapixels.toFixed(1)} megapixels`);
  if (good > 0) output.line(`shorter side ${smallest} to ${largest} pixels`);
  if (kinds.length > 0) output.line(`converted    ${kinds.join(', ')}`);
  output.line(`bad          ${problems.length}`);
  output.line(`left out     ${ignored} files that are no photographs by their name`);
}

function registerCheck(data: Command): void {
  const command = data
    .command('check')
    .description('decode every photograph of a folder and say which cannot be used, and why')
    .argument('<images>', 'folder, glob pattern, or .txt list of files')
    .addHelpText('after', '\nExample:\n  evensr data check ~/photos --min-size 256');
  runs<ReadingOptions>(withReadingOptions(command), async (options, output, [images = '']) => {
    const bar = progressBar(output, 'checked');
    const report = await checkPhotos({ images, ...reading(options), onProgress: bar });
    bar();
    tell(output, report.warnings, report.problems);
    printReport(output, report);
    const refused = whyRefused([images], report.good, report.problems, badLimit(options));
    const { code, message, hint } = refused ?? {};
    output.document(refused ? { ...report, error: { code, message, hint } } : report);
    if (!refused) return exitCodeOf(report.problems);
    output.warn(refused.code, 'training would stop: too few good photographs or too many bad ones');
    return refused.exitCode;
  });
}

function exitCodeOf(problems: ImageProblem[]): ExitCode {
  return problems.length > 0 ? exitCodes.someFailed : exitCodes.ok;
}

function registerPack(data: Command): void {
  const command = data
    .command('pack')
    .description('decode photographs once into the file that training maps into memory')
    .argument('<images>', 'folder, glob pattern, or .txt list of files')
    .option('--pack-dir <folder>', "where packs are kept (evensr's cache)")
    .option('--verify', 'compare the checksums of a pack that is already there')
    .addHelpText('after', '\nExample:\n  evensr data pack ~/photos --verify');
  type Options = ReadingOptions & { packDir?: string; verify?: boolean };
  runs<Options>(withReadingOptions(command), async (options, output, [images = '']) => {
    const bar = progressBar(output, 'packed');
    const packed = await packPhotos({
      images,
      ...reading(options),
      badLimit: badLimit(options),
      ...(options.packDir === undefined ? {} : { packDir: options.packDir }),
      verify: options.verify === true,
      onProgress: bar,
    });
    bar();
    tell(output, packed.warnings, packed.skipped);
    const { path, bytes, images: good, skipped, reused } = packed;
    output.line(
      `${reused ? 'unchanged' : 'packed'}: ${good.length} photographs, ${formatBytes(bytes)}`,
    );
    output.line(path);
    output.document({
      path,
      bytes,
      images: good.length,
      skipped,
      warnings: packed.warnings,
      reused,
    });
    return exitCodeOf(skipped);
  });
}

export function registerData(program: Command): void {
  const data = program
    .command('data')
    .description('photographs: check, pack, fetch samples')
    .addHelpText('after', '\nExample:\n  evensr data check ~/photos');
  registerCheck(data);
  registerPack(data);
  registerFetchSamples(data);
}
