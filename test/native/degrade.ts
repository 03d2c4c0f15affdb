/** What the tests of degradation share: the operators behind underscores, fixtures, random recipes. */
import { readFileSync } from 'node:fs';
import { packRecipes } from '../../src/degradation/pack.ts';
import { native } from '../../src/native.ts';
import { Random } from '../../src/rng.ts';
import { stagedRecipe, stagedValues } from '../staged.ts';

export const kernelTypes = {
  iso: 0,
  aniso: 1,
  generalizedIso: 2,
  generalizedAniso: 3,
  plateauIso: 4,
  plateauAniso: 5,
  sinc: 6,
} as const;

export const modes = { area: 0, bilinear: 1, bicubic: 2 } as const;

export interface KernelParameters {
  type: number;
  size: number;
  sigmaX: number;
  sigmaY: number;
  theta: number;
  beta: number;
  omega: number;
  /** iso; 0 when left out */
  shift?: number;
}

const none = { sigmaX: 1, sigmaY: 1, theta: 0, beta: 1, omega: 1 };

export function kernelParameters(
  type: keyof typeof kernelTypes,
  size: number,
  values: Partial<KernelParameters>,
): KernelParameters {
  return { ...none, ...values, type: kernelTypes[type], size };
}

type Size = [height: number, width: number];

const operators = native as unknown as {
  _kernel(kernel: KernelParameters): Float64Array;
  _blur(
    image: Float32Array,
    height: number,
    width: number,
    kernel: KernelParameters,
    separable: boolean,
  ): Float32Array;
  _resize(
    image: Float32Array,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    mode: number,
    scale: number,
  ): Float32Array;
  _usm(image: Float32Array, height: number, width: number): Float32Array;
};

export const kernelTaps = operators._kernel;

export function blur(
  image: Float32Array,
  size: Size,
  kernel: KernelParameters,
  separable = true,
): Float32Array {
  return operators._blur(image, ...size, kernel, separable);
}

/** `scale` 0 asks for the size, anything else for the factor. */
export function resize(
  image: Float32Array,
  from: Size,
  to: Size,
  mode: number,
  scale = 0,
): Float32Array {
  return operators._resize(image, ...from, ...to, mode, scale);
}

export function usm(image: Float32Array, size: Size): Float32Array {
  return operators._usm(image, ...size);
}

export function readFixture<T>(name: string): T {
  const path = new URL(`../../../test/fixtures/${name}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

export function floats(base64: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new Float32Array(bytes.buffer);
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

function randomKernel(random: Random): number[] {
  return [
    random.integer(8),
    3 + 2 * random.integer(10),
    random.between(0.2, 3),
    random.between(0.2, 3),
    random.between(-Math.PI, Math.PI),
    random.between(0.5, 4),
    random.between(0.6, Math.PI),
  ];
}

function randomStage(random: Random, low: number, high: number): number[] {
  const noise = random.integer(3);
  return [
    ...randomKernel(random),
    random.integer(3),
    random.uniform() < 0.1 ? 1 : random.between(low, high),
    noise,
    noise === 1 ? random.between(1, 30) : random.between(0.05, 3),
    random.integer(2),
    random.uniform() < 0.2 ? 0 : random.between(30, 95),
  ];
}

/** A packed recipe with every parameter anywhere in its range. */
export function randomRecipe(seed: number, scale: number): number[] {
  const random = new Random(seed, 99, 0);
  const numbers = [
    ...Array.from({ length: 4 }, () => random.integer(2 ** 32)),
    scale,
    ...randomStage(random, 0.15, 1.5),
    ...randomStage(random, 0.3, 1.2),
    random.integer(2),
    random.integer(3),
    random.uniform() < 0.2 ? 0 : 3 + 2 * random.integer(10),
    random.between(1, Math.PI),
    random.integer(2),
  ];
  return packStaged(numbers);
}

/** The 36 numbers of the fixtures as a packed recipe. */
export function packStaged(numbers: readonly number[]): number[] {
  return [...packRecipes([stagedRecipe(stagedValues(numbers))])];
}

/** A recipe that does nothing but these stage fields; scale 1 unless named. */
export function packedWith(values: Record<string, number> = {}): Float64Array {
  const keep = { scale: 1, resizeScale1: 1, resizeScale2: 1 };
  return packRecipes([stagedRecipe({ ...keep, ...values })]);
}
