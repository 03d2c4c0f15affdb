import { EvensrError, exitCodes } from '../errors.ts';
import { checkShape, resizeProblems, spaceError } from './space-check.ts';
import { type BsrganSpace, bsrgan } from './spaces/bsrgan.ts';
import { type BsrganPlusSpace, bsrganPlus } from './spaces/bsrgan-plus.ts';
import { type ClassicSpace, classic } from './spaces/classic.ts';
import { type RealEsrganSpace, realEsrgan } from './spaces/real-esrgan.ts';
import { bankProblem, type RealSrSpace, realSr } from './spaces/realsr.ts';

/** Ranges and probabilities of every degradation parameter: plain data, never changed. */
export type DegradationSpace =
  | RealEsrganSpace
  | BsrganSpace
  | BsrganPlusSpace
  | RealSrSpace
  | ClassicSpace;

export type SpaceName = DegradationSpace['name'];
export type SpaceNamed<Name extends SpaceName> = Extract<DegradationSpace, { name: Name }>;

/** The spaces of the field with their own defaults, by name. */
export const spaceDefaults: { readonly [Name in SpaceName]: SpaceNamed<Name> } = {
  'real-esrgan': realEsrgan,
  bsrgan,
  'bsrgan-plus': bsrganPlus,
  realsr: realSr,
  classic,
};

export const spaceNames = Object.freeze(Object.keys(spaceDefaults)) as readonly SpaceName[];

export function isSpaceName(name: string): name is SpaceName {
  return Object.hasOwn(spaceDefaults, name);
}

/** The keys to change; everything not named stays as it is. Ranges and lists change as a whole. */
export type Overrides<T> = T extends readonly number[]
  ? T
  : T extends readonly unknown[] | object
    ? { readonly [Key in keyof T]?: Overrides<T[Key]> }
    : T;

type Plain = Readonly<Record<string, unknown>> | readonly unknown[];

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null;
}

/** Numbers and lists of numbers are replaced, everything with names or stages goes on by key. */
function merged(base: unknown, change: unknown): unknown {
  if (change === undefined) return base;
  const isList = Array.isArray(base) && !isPlain(base[0]);
  if (!isPlain(base) || !isPlain(change) || isList) return change;
  const pairs = Object.entries(change).map(([key, value]) => [
    key,
    merged((base as Record<string, unknown>)[key], value),
  ]);
  return Object.assign(Array.isArray(base) ? [...base] : { ...base }, Object.fromEntries(pairs));
}

function frozen(value: unknown): unknown {
  if (!isPlain(value)) return value;
  const copies = Object.entries(value).map(([key, inner]) => [key, frozen(inner)]);
  const copy = Array.isArray(value) ? copies.map(([, inner]) => inner) : Object.fromEntries(copies);
  return Object.freeze(copy);
}

/** What one key alone does not show. */
function checkTogether(space: DegradationSpace): void {
  if (space.name === 'real-esrgan') {
    for (const [index, stage] of space.stages.entries()) {
      const [problem] = resizeProblems(stage);
      if (problem) throw spaceError(`stages.${index}.resizeScale`, problem);
    }
  }
  if (space.name === 'realsr') {
    const missing = bankProblem(space);
    if (missing) throw spaceError(missing.key, missing.problem, missing.hint);
  }
}

function defaultsNamed(name: unknown): DegradationSpace {
  if (typeof name === 'string' && isSpaceName(name)) return spaceDefaults[name];
  throw new EvensrError('E_SPACE', exitCodes.usage, `there is no degradation space ${name}`, {
    hint: `known: ${spaceNames.join(', ')}`,
  });
}

/**
 * A degradation space: the defaults of the one that is named (Real-ESRGAN's without a name) with
 * `overrides` merged in by key. The result is deeply frozen.
 *
 * @throws E_SPACE naming the key: unknown name or key, parameter outside its range, probabilities that
 *   do not sum to 1, a resize that its range does not hold, a bank that is needed and was not given
 */
export function defineSpace(overrides?: Overrides<RealEsrganSpace>): RealEsrganSpace;
export function defineSpace<Name extends SpaceName>(
  name: Name,
  overrides?: Overrides<SpaceNamed<Name>>,
): SpaceNamed<Name>;
export function defineSpace(
  first: SpaceName | Overrides<RealEsrganSpace> = {},
  overrides: Overrides<DegradationSpace> = {},
): DegradationSpace {
  const isNamed = typeof first === 'string';
  const defaults = defaultsNamed(isNamed ? first : 'real-esrgan');
  const space = merged(defaults, isNamed ? overrides : first);
  checkShape(space, defaults);
  checkTogether(space as DegradationSpace);
  return frozen(space) as DegradationSpace;
}

/**
 * The space for lq crops of another side, margin included: realsr draws where in a patch its noise lies.
 * @throws E_SPACE when the patches are smaller
 */
export function withWindow(space: DegradationSpace, window: number): DegradationSpace {
  if (space.name !== 'realsr' || !space.noiseBank) return space;
  return defineSpace('realsr', { ...space, noiseBank: { ...space.noiseBank, window } });
}

/** The second-order degradation space of Real-ESRGAN (arXiv 2107.10833). */
export const realEsrganSpace: RealEsrganSpace = defineSpace();
