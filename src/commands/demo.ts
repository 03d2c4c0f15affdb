import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { ExitCode } from '../errors.ts';
import type { Evaluation } from '../evaluate/evaluate.ts';
import { degradationsOf } from '../evaluate/setup.ts';
import { openModel } from '../infer/model.ts';
import { historyTable } from '../report/history.ts';
import { loadConfig, type TrainConfig } from '../train/config.ts';
import { fetchSamplesTelling } from './data-samples.ts';
import { type DemoPictures, upscaleThree } from './demo-pictures.ts';
import {
  evaluateOnPhotos,
  evaluationDocument,
  showEvaluation,
  writeEvaluation,
} from './evaluation.ts';
import { exportModel } from './export.ts';
import type { Format } from './model-files.ts';
import { integerWithin } from './options.ts';
import type { Output } from './output.ts';
import { runs } from './run.ts';
import { trainOnScreen } from './train.ts';

interface Options {
  output: string;
  steps?: number;
  fresh?: boolean;
}

/** The largest crop that every held-out photograph holds with its margin; images per task. */
const heldOut = { crop: 224, samples: 96, seed: 0 };

const configFile = fileURLToPath(new URL('../../../configs/demo.yaml', import.meta.url));

function configFor(folders: { train: string; validation: string }, steps?: number): TrainConfig {
  const set = [
    `images.train=${JSON.stringify(folders.train)}`,
    `images.validation=${JSON.stringify(folders.validation)}`,
    ...(steps === undefined ? [] : [`training.steps=${steps}`]),
  ];
  return loadConfig(configFile, { set });
}

function title(output: Output, text: string): void {
  output.line();
  output.line(text);
  output.line('─'.repeat(text.length));
}

/** What the table says, in one sentence. */
export function verdict({ tasks }: Pick<Evaluation, 'tasks'>): string {
  if (!tasks) return 'nothing was scored';
  const { mean, standardError } = tasks.macro.difference.psnrY;
  const gain = `${(mean ?? 0) < 0 ? '−' : '+'}${Math.abs(mean ?? 0).toFixed(2)}`;
  const error = standardError === null ? '' : ` ± ${standardError.toFixed(2)}`;
  const count = tasks.tasks.length;
  return `${gain}${error} dB over bicubic in the mean of the tasks, better in ${count - tasks.lost.length} of ${count}`;
}

async function score(run: string, config: TrainConfig, images: string, output: Output) {
  const model = await openModel(run, {
    weights: 'ema',
    threads: 0,
    warn: (code, text) => output.warn(code, text),
  });
  try {
    const degradations = degradationsOf(config, model.scale);
    const options = { ...heldOut, images };
    return (await evaluateOnPhotos(model, degradations, options, output)).evaluation;
  } finally {
    model.dispose();
  }
}

function tellPictures(pictures: DemoPictures, output: Output): void {
  const { difference } = pictures;
  if (difference !== null) output.line(`the engines differ by at most ${difference} of 255 levels`);
  output.document({ event: 'upscaled', ...pictures });
}

async function demo(options: Options, output: Output): Promise<ExitCode | undefined> {
  const folder = resolve(options.output);
  const run = join(folder, 'run');
  const { folders } = await fetchSamplesTelling('demo', output);
  const config = configFor(folders, options.steps);
  if (options.fresh) await rm(run, { recursive: true, force: true });
  const begun = existsSync(join(run, 'checkpoints'));
  output.line(
    begun
      ? `going on with the run in ${run} (--fresh starts anew)`
      : `training ${config.training.steps} steps in ${run}: Ctrl-C saves, the same command goes on`,
  );
  const stopped = await trainOnScreen(
    config,
    { output: run, mode: 'auto', allowChange: [] },
    output,
  );
  if (stopped !== undefined) return stopped;

  title(output, 'Training: quotas, and PSNR on the validation photographs');
  for (const line of historyTable(readFileSync(join(run, 'metrics.jsonl'), 'utf8')))
    output.line(line);

  title(output, 'Photographs that training never saw');
  const evaluation = await score(run, config, folders.heldout, output);
  showEvaluation(evaluation, output);
  const scores = join(folder, 'scores');
  await writeEvaluation(scores, evaluation);
  output.document({ event: 'evaluated', output: scores, ...evaluationDocument(evaluation, []) });

  title(output, 'For other tools');
  const to = {
    output: join(folder, 'models'),
    format: ['safetensors', 'onnx'] as Format[],
    overwrite: true,
  };
  const models = await exportModel({ model: run, weights: 'ema', ...to }, output);
  output.document({ event: 'exported', files: models });

  title(output, 'Three pictures, upscaled on both engines');
  const onnx = models.find(({ format }) => format === 'onnx')?.file as string;
  const from = { images: folders.heldout, config, run, onnx };
  const pictures = await upscaleThree(join(folder, 'pictures'), from, output);
  if (typeof pictures === 'number') return pictures;
  tellPictures(pictures, output);

  title(output, verdict(evaluation));
  output.line(`before/after  ${join(scores, 'examples.png')}`);
  output.line(`upscaled      ${pictures.sheet}; ${pictures.native}/`);
  output.line(`models        ${models.map(({ file }) => file).join(', ')}`);
  output.line(`scores        ${join(scores, 'evaluation.json')}, .csv`);
  output.line(`report        ${join(run, 'report.html')}`);
  output.line(`run           ${run} (config.yaml, metrics.jsonl, checkpoints/, samples/)`);
  output.line(`tensorboard   tensorboard --logdir ${run}`);
  return undefined;
}

export function registerDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('train a small network on real photographs and score it on others, in minutes')
    .option('-o, --output <folder>', 'where everything goes', 'demo')
    .option('--steps <n>', 'training steps (configs/demo.yaml)', integerWithin(1, 1e7))
    .option('--fresh', 'start the training anew')
    .addHelpText('after', '\nExample:\n  evensr demo -o /tmp/demo --fresh');
  runs<Options>(command, demo);
}
