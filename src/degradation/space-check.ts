import { EvensrError, exitCodes } from '../errors.ts';

/** [least, greatest] value of each parameter. Wide: they refuse mistakes, not taste. */
export const spaceLimits = {
  kernelSize: [3, 21],
  blurSigma: [0.01, 50],
  betaG: [0.1, 16],
  betaP: [0.1, 16],
  resizeScale: [0.02, 4],
  gaussianSigma: [0, 255],
  poissonScale: [0, 20],
  jpegQuality: [1, 100],
  sincOmega: [0.05, Math.PI],
} as const;

type Limits = readonly [low: number, high: number];

/** What is wrong with a value, or nothing. */
type Check = (value: unknown) => string | undefined;

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const probability: Check = (value) =>
  isNumber(value) && value >= 0 && value <= 1 ? undefined : 'must be a probability in [0, 1]';

function range([low, high]: Limits): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length !== 2 || !value.every(isNumber)) {
      return 'must be two numbers, [low, high]';
    }
    const [from, to] = value as [number, number];
    if (from > to) return `has its low end ${from} above its high end ${to}`;
    return from >= low && to <= high ? undefined : `must lie in [${low}, ${high}]`;
  };
}

/** A range that is drawn in two halves, [low, 1] and [1, high]. */
function rangeAroundOne(limits: Limits): Check {
  return (value) => {
    const problem = range(limits)(value);
    if (problem) return problem;
    const [from, to] = value as [number, number];
    return from <= 1 && to >= 1 ? undefined : 'must hold 1, since each half starts there';
  };
}

const [smallestKernel, largestKernel] = spaceLimits.kernelSize;

const kernelSizes: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((size) => Number.isInteger(size) && size % 2 === 1) &&
  value.every((size) => size >= smallestKernel && size <= largestKernel)
    ? undefined
    : `must be a list of odd sizes from ${smallestKernel} to ${largestKernel}`;

/** Sums of decimal fractions miss 1 by rounding; hand-typed thirds may miss it by a little more. */
export const sumTolerance = 1e-6;

const probabilities: Check = (value) => {
  const parts = Object.values(value as Record<string, unknown>);
  const wrong = parts.map(probability).find((problem) => problem !== undefined);
  if (wrong) return `each ${wrong}`;
  const sum = (parts as number[]).reduce((total, part) => total + part, 0);
  return Math.abs(sum - 1) <= sumTolerance ? undefined : `must sum to 1, not ${sum}`;
};

const backend: Check = (value) =>
  value === 'diffjpeg' || value === 'libjpeg' ? undefined : 'must be diffjpeg or libjpeg';

/** By the last part of a key. */
const checks: Readonly<Record<string, Check>> = {
  blurProbability: probability,
  sincProbability: probability,
  grayNoiseProbability: probability,
  jpegProbability: probability,
  jpegFirstProbability: probability,
  kernelProbabilities: probabilities,
  resizeProbabilities: probabilities,
  resizeModeProbabilities: probabilities,
  noiseProbabilities: probabilities,
  kernelSizes,
  blurSigma: range(spaceLimits.blurSigma),
  betaG: rangeAroundOne(spaceLimits.betaG),
  betaP: rangeAroundOne(spaceLimits.betaP),
  resizeScale: range(spaceLimits.resizeScale),
  gaussianSigma: range(spaceLimits.gaussianSigma),
  poissonScale: range(spaceLimits.poissonScale),
  jpegQuality: range(spaceLimits.jpegQuality),
  sincOmega: range(spaceLimits.sincOmega),
  jpegBackend: backend,
};

function fail(key: string, problem: string, hint = 'correct this key'): never {
  throw new EvensrError('E_SPACE', exitCodes.usage, `degradation space: ${key} ${problem}`, {
    hint,
  });
}

function joined(key: string, inner: string): string {
  return key === '' ? inner : `${key}.${inner}`;
}

function checkKeys(value: unknown, model: object, key: string): void {
  if (typeof value !== 'object' || value === null) fail(key, 'must hold named values');
  for (const inner of Object.keys(value)) {
    if (Object.hasOwn(model, inner)) continue;
    fail(joined(key, inner), 'is not known', `known here: ${Object.keys(model).join(', ')}`);
  }
}

/** Same keys at every level, and every value passes its check. */
function checkShape(value: unknown, model: object, key: string): void {
  const name = key.slice(key.lastIndexOf('.') + 1);
  const check = checks[name];
  if (!check || check === probabilities) checkKeys(value, model, key);
  if (check) {
    const problem = check(value);
    if (problem) fail(key, problem);
    return;
  }
  for (const [inner, part] of Object.entries(model)) {
    checkShape((value as Record<string, unknown>)[inner], part, joined(key, inner));
  }
}

interface Resizing {
  resizeProbabilities: Record<'up' | 'down' | 'keep', number>;
  resizeScale: [number, number];
}

/** Why a stage cannot draw the resizes that its probabilities ask for: up is [1, high], down [low, 1]. */
export function resizeProblems({ resizeProbabilities, resizeScale }: Resizing): string[] {
  const [low, high] = resizeScale;
  const { up, down } = resizeProbabilities;
  return [
    ...(up > 0 && high < 1 ? [`ends at ${high}, but up needs a scale of at least 1`] : []),
    ...(down > 0 && low > 1 ? [`starts at ${low}, but down needs a scale of at most 1`] : []),
  ];
}

/**
 * Checks a whole space against the keys of `model`.
 * @throws E_SPACE naming the key, for example `stages.0.blurSigma`
 */
export function checkSpace(space: unknown, model: object): void {
  checkShape(space, model, '');
  const { stages } = space as { stages: Resizing[] };
  for (const [index, stage] of stages.entries()) {
    const [problem] = resizeProblems(stage);
    if (problem) fail(`stages.${index}.resizeScale`, problem);
  }
}
