import { basename, extname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bytesOfText } from '../batch/byte-name.ts';
import type { FormatChoice } from '../batch/format.ts';
import { type NamePattern, parseNamePattern } from '../batch/name-pattern.ts';
import { pictureFiles } from '../batch/pictures.ts';
import { type Plan, placeOutput, planOutputs, stateFolder } from '../batch/plan.ts';
import { type BatchOptions, runBatch } from '../batch/run.ts';
import { settingsOf } from '../batch/settings.ts';
import { chooseShard, type Shard, shardName } from '../batch/shard.ts';
import { isFolder } from '../data/folder.ts';
import { formatOfExtension } from '../data/names.ts';
import { warningText } from '../data/problem.ts';
import { type SourceScan, scanSources } from '../data/scan.ts';
import { chooseDevice } from '../device.ts';
import { deviceHelp } from '../device-name.ts';
import { EvensrError, type ExitCode, exitCodes } from '../errors.ts';
import { openUpscaler } from '../infer/open-upscaler.ts';
import type { Upscaler } from '../infer/upscaler.ts';
import { native, type Precision, type WeightSet } from '../native.ts';
import { modelName } from './model-name.ts';
import { deviceName, integerWithin, numberWithin, oneOf } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';
import { showForecast } from './upscale-dry-run.ts';
import { exitCodeOf, UpscaleSession } from './upscale-session.ts';

/** What `evensr upscale` takes. */
export interface UpscaleArguments {
  input: string[];
  output: string;
  model: string;
  outscale?: number;
  tile?: number;
  format: FormatChoice;
  name?: string;
  suffix?: string;
  quality?: number;
  alpha: 'network' | 'bicubic';
  engine: 'auto' | 'native' | 'onnx';
  weights: WeightSet;
  threads: number;
  precision: Precision;
  device: string;
  strip?: boolean;
  recursive: boolean;
  overwrite?: boolean;
  shard?: string;
  dryRun?: boolean;
  memory: number;
  maxMegapixels: number;
  quiet?: boolean;
}

export const upscaleDefaults = {
  format: 'keep',
  alpha: 'network',
  engine: 'auto',
  weights: 'ema',
  threads: 0,
  precision: 'float32',
  device: 'cpu',
  recursive: true,
  memory: 1024,
  maxMegapixels: 300,
} satisfies Partial<UpscaleArguments>;

const example = `
Examples:
  evensr upscale -i photo.jpg -o large -m runs/first
  evensr upscale -i photos -o large -m 4x-mine.safetensors --dry-run
  evensr upscale -i 'scans/**/*.tif' -o large -m 4x-mine.onnx -s 2 -f png --name '{name}_x{scale}'
  evensr upscale -i photos -o large -m runs/first --shard 3/8

Running the same command again goes on where it stopped: what is done and unchanged is skipped. SIGINT and
SIGTERM finish the pictures in work; a second one stops at once. --name knows {name}, {ext} (of the input),
{scale} and {model}. Shards are also taken from SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT, and from
JOB_COMPLETION_INDEX with JOB_COMPLETION_COUNT, which the job has to set; --shard 1/1 switches that off.`;

function usage(message: string, hint: string): EvensrError {
  return new EvensrError('E_USAGE', exitCodes.usage, message, { hint });
}

/** Names of the formats as people and other tools write them. */
const formatNames: Record<string, FormatChoice> = {
  keep: 'keep',
  auto: 'keep',
  png: 'png',
  jpeg: 'jpeg',
  jpg: 'jpeg',
  webp: 'webp',
  tiff: 'tiff',
  tif: 'tiff',
};

function formatOf(text: string): FormatChoice {
  const format = Object.hasOwn(formatNames, text) ? formatNames[text] : undefined;
  if (format) return format;
  throw new InvalidArgumentError('It must be one of: keep, png, jpeg, webp, tiff.');
}

function patternOf({ name, suffix }: UpscaleArguments): NamePattern {
  if (name !== undefined && suffix !== undefined)
    throw usage('--name and --suffix say the same', 'give one of them');
  if (suffix === undefined) return parseNamePattern(name ?? '{name}');
  return parseNamePattern(`{name}_${suffix.replace(/[{}]/g, '$&$&')}`);
}

/** A picture's name in place of the output folder is a habit of tools that write one file. */
function checkOutput({ output }: UpscaleArguments): void {
  const isPicture = formatOfExtension.has(extname(output).slice(1).toLowerCase());
  if (!isPicture || isFolder(output)) return;
  const stem = basename(output, extname(output));
  throw usage(
    `-o is the folder for the outputs, ${output} looks like a file`,
    `give a folder; to name the file itself: --name ${stem} -f ${extname(output).slice(1)}`,
  );
}

async function scan({ input, recursive }: UpscaleArguments, output: Output): Promise<SourceScan> {
  const found = await scanSources(input, { recursive, passOver: stateFolder, tolerant: true });
  for (const warning of found.warnings) output.warn(warning.code, warningText(warning));
  if (found.items.length > 0) return found;
  const ignored = found.ignored > 0 ? ` (${found.ignored} file(s) that are none)` : '';
  throw new EvensrError(
    'E_DATA_EMPTY',
    exitCodes.nothingUsable,
    `there is no picture in ${input.join(', ')}${ignored}`,
    { hint: 'JPEG, PNG, WebP, TIFF, GIF and AVIF files are read' },
  );
}

function tellShard({ index, count, origin }: Shard, plan: Plan, all: number, output: Output): void {
  if (origin === undefined) return;
  const own = plan.items.length + plan.refused.length;
  output.note(`shard ${index} of ${count} (${origin}): ${own} of ${all} pictures`);
}

const warnTo = (output: Output) => (code: string, text: string) => output.warn(code, text);

function settingsFor(options: UpscaleArguments, upscaler: Upscaler) {
  return settingsOf({
    model: upscaler.fingerprint,
    scale: options.outscale ?? upscaler.scale,
    alpha: options.alpha,
    quality: options.quality ?? null,
    strip: options.strip === true,
  });
}

/** Upscales what the arguments say, telling how it goes; nothing means that all is done. */
export async function upscale(
  options: UpscaleArguments,
  output: Output,
): Promise<ExitCode | undefined> {
  const pattern = patternOf(options);
  checkOutput(options);
  const shard = chooseShard(options.shard, process.env);
  const found = await scan(options, output);
  const folder = await placeOutput(options.output, found.roots);
  const { engine, weights, threads, precision, tile, model } = options;
  const warn = warnTo(output);
  const device = chooseDevice(options.device, (text) => output.note(`upscaling ${text}`));
  const how = { engine, weights, threads, precision, device, tile, warn };
  const upscaler = await openUpscaler(model, how);
  try {
    const settings = settingsFor(options, upscaler);
    const fields = {
      scale: bytesOfText(String(settings.scale)),
      model: bytesOfText(modelName(model)),
    };
    const plan = planOutputs(found, { pattern, format: options.format, fields, shard });
    tellShard(shard, plan, found.items.length, output);
    if (!options.quiet) output.note(upscaler.description);
    const report = `${options.output}/${stateFolder}/report${shardName(shard)}.jsonl`;
    return await run(plan, { folder, shard, upscaler, settings, report }, options, output);
  } finally {
    await upscaler.dispose();
  }
}

interface Prepared {
  folder: string;
  shard: Shard;
  upscaler: Upscaler;
  settings: BatchOptions['settings'];
  report: string;
}

async function run(
  plan: Plan,
  { folder, shard, upscaler, settings, report }: Prepared,
  options: UpscaleArguments,
  output: Output,
): Promise<ExitCode | undefined> {
  const batch = {
    ...{ output: folder, shard, upscaler, settings, pictures: pictureFiles },
    options: { outputScale: options.outscale, alpha: options.alpha },
    overwrite: options.overwrite === true,
    maxPixels: options.maxMegapixels * 1e6,
    memory: options.memory * 1e6,
    provenance: `evensr ${native.info().version}`,
  };
  if (options.dryRun) {
    await showForecast(plan, batch, output);
    return undefined;
  }
  const session = new UpscaleSession(options.quiet === true, report, output);
  try {
    const { signals: control, observer } = session;
    const summary = await runBatch(plan, { ...batch, control, observer });
    session.end(summary);
    return exitCodeOf(summary, session.signals);
  } finally {
    session.dispose();
  }
}

export function registerUpscale(program: Command): void {
  const command = program
    .command('upscale')
    .description('upscale pictures, folders of them or glob patterns with a trained network')
    .requiredOption('-i, --input <path...>', 'files, folders or glob patterns')
    .requiredOption('-o, --output <folder>', 'folder for the results; subfolders are kept')
    .option(
      '-m, --model <path>',
      'run folder, checkpoint, .safetensors, .pth, .param or .onnx file (also -n)',
    )
    .addOption(new Option('-n, --model-name <path>', 'the same').hideHelp())
    .option(
      '-s, --outscale <factor>',
      "size of the results (the network's scale)",
      numberWithin(0.1, 16),
    )
    .option(
      '-f, --format <format>',
      'keep, png, jpeg, webp or tiff',
      formatOf,
      upscaleDefaults.format,
    )
    .addOption(new Option('--ext <format>', 'the same').argParser(formatOf).hideHelp())
    .option('--name <pattern>', 'names of the results, such as {name}_x{scale} ({name})')
    .option('--suffix <text>', 'the same as --name {name}_TEXT')
    .option('--quality <percent>', 'of JPEG and WebP', integerWithin(1, 100))
    .option(
      '--alpha <how>',
      'network or bicubic',
      oneOf<UpscaleArguments['alpha']>('network', 'bicubic'),
      upscaleDefaults.alpha,
    )
    .option('--strip', 'leave out EXIF and XMP; colour profiles stay')
    .option(
      '--engine <name>',
      'auto, native or onnx',
      oneOf<UpscaleArguments['engine']>('auto', 'native', 'onnx'),
      upscaleDefaults.engine,
    )
    .option(
      '--weights <set>',
      'ema or params',
      oneOf<WeightSet>('ema', 'params'),
      upscaleDefaults.weights,
    )
    .option('--threads <n>', '0: all CPUs', integerWithin(0, 1024), upscaleDefaults.threads)
    .option(
      '--precision <name>',
      'float32, or bfloat16 to multiply faster, of the native engine',
      oneOf<Precision>('float32', 'bfloat16'),
      upscaleDefaults.precision,
    )
    .option('--device <name>', deviceHelp, deviceName, upscaleDefaults.device)
    .option('-t, --tile <pixels>', 'side of the tiles (chosen)', integerWithin(16, 4096))
    .option(
      '--memory <MB>',
      'for the pictures in work',
      integerWithin(64, 1e6),
      upscaleDefaults.memory,
    )
    .option(
      '--max-megapixels <n>',
      'larger inputs are refused',
      numberWithin(0.001, 1e5),
      upscaleDefaults.maxMegapixels,
    )
    .option('--no-recursive', 'not what lies in subfolders')
    .option('--overwrite', 'replace files that are not of this batch')
    .option('--shard <i/n>', 'only the i-th of n parts')
    .option('--dry-run', 'say what would be done and what it takes; write nothing')
    .option('--quiet', 'no progress')
    .addHelpText('after', example);
  runs<UpscaleArguments & { modelName?: string; ext?: FormatChoice }>(
    command,
    async (given, output) => {
      const model = given.model ?? given.modelName;
      if (model === undefined)
        throw usage(
          'upscale needs a network',
          'give -m with a run folder, checkpoint, .safetensors, .pth, .param or .onnx file',
        );
      return await upscale({ ...given, model, format: given.ext ?? given.format }, output);
    },
  );
}
