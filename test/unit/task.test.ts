import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axes, axisNamed, effectiveNoise, lumaNoise } from '../../src/degradation/axes.ts';
import type { Boundaries } from '../../src/degradation/boundaries.ts';
import type { NoiseOperation, Operation, Recipe } from '../../src/degradation/recipe.ts';
import { isInTask, type Task } from '../../src/degradation/region.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { defineSpace, realEsrganSpace } from '../../src/degradation/space.ts';
import { defineTasks, taskOf } from '../../src/degradation/task.ts';

const tasks = defineTasks(realEsrganSpace);
const plain = (index: number, seed = 1) => sampleRecipe(realEsrganSpace, { seed, index, scale: 4 });

type Noise = Pick<NoiseOperation, 'type' | 'level' | 'channels'>;

interface StageChange {
  resizeScale?: number;
  noise?: Noise;
}

interface Change {
  scale?: number;
  first?: StageChange;
  second?: StageChange;
}

const noiseOf = (stage: number, noise: Noise): NoiseOperation => ({
  op: 'noise',
  stage,
  mix: [0, 0, 0, 0, 0, 0],
  vals: 0,
  ...noise,
});

/** Two stages of a resize and, where asked for, noise. */
function recipeWith({ scale = 4, first, second }: Change): Recipe {
  const operations = [first, second].flatMap((change, index): Operation[] => {
    const stage = index + 1;
    const factor = change?.resizeScale ?? 1;
    const of = index === 0 ? 'input' : 'lq';
    const noise = change?.noise ? [noiseOf(stage, change.noise)] : [];
    return [{ op: 'resize', stage, mode: 'area', of, factor }, ...noise];
  });
  return { ...plain(0), scale, operations };
}

const only = (index: number) => tasks[index] as Task;

test('the default grid has nine tasks with readable ids and the known natural masses', () => {
  assert.deepEqual(
    tasks.map((task) => task.id),
    ['small', 'medium', 'full'].flatMap((size) =>
      ['clean', 'noisy', 'very-noisy'].map((noise) => `${size}-${noise}`),
    ),
  );
  // Percent, measured independently with another generator and implementation (2 M draws).
  const known = [4.4, 7.6, 5.2, 3.9, 7.4, 6.5, 17.0, 29.2, 18.8];
  for (const [index, task] of tasks.entries()) {
    assert.ok(
      Math.abs(task.mass * 100 - (known[index] as number)) < 0.35,
      `${task.id} ${task.mass}`,
    );
  }
  const total = tasks.reduce((sum, task) => sum + task.mass, 0);
  assert.ok(Math.abs(total - 1) < 1e-12);
  assert.deepEqual(only(4).bounds, [
    { axis: 'bottleneck', min: 0.6, max: 0.85 },
    { axis: 'noise', min: 8, max: 16 },
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(tasks)), tasks);
});

test('folded severities follow their formulas', () => {
  const of = (name: string, change: Change) => axisNamed(name).of(recipeWith(change));
  assert.equal(
    of('bottleneck', { first: { resizeScale: 0.15 }, second: { resizeScale: 0.9 } }),
    0.6,
  );
  assert.equal(
    of('bottleneck', { first: { resizeScale: 0.5 }, second: { resizeScale: 0.7 } }),
    0.7,
  );
  assert.equal(of('bottleneck', { first: { resizeScale: 1.5 }, second: { resizeScale: 1.2 } }), 1);
  assert.equal(
    of('bottleneck', { scale: 2, first: { resizeScale: 0.25 }, second: { resizeScale: 1 } }),
    0.5,
  );
  const gaussian = { type: 'gaussian', level: 10, channels: 'colour' } as const;
  const poisson = { type: 'poisson', level: 2, channels: 'gray' } as const;
  const luma = (noise: Noise) => lumaNoise(noiseOf(1, noise));
  assert.ok(Math.abs(luma(gaussian) - 6.68) < 1e-12);
  assert.equal(luma({ ...gaussian, channels: 'gray' }), 10);
  // 255 * 2 * sqrt(0.45 / 256) = 21.3825...
  assert.ok(Math.abs(luma(poisson) - 21.38246) < 1e-4);
  assert.ok(Math.abs(luma({ ...poisson, channels: 'colour' }) - 14.28348) < 1e-4);
  assert.equal(lumaNoise(undefined), 0);
  const gray = (level: number): Noise => ({ type: 'gaussian', level, channels: 'gray' });
  const both = recipeWith({
    first: { noise: gray(16), resizeScale: 1 },
    second: { noise: gray(3) },
  });
  assert.equal(effectiveNoise(both), 5);
  const shrunk = recipeWith({
    first: { noise: gray(4), resizeScale: 0.2 },
    second: { noise: gray(3) },
  });
  assert.equal(effectiveNoise(shrunk), 5);
});

test('a value on a threshold belongs to the upper task', () => {
  const gray = (level: number): Noise => ({ type: 'gaussian', level, channels: 'gray' });
  const at = recipeWith({ second: { noise: gray(8) } });
  const below = recipeWith({ second: { noise: gray(7.999) } });
  assert.equal(taskOf(at, tasks).id, 'full-noisy');
  assert.equal(taskOf(below, tasks).id, 'full-clean');
  const edge = recipeWith({ second: { resizeScale: 0.6 } });
  assert.equal(taskOf(edge, tasks).id, 'medium-clean');
});

test('every draw is in exactly one task, for the default and for custom grids', () => {
  const custom = defineTasks(
    realEsrganSpace,
    { jpegQuality2: [60], noiseGray1: [0.5], finalSincOmega: [1.75] },
    { samples: 5000 },
  );
  assert.deepEqual(
    custom[0]?.id,
    'jpegQuality2-below-60-noiseGray1-below-0.5-finalSincOmega-below-1.75',
  );
  assert.equal(custom.length, 8);
  for (let index = 0; index < 5000; index++) {
    const recipe = plain(index);
    assert.equal(tasks.filter((task) => isInTask(recipe, task)).length, 1);
    assert.equal(custom.filter((task) => isInTask(recipe, task)).length, 1);
  }
});

test('no boundaries give one task that holds everything', () => {
  const [task, ...rest] = defineTasks(realEsrganSpace, {}, { samples: 100 });
  assert.deepEqual(rest, []);
  assert.deepEqual([task?.id, task?.mass], ['all', 1]);
});

test('masses depend on the scale and are the same every time', () => {
  const options = { samples: 5000 };
  const first = defineTasks(realEsrganSpace, undefined, options);
  assert.deepEqual(defineTasks(defineSpace(), undefined, options), first);
  // Pinned: another value means that equal seeds no longer give equal draws.
  assert.equal(only(0).mass, 0.04319);
  const half = defineTasks(realEsrganSpace, undefined, { ...options, scale: 2 });
  const small = (grid: Task[]) => grid.slice(0, 3).reduce((sum, task) => sum + task.mass, 0);
  assert.ok(small(half) > small(first) + 0.05);
});

test('unusable grids are refused with the reason', () => {
  const refused = (code: string, boundaries: Boundaries) =>
    assert.throws(() => defineTasks(realEsrganSpace, boundaries, { samples: 2000 }), { code });
  const many = Array.from({ length: 16 }, (_, i) => 31 + i);
  refused('E_TASK', { sharpness: [1] });
  refused('E_TASK', { noise: [8, 8] });
  refused('E_TASK', { noise: [Number.NaN] });
  refused('E_TASK', { jpegQuality1: many, jpegQuality2: many });
  refused('E_TASK_EMPTY', { noise: [1e6] });
});

test('a draw within a task falls into it, and a task of another space ends with E_TASK_EMPTY', () => {
  for (const task of tasks) {
    for (let index = 0; index < 50; index++) {
      const recipe = sampleRecipe(realEsrganSpace, { seed: 2, index, scale: 4, task });
      assert.ok(isInTask(recipe, task));
    }
  }
  const none: Task = { ...only(0), bounds: [{ axis: 'jpegQuality1', min: 100, max: null }] };
  assert.throws(() => sampleRecipe(realEsrganSpace, { seed: 2, index: 0, scale: 4, task: none }), {
    code: 'E_TASK_EMPTY',
  });
});

test('a plain draw that falls into the task is the draw of the task', () => {
  for (let index = 0; index < 200; index++) {
    const recipe = plain(index);
    const task = taskOf(recipe, tasks);
    assert.deepEqual(sampleRecipe(realEsrganSpace, { seed: 1, index, scale: 4, task }), recipe);
  }
});

/** Largest distance of two empirical distribution functions (two-sample Kolmogorov-Smirnov). */
function distance(a: number[], b: number[]): number {
  const values = [...a.map((v) => [v, 1 / a.length]), ...b.map((v) => [v, -1 / b.length])];
  values.sort((x, y) => (x[0] as number) - (y[0] as number));
  let sum = 0;
  let largest = 0;
  for (const [position, [value, step]] of values.entries()) {
    sum += step as number;
    if (values[position + 1]?.[0] !== value) largest = Math.max(largest, Math.abs(sum));
  }
  return largest;
}

test('quotas equal to the natural masses reproduce the plain distribution of every parameter', () => {
  const count = 20_000;
  const mixed: Recipe[] = [];
  for (const task of tasks) {
    const share = Math.round(task.mass * count);
    for (let index = 0; index < share; index++) {
      mixed.push(sampleRecipe(realEsrganSpace, { seed: 3, index: mixed.length, scale: 4, task }));
    }
  }
  const direct = Array.from({ length: count }, (_, index) => plain(index, 4));
  // P(distance > c sqrt(2 / n)) <= 2 exp(-2 c^2): 1e-5 at c = 2.47, for some forty axes.
  const limit = 2.47 * Math.sqrt(2 / count);
  for (const axis of axes) {
    const apart = distance(mixed.map(axis.of), direct.map(axis.of));
    assert.ok(apart < limit, `${axis.name}: ${apart}`);
  }
});
