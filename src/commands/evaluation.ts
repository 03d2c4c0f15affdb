/** Scoring a model and showing the result: shared by `evaluate` and `demo`. */
import { join } from 'node:path';
import { makeFolder } from '../data/folder.ts';
import { openPhotos } from '../data/open.ts';
import type { ImageProblem } from '../data/problem.ts';
import { type Evaluation, evaluateFrozen } from '../evaluate/evaluate.ts';
import { namedScores, summariesToCsv } from '../evaluate/export.ts';
import { requireBorder, requireCrop, sideWithMargin } from '../evaluate/frozen.ts';
import type { Measures } from '../evaluate/measures.ts';
import type { Degradations } from '../evaluate/setup.ts';
import type { SetSummary } from '../evaluate/summary.ts';
import type { Model } from '../infer/model.ts';
import { native } from '../native.ts';
import { renderComparison } from '../report/comparison.ts';
import { jsonNumbers } from '../report/json-numbers.ts';
import { scoreRemarks, scoreTable } from '../report/scores.ts';
import { badLimit, tell } from './data.ts';
import type { Output } from './output.ts';
import { progressBar } from './progress.ts';

export interface PhotoOptions {
  images: string;
  crop: number;
  seed: number;
  border?: number;
  tasks?: readonly string[];
  samples?: number;
  measures?: Measures | undefined;
  maxBad?: number;
}

/** Reads the photographs, with a progress bar, and scores the model on frozen degradations of them. */
export async function evaluateOnPhotos(
  model: Model,
  degradations: Degradations,
  options: PhotoOptions,
  output: Output,
): Promise<{ evaluation: Evaluation; skipped: ImageProblem[] }> {
  const { scale } = model;
  const { images, crop, seed, border = scale } = options;
  const { margin, space } = degradations;
  requireCrop(crop, { scale, margin, space });
  requireBorder(border, crop);
  const reading = progressBar(output, 'read');
  const photos = await openPhotos({
    images,
    minSize: sideWithMargin(crop, margin, scale),
    badLimit: badLimit(options),
    onProgress: reading,
  });
  reading();
  tell(output, photos.warnings, photos.skipped);
  const bar = progressBar(output, 'scored');
  try {
    const evaluation = await evaluateFrozen(model, photos, degradations, {
      version: native.info().version,
      crop,
      seed,
      border,
      onProgress: bar,
      measures: options.measures,
      ...(options.tasks ? { sets: options.tasks } : {}),
      ...(options.samples ? { samples: options.samples } : {}),
    });
    return { evaluation, skipped: photos.skipped };
  } finally {
    bar();
    photos.pack.dispose();
  }
}

const allSummaries = ({ tasks, others }: Evaluation): SetSummary[] => [
  ...(tasks ? [...tasks.tasks, tasks.macro, tasks.byMass] : []),
  ...others,
];

const write = async (path: string, text: string | Buffer) =>
  await native.writeFileDurably(path, [Buffer.from(text)]);

export async function writeCsv(path: string, evaluation: Evaluation): Promise<void> {
  await write(path, summariesToCsv(allSummaries(evaluation)));
}

/** evaluation.json with every single score, evaluation.csv, and examples.png where there are tasks. */
export async function writeEvaluation(folder: string, evaluation: Evaluation): Promise<void> {
  const { protocol, model, tasks, others, scores, photos, problems, examples } = evaluation;
  const named = namedScores(scores, photos);
  const document = { protocol, model, tasks, others, problems, scores: named };
  makeFolder(folder);
  await write(join(folder, 'evaluation.json'), `${JSON.stringify(document, jsonNumbers, 1)}\n`);
  await writeCsv(join(folder, 'evaluation.csv'), evaluation);
  if (examples.length === 0) return;
  const title = `${model.network.type} ×${protocol.scale}: one example of each task`;
  const notes = [`PSNR of Y with ${protocol.border} pixels cut off; ${model.file}`];
  await write(
    join(folder, 'examples.png'),
    await renderComparison({ title, notes, rows: examples }),
  );
}

/** The table and what to see in it. */
export function showEvaluation(evaluation: Evaluation, output: Output): void {
  const { model, protocol, scores } = evaluation;
  const step = model.step === null ? '' : `, step ${model.step} (${model.weights})`;
  output.line(`${model.file}${step}`);
  output.line(
    `PSNR and SSIM of Y, ${protocol.border} pixels cut off, ${protocol.photos.count} photographs, ${scores.length} images`,
  );
  output.line();
  for (const line of scoreTable(evaluation)) output.line(line);
  output.line();
  for (const line of scoreRemarks(evaluation)) output.line(line);
}

/** An evaluation as one JSON document, without the single scores. */
export function evaluationDocument(evaluation: Evaluation, skipped: readonly ImageProblem[]) {
  const { scores, photos, examples, ...rest } = evaluation;
  return JSON.parse(JSON.stringify({ ...rest, skipped }, jsonNumbers)) as Record<string, unknown>;
}
