/** Scores of one network, kept as JSON lines: what they are of, then one line an image. */
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../data/durable.ts';
import { makeFolder } from '../data/folder.ts';
import { jsonNumbers } from '../report/json-numbers.ts';
import type { StudyScore } from './results-input.ts';

/** What scores are of: the test images and the weights. */
export interface ScoresOf {
  test: string;
  weights: string;
}

/** JSON has no infinite numbers: the PSNR of equal images is written as a word. */
const number = z.union([
  z.number(),
  z
    .enum(['inf', '-inf', 'nan'])
    .transform((word) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN })[word]),
]);

const header = z.strictObject({
  version: z.literal(1),
  test: z.string(),
  weights: z.string(),
  images: z.int().min(1),
});

const line = z.strictObject({
  set: z.string(),
  photo: z.int().min(0),
  repetition: z.int().min(0),
  psnrY: number,
  ssimY: number,
  distance: number.exactOptional(),
  brisque: number.exactOptional(),
});

/** Writes them so that the file is whole or not there. */
export async function writeScores(
  file: string,
  of: ScoresOf,
  scores: readonly StudyScore[],
): Promise<void> {
  const first = { version: 1, ...of, images: scores.length };
  const lines = [first, ...scores].map((one) => JSON.stringify(one, jsonNumbers));
  makeFolder(dirname(file));
  await writeDurably(file, `${lines.join('\n')}\n`);
}

/** The scores of a file, when they are of these images and weights; nothing when they are not, or damaged. */
export function readScores(file: string, of: ScoresOf): readonly StudyScore[] | undefined {
  try {
    const [first = '', ...rest] = readFileSync(file, 'utf8').trimEnd().split('\n');
    const { test, weights, images } = header.parse(JSON.parse(first));
    if (test !== of.test || weights !== of.weights || images !== rest.length) return undefined;
    return rest.map((text) => line.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}
