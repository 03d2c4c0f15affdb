import { EvensrError, exitCodes } from '../errors.ts';
import { type AxisLevel, axisNamed } from './axes.ts';
import { type Boundaries, defaultBoundariesOf } from './boundaries.ts';
import { naturalMasses } from './mass.ts';
import type { Recipe } from './recipe.ts';
import { type Bound, boundText, isInTask, type Task } from './region.ts';
import type { DegradationSpace } from './space.ts';

interface Level {
  readonly bound: Bound;
  readonly word: string;
  readonly look: string;
}

/** More tasks than this would each get a sample only every few batches. */
const taskLimit = 256;

function checkBoundaries(boundaries: Boundaries): void {
  let count = 1;
  for (const [axis, thresholds = []] of Object.entries(boundaries)) {
    const rising = thresholds.every((value, i) => i === 0 || value > (thresholds[i - 1] as number));
    if (!rising || !thresholds.every(Number.isFinite)) {
      const text = `tasks: axis ${axis} is cut at ${thresholds.join(', ')}`;
      throw new EvensrError('E_TASK', exitCodes.usage, text, {
        hint: 'give finite, rising thresholds',
      });
    }
    count *= thresholds.length + 1;
  }
  if (count > taskLimit) {
    throw new EvensrError('E_TASK', exitCodes.usage, `tasks: the grid has ${count} tasks`, {
      hint: `set fewer thresholds: at most ${taskLimit} tasks`,
    });
  }
}

function intervalWord(axis: string, min: number | null, max: number | null): string {
  if (min === null) return max === null ? axis : `${axis}-below-${max}`;
  return max === null ? `${axis}-from-${min}` : `${axis}-${min}-to-${max}`;
}

function intervalLook(label: string, min: number | null, max: number | null): string {
  if (min === null) return max === null ? `any ${label}` : `${label} below ${max}`;
  return max === null ? `${label} from ${min}` : `${label} from ${min} to ${max}`;
}

/** The kinds from min up to below max: their numbers count from 0. */
function kindsWithin(
  kinds: readonly AxisLevel[],
  [min, max]: readonly [number | null, number | null],
): AxisLevel {
  const within = kinds.filter(
    (_, kind) => (min === null || kind >= min) && (max === null || kind < max),
  );
  return {
    word: within.map(({ word }) => word).join('-or-'),
    look: within.map(({ look }) => look).join(' or '),
  };
}

function levelsOf(name: string, thresholds: readonly number[]): Level[] {
  const axis = axisNamed(name);
  const edges = [null, ...thresholds, null];
  return edges.slice(1).map((max, position) => {
    const min = edges[position] as number | null;
    const named = axis.kinds
      ? kindsWithin(axis.kinds, [min, max])
      : axis.levels?.[thresholds.length]?.[position];
    return {
      bound: { axis: axis.name, min, max },
      word: named?.word || intervalWord(axis.name, min, max),
      look: named?.look || intervalLook(axis.label, min, max),
    };
  });
}

/** Every combination of one level of each axis; the last axis varies fastest. */
function grid(boundaries: Boundaries): Level[][] {
  let cells: Level[][] = [[]];
  for (const [axis, thresholds] of Object.entries(boundaries)) {
    if (thresholds === undefined) continue;
    const levels = levelsOf(axis, thresholds);
    cells = cells.flatMap((cell) => levels.map((level) => [...cell, level]));
  }
  return cells;
}

function refuseEmpty(tasks: readonly Task[], smallest: number): void {
  const empty = tasks.find((task) => task.mass < smallest);
  if (!empty) return;
  const bounds = empty.bounds.map(boundText).join(', ');
  const percent = Number((empty.mass * 100).toPrecision(3));
  throw new EvensrError(
    'E_TASK_EMPTY',
    exitCodes.usage,
    `task ${empty.id} (${bounds}) is empty: it holds ${percent} % of the draws`,
    { hint: `move its boundaries so that every task holds at least ${smallest * 100} %` },
  );
}

/** Drawing within a smaller task by rejection would take longer than training on it. */
const smallestMass = 1e-4;

/**
 * Cuts the space into tasks by a grid of thresholds. Every draw belongs to exactly one task.
 * Masses are estimated from `samples` fixed draws, so equal arguments give equal masses.
 *
 * @throws E_TASK for an unknown axis or thresholds that do not rise; E_TASK_EMPTY for a task that
 *   practically no draw falls into
 */
export function defineTasks(
  space: DegradationSpace,
  boundaries: Boundaries = defaultBoundariesOf(space),
  options: { scale?: number; samples?: number } = {},
): Task[] {
  checkBoundaries(boundaries);
  const cells = grid(boundaries).map((levels) => ({
    id: levels.map((level) => level.word).join('-') || 'all',
    bounds: levels.map((level) => level.bound),
    mass: 0,
    description: levels.map((level) => level.look).join(', ') || 'every degradation',
  }));
  const masses = naturalMasses(space, cells, {
    scale: options.scale ?? 4,
    samples: options.samples ?? 200_000,
  });
  const tasks = cells.map((cell, index) => ({ ...cell, mass: masses[index] as number }));
  refuseEmpty(tasks, smallestMass);
  return tasks;
}

/**
 * How many tasks, one after the other, differ in the last axis only: the length of the grid's rows.
 * All of them when there is but one axis.
 */
export function levelsOfLastAxis(tasks: readonly Pick<Task, 'bounds'>[]): number {
  const rest = (task: Pick<Task, 'bounds'> | undefined) =>
    JSON.stringify(task?.bounds.slice(0, -1));
  const next = tasks.findIndex((task) => rest(task) !== rest(tasks[0]));
  return next < 0 ? tasks.length : next;
}

/**
 * The one task that a recipe belongs to.
 * @throws E_TASK when there is none: the tasks are no whole grid
 */
export function taskOf(recipe: Recipe, tasks: readonly Task[]): Task {
  const task = tasks.find((candidate) => isInTask(recipe, candidate));
  if (task) return task;
  throw new EvensrError('E_TASK', exitCodes.usage, 'a draw belongs to none of the tasks', {
    hint: 'tasks must cover the whole space, as defineTasks makes them',
  });
}
