import { EvensrError, exitCodes } from '../errors.ts';
import { type Field, fieldAt, type Limits, sumTolerance } from './space-fields.ts';

const isNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

const isWithin = (value: unknown, [low, high]: Limits): value is number =>
  isNumber(value) && value >= low && value <= high;

function rangeProblem(value: unknown, [low, high]: Limits): string | undefined {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isNumber)) {
    return 'must be two numbers, [low, high]';
  }
  const [from, to] = value as [number, number];
  if (from > to) return `has its low end ${from} above its high end ${to}`;
  return from >= low && to <= high ? undefined : `must lie in [${low}, ${high}]`;
}

function probabilitiesProblem(value: object): string | undefined {
  const parts = Object.values(value);
  if (!parts.every((part) => isWithin(part, [0, 1]))) {
    return 'each must be a probability in [0, 1]';
  }
  const sum = parts.reduce((total, part) => total + part, 0);
  return Math.abs(sum - 1) <= sumTolerance ? undefined : `must sum to 1, not ${sum}`;
}

const isSize = (value: unknown, limits: Limits): boolean =>
  Number.isInteger(value) && (value as number) % 2 === 1 && isWithin(value, limits);

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 1;

/** Counts and sizes, and the text that stands for the contents. */
function isBank(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([key, inner]) =>
    key === 'sha256' ? typeof inner === 'string' : isCount(inner),
  );
}

/** What is wrong with a value, or nothing. `model` is the value of the space's own defaults. */
function problemOf(field: Field, value: unknown, model: unknown): string | undefined {
  const otherwise = (isRight: boolean, problem: string) => (isRight ? undefined : problem);
  switch (field.kind) {
    case 'group':
      return undefined;
    case 'name':
      return otherwise(value === model, `must be ${model}`);
    case 'probability':
      return otherwise(isWithin(value, [0, 1]), 'must be a probability in [0, 1]');
    case 'probabilities':
      return probabilitiesProblem(value as object);
    case 'range':
      return rangeProblem(value, field.limits);
    case 'wholeRange':
      return (
        rangeProblem(value, field.limits) ??
        otherwise((value as number[]).every(Number.isInteger), 'must be two whole numbers')
      );
    case 'rangeAroundOne': {
      const [from, to] = value as [number, number];
      return (
        rangeProblem(value, field.limits) ??
        otherwise(from <= 1 && to >= 1, 'must hold 1, since each half starts there')
      );
    }
    case 'number':
      return otherwise(
        isWithin(value, field.limits),
        `must be a number in [${field.limits.join(', ')}]`,
      );
    case 'size':
      return otherwise(
        isSize(value, field.limits),
        `must be an odd size from ${field.limits.join(' to ')}`,
      );
    case 'sizes': {
      const right =
        Array.isArray(value) &&
        value.length > 0 &&
        value.every((size) => isSize(size, field.limits));
      return otherwise(right, `must be a list of odd sizes from ${field.limits.join(' to ')}`);
    }
    case 'backend':
      return otherwise(value === 'diffjpeg' || value === 'libjpeg', 'must be diffjpeg or libjpeg');
    case 'bank':
      return otherwise(value === null || isBank(value), 'must hold counts and sizes, or be null');
  }
}

/** An error of a space, at a key. */
export function spaceError(key: string, problem: string, hint = 'correct this key'): EvensrError {
  return new EvensrError('E_SPACE', exitCodes.usage, `degradation space: ${key} ${problem}`, {
    hint,
  });
}

function joined(key: string, inner: string): string {
  return key === '' ? inner : `${key}.${inner}`;
}

function checkKeys(value: unknown, model: object, key: string): void {
  if (typeof value !== 'object' || value === null) throw spaceError(key, 'must hold named values');
  for (const inner of Object.keys(value)) {
    if (Object.hasOwn(model, inner)) continue;
    const hint = `known here: ${Object.keys(model).join(', ')}`;
    throw spaceError(joined(key, inner), 'is not known', hint);
  }
}

/**
 * Checks a whole space against the keys of `model`: the same keys at every level, and every value is
 * what its field may be.
 * @throws E_SPACE naming the key, for example `stages.0.blurSigma`
 */
export function checkShape(value: unknown, model: object, key = ''): void {
  const field = fieldAt(key);
  const hasKeys = !field || field.kind === 'group' || field.kind === 'probabilities';
  if (hasKeys) checkKeys(value, model, key);
  const problem = field && problemOf(field, value, model);
  if (problem) throw spaceError(key, problem);
  if (field && field.kind !== 'group') return;
  for (const [inner, part] of Object.entries(model)) {
    checkShape((value as Record<string, unknown>)[inner], part, joined(key, inner));
  }
}

export interface Resizing {
  readonly resizeProbabilities: Readonly<Record<'up' | 'down' | 'keep', number>>;
  readonly resizeScale: Limits;
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
