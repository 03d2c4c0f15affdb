import type { Command } from 'commander';
import { deviceHelp } from '../device-name.ts';
import { parseFormat, parsePictureFormat } from './degrade-options.ts';
import { type PreviewKind, previewKinds, writePreview } from './degrade-preview.ts';
import { type WriteOptions, writePairs } from './degrade-write.ts';
import {
  deviceName,
  integerWithin,
  maxBadOption,
  oneOf,
  spaceOption,
  wordList,
} from './options.ts';
import { runs } from './run.ts';

interface Options extends WriteOptions {
  /** True where no kind is named. */
  preview?: PreviewKind | true;
}

const example = `
Examples:
  evensr degrade -i photos -o preview.png --preview
  evensr degrade -i photos -o steps.png --preview steps --tasks full-noisy --crop 128
  evensr degrade -i photos -o pairs --tasks all --count 2
  evensr degrade -i photos -o set --total 1e6 --quotas small-noisy=2,full-noisy=1 --format tar
  evensr degrade -i photos -o set --total 1e6 --format jpeg --encode webp:40-95 --shard 3/8
  evensr degrade -i photos -o again --replay pairs/recipes.jsonl

Running the same command again goes on where it stopped, also after a kill. The files are the same for any
number of threads and shards. Shards of one set write into one folder, or into folders that are copied
together; they are also taken from SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX, see evensr upscale --help.
--quotas also takes a run folder or its metrics.jsonl: the shares that training asked for last.`;

export function registerDegrade(program: Command): void {
  const command = program
    .command('degrade')
    .description('write lq/gt pairs with their recipes, or a picture of every kind of damage')
    .requiredOption('-i, --images <photos>', 'folder, glob pattern, or .txt list of photographs')
    .requiredOption('-o, --output <folder>', 'folder for the pairs and recipes.jsonl')
    .option('--tasks <ids>', 'tasks to draw from: ids, or all (plain draws)', wordList)
    .option('--quotas <id=share,...>', 'tasks to draw from, in this ratio')
    .option(
      '--count <n>',
      'pairs per photograph, and per task of --tasks (1)',
      integerWithin(1, 1e6),
    )
    .option('--total <n>', 'pairs in all, in place of --count', integerWithin(1, 1e12))
    .option('--crop <pixels>', 'side of the gt crop (256)', integerWithin(16, 4096))
    .option('--scale <factor>', 'gt size / lq size (4)', integerWithin(1, 16))
    .option(
      '--config <file>',
      'degradations, tasks, scale and banks of this training configuration',
    )
    .addOption(spaceOption())
    .option('--seed <number>', 'of crops and draws (0)', integerWithin(0, 2 ** 53 - 1))
    .option(
      '--format <format>',
      'of lq: png, jpeg, webp; or tar: archives of PNGs (png)',
      parseFormat,
    )
    .option('--gt-format <format>', 'png, jpeg or webp (png)', parsePictureFormat)
    .option('--quality <percent>', 'of JPEG and WebP files (95)', integerWithin(1, 100))
    .option('--shards-of <n>', 'WebDataset archives of so many pairs (1000)', integerWithin(1, 1e6))
    .option('--encode <encoder>', 'lq through a real encoder last: jpeg:30-95, webp:40-90')
    .option('--shard <i/n>', 'only the i-th of n parts')
    .option('--replay <file>', 'make the pairs of a recipes.jsonl again')
    .option(
      '--preview [kind]',
      'a contact sheet instead: tasks (one photograph under each), photos or steps (of a recipe)',
      oneOf(...previewKinds),
    )
    .option('--threads <n>', '0: all CPUs', integerWithin(0, 1024), 0)
    .option('--device <name>', `of pairs: ${deviceHelp}`, deviceName, 'cpu')
    .option(maxBadOption[0], 'stop above this share of unusable photographs (1)', maxBadOption[2])
    .option('--overwrite', 'replace what an earlier run wrote')
    .option('--quiet', 'no progress')
    .addHelpText('after', example);
  runs<Options>(command, async ({ preview, ...options }, output) => {
    if (preview === undefined) return await writePairs(options, output);
    return await writePreview(preview === true ? 'tasks' : preview, options, output);
  });
}
