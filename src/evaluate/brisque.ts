/**
 * BRISQUE (Mittal, Moorthy, Bovik 2012) with OpenCV's model files: a blind score from 0 (good) to 100. The
 * features are native.brisqueFeatures; here are the files and the regression.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRegularFile } from '../data/regular-file.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { RgbImage } from '../infer/pixels.ts';
import { native } from '../native.ts';

const modelFile = 'brisque_model_live.yml';
const rangeFile = 'brisque_range_live.yml';
const featureCount = 36;
const largestFile = 16 * 2 ** 20;

export interface BrisqueModel {
  /** (vectors, 36), and the coefficient of each in the sum. */
  supportVectors: Float64Array;
  coefficients: Float64Array;
  rho: number;
  gamma: number;
  /** Of each feature, what becomes -1 and what becomes 1. */
  lowest: Float64Array;
  highest: Float64Array;
}

export interface Brisque {
  /** What is measured, for protocols, with the SHA-256 of the files. */
  readonly description: string;
  /**
   * The score of an image with `border` pixels cut off on every side; NaN for one whose statistics are
   * not defined, as of a uniform one. Rejects with E_SHAPE when less than 16x16 pixels are left.
   */
  score(image: RgbImage, border: number): Promise<number>;
}

function refuse(file: string, reason: string): never {
  throw new EvensrError('E_MODEL', exitCodes.invalidModel, `${file} ${reason}`, {
    hint: `give the folder of OpenCV's ${modelFile} and ${rangeFile}: Debian's opencv-data has them in usr/share/opencv4/quality`,
  });
}

/** Reads what it needs of the YAML that OpenCV writes: keys with a word, a number, or a list of numbers. */
class Fields {
  readonly #file: string;
  readonly #text: string;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  word(key: string): string {
    const found = new RegExp(`^[ -]*${key}: *(\\S+)\\s*$`, 'm').exec(this.#text)?.[1];
    return found ?? refuse(this.#file, `has no ${key}`);
  }

  number(key: string): number {
    return this.#finite(this.word(key), key);
  }

  /** All numbers from a key to the next one, or to the end. */
  numbers(key: string, count: number): Float64Array {
    const start = new RegExp(`^[ -]*${key}:`, 'm').exec(this.#text);
    if (!start) return refuse(this.#file, `has no ${key}`);
    const rest = this.#text.slice(start.index + start[0].length);
    const end = rest.search(/^[ -]*[A-Za-z_]+:/m);
    const words = (end < 0 ? rest : rest.slice(0, end)).match(/[^\s,[\]]+/g) ?? [];
    const values = words.filter((word) => word !== '-');
    if (values.length !== count)
      return refuse(this.#file, `has ${values.length} numbers in ${key}, not ${count}`);
    return Float64Array.from(values, (word) => this.#finite(word, key));
  }

  #finite(word: string, key: string): number {
    const value = Number(word);
    return Number.isFinite(value) ? value : refuse(this.#file, `has ${word} in ${key}`);
  }

  expect(key: string, value: string): void {
    const found = this.word(key);
    if (found !== value) refuse(this.#file, `has ${key} ${found}, not ${value}`);
  }
}

/** The texts of OpenCV's two files. Throws E_MODEL naming what is wrong with which. */
export function parseBrisque(model: string, range: string): BrisqueModel {
  const machine = new Fields(modelFile, model);
  machine.expect('svmType', 'EPS_SVR');
  machine.expect('type', 'RBF');
  machine.expect('var_count', String(featureCount));
  const total = machine.number('sv_total');
  if (!Number.isInteger(total) || total < 1 || total > 1e5)
    refuse(modelFile, `has ${total} support vectors`);
  // The decision function names the vectors by an index unless it takes them in order.
  if (/^\s*index:/m.test(model)) refuse(modelFile, 'has an index, which is not read');
  const limits = new Fields(rangeFile, range);
  limits.expect('rows', '2');
  limits.expect('cols', String(featureCount));
  const data = limits.numbers('data', 2 * featureCount);
  const [lowest, highest] = [data.subarray(0, featureCount), data.subarray(featureCount)];
  if (lowest.some((low, i) => !(low < (highest[i] as number))))
    refuse(rangeFile, 'has a range that is empty');
  return {
    supportVectors: machine.numbers('support_vectors', total * featureCount),
    coefficients: machine.numbers('alpha', total),
    rho: machine.number('rho'),
    gamma: machine.number('gamma'),
    lowest,
    highest,
  };
}

/** Support vector regression with a radial kernel, on features scaled to [-1, 1]; cut to [0, 100]. */
export function brisqueScore(features: Float64Array, model: BrisqueModel): number {
  const { supportVectors, coefficients, lowest, highest, rho, gamma } = model;
  const scaled = features.map((value, i) => {
    const low = lowest[i] as number;
    return -1 + (2 * (value - low)) / ((highest[i] as number) - low);
  });
  let sum = -rho;
  for (const [vector, coefficient] of coefficients.entries()) {
    let square = 0;
    for (let i = 0; i < featureCount; i++)
      square +=
        ((supportVectors[vector * featureCount + i] as number) - (scaled[i] as number)) ** 2;
    sum += coefficient * Math.exp(-gamma * square);
  }
  return Math.min(100, Math.max(0, sum));
}

async function readText(file: string): Promise<string> {
  const bytes = await readRegularFile(file).catch((error: Error) => refuse(file, error.message));
  if (bytes.length > largestFile) refuse(file, `has ${bytes.length} bytes`);
  return bytes.toString('utf8');
}

/** Reads OpenCV's files out of a folder. Throws E_MODEL (exit 9) for one that is missing or damaged. */
export async function openBrisque(folder: string): Promise<Brisque> {
  const [model, range] = [
    await readText(join(folder, modelFile)),
    await readText(join(folder, rangeFile)),
  ];
  const parsed = parseBrisque(model, range);
  const sha256 = createHash('sha256').update(model).update(range).digest('hex');
  return {
    description: `BRISQUE as OpenCV 4.6 computes it (model and range ${sha256.slice(0, 16)})`,
    score: async (image, border) =>
      brisqueScore(await native.brisqueFeatures(image.pixels, image, border), parsed),
  };
}
