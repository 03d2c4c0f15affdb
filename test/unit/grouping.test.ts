import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GroupSchedule } from '../../src/balance/group-schedule.ts';
import { flaggedRecipes, groupRecipes, indicatorOf } from '../../src/balance/grouping.ts';
import { recipeShares } from '../../src/balance/rules/tgsr-recipes.ts';
import { packRecipes } from '../../src/degradation/pack.ts';
import type { Recipe } from '../../src/degradation/recipe.ts';
import { sampleRecipe } from '../../src/degradation/sample.ts';
import { defineSpace } from '../../src/degradation/space.ts';
import { defineTasks, taskOf } from '../../src/degradation/task.ts';
import { fixedDraws, groupDraws } from '../../src/train/grouping/draws.ts';
import { decisionsOf } from '../balance-kit.ts';

describe('the indicator', () => {
  it('is the mean loss after over the mean loss before', () => {
    assert.equal(indicatorOf([0.2, 0.4], [0.1, 0.2]), 0.5);
    assert.equal(indicatorOf([1, 3], [2, 2]), 1, 'a ratio of means, not a mean of ratios');
  });

  it('leaves out batches of which one loss is not finite, and is null without any', () => {
    assert.equal(indicatorOf([Number.NaN, 2, 4], [1, 1, Number.POSITIVE_INFINITY]), 0.5);
    assert.equal(indicatorOf([Number.NaN], [1]), null);
    assert.equal(indicatorOf([], []), null);
    assert.equal(indicatorOf([0], [0]), null);
  });

  it('flags the share with the lowest values, the first of equal ones', () => {
    const indicators = [0.9, 0.5, null, 0.7, 0.5, 1.2, 0.8, 0.6, 0.95, 0.7];
    assert.deepEqual(flaggedRecipes(indicators, 0.4), [1, 3, 4, 7]);
    assert.deepEqual(flaggedRecipes(indicators, 0.1), [1]);
    assert.deepEqual(flaggedRecipes([null, null], 1), []);
  });
});

describe('the grouping', () => {
  /** Gains by recipe and round: with fewer recipes to learn, each gains more. */
  const table: Record<number, readonly (number | null)[]> = {
    2: [0.9, 0, 0, 0],
    3: [0.7, 0.75, 0.5, 0],
    5: [0.1, 0.15, 0.5, 0.3],
    6: [null, null, null, null],
    9: [0.6, 0.81, 0, 0],
    11: [0, 0.05, 0.15, 0.2],
  };

  it('takes those above each threshold out and trains anew on the rest', async () => {
    const asked: [readonly number[], number][] = [];
    const rounds = await groupRecipes(
      [2, 3, 5, 6, 9, 11],
      [0.8, 0.6, 0.4, 0.2],
      async (left, round) => {
        asked.push([left, round]);
        return left.map((recipe) => table[recipe]?.[round] ?? null);
      },
    );
    assert.deepEqual(
      rounds?.map(({ group }) => group),
      [[2], [3, 9], [5], []],
    );
    assert.deepEqual(asked, [
      [[2, 3, 5, 6, 9, 11], 0],
      [[3, 5, 6, 9, 11], 1],
      [[5, 6, 11], 2],
      [[6, 11], 3],
    ]);
    assert.deepEqual(rounds?.[2]?.gains, [0.5, null, 0.15]);
  });

  it('trains once where nothing leaves, stops where nothing is left', async () => {
    let trainings = 0;
    const gainsOf = async (left: readonly number[]) => {
      trainings++;
      return left.map(() => 0.5);
    };
    const rounds = await groupRecipes([4, 7], [0.8, 0.6, 0.4, 0.2], gainsOf);
    assert.equal(trainings, 1);
    assert.deepEqual(
      rounds?.map(({ group }) => group),
      [[], [], [4, 7]],
    );
    assert.deepEqual(await groupRecipes([], [0.8], gainsOf), []);
    assert.equal(await groupRecipes([1], [0.8], async () => undefined), undefined);
  });
});

describe('the order of groups and recipes', () => {
  const sizes = [1, 3, 14];

  it('has exact counts at every length', () => {
    const schedule = new GroupSchedule(7, sizes);
    const groups = sizes.map(() => 0);
    const members = sizes.map((size) => new Array<number>(size).fill(0));
    for (let sample = 0; sample < 3 * 14 * 6; sample++) {
      const { group, member, ordinal } = schedule.at(sample);
      assert.equal(ordinal, groups[group]);
      groups[group] = (groups[group] as number) + 1;
      const counts = members[group] as number[];
      counts[member] = (counts[member] as number) + 1;
      for (const each of [groups, ...members]) {
        assert.ok(Math.max(...each) - Math.min(...each) <= 1, `${each} after ${sample + 1}`);
      }
    }
    assert.deepEqual(groups, [84, 84, 84]);
    assert.deepEqual(members, [[84], [28, 28, 28], new Array(14).fill(6)]);
  });

  it('depends on seed and number alone, and is another one in every round', () => {
    const orders = Array.from({ length: 84 }, (_, sample) =>
      new GroupSchedule(7, sizes).at(sample),
    );
    const schedule = new GroupSchedule(7, sizes);
    const backwards = orders.map((_, i) => schedule.at(83 - i)).toReversed();
    assert.deepEqual(backwards, orders);
    const other = new GroupSchedule(8, sizes);
    assert.notDeepEqual(
      orders.map((_, sample) => other.at(sample)),
      orders,
    );
    const members = orders.filter(({ group }) => group === 2).map(({ member }) => member);
    assert.notDeepEqual(members.slice(0, 14), members.slice(14));
  });
});

describe('draws of fixed recipes', () => {
  const space = defineSpace();
  const recipes = Array.from({ length: 4 }, (_, index) =>
    sampleRecipe(space, { seed: 3, index, scale: 4 }),
  );
  const withoutKeys = ({ seed: _, graySeed: __, ...rest }: Recipe) => rest;

  it('keep every parameter and give every sample a noise of its own', () => {
    const draw = fixedDraws(recipes, { space, seed: 5 });
    const drawn = Array.from({ length: 12 }, (_, sample) => draw(sample));
    assert.equal(new Set(drawn.map(({ seed }) => seed.join())).size, 12);
    for (const recipe of recipes) {
      const same = drawn.filter(
        (one) => JSON.stringify(withoutKeys(one)) === JSON.stringify(withoutKeys(recipe)),
      );
      assert.equal(same.length, 3);
    }
    assert.deepEqual(
      packRecipes([draw(7)]),
      packRecipes([fixedDraws(recipes, { space, seed: 5 })(7)]),
    );
  });

  it('of a bank of noise take another piece of the same patch, within it', () => {
    const bank = { count: 9, size: 40, window: 12, sha256: '' };
    const realSr = defineSpace('realsr', {
      downscaleProbabilities: { bicubic: 1, kernel: 0 },
      noiseBank: bank,
    });
    const [recipe] = [sampleRecipe(realSr, { seed: 1, index: 0, scale: 4 })];
    const draw = fixedDraws([recipe], { space: realSr, seed: 5 });
    const pieces = Array.from({ length: 50 }, (_, sample) =>
      draw(sample).operations.find(({ op }) => op === 'inject'),
    );
    const own = recipe.operations.find(({ op }) => op === 'inject');
    assert.ok(own?.op === 'inject');
    assert.ok(pieces.every((piece) => piece?.op === 'inject' && piece.patch === own.patch));
    const tops = pieces.map((piece) => (piece?.op === 'inject' ? piece.top : -1));
    assert.ok(Math.min(...tops) >= 0 && Math.max(...tops) <= 28 && new Set(tops).size > 10);
  });

  it('give the whole space its share, in the natural masses of its tasks', () => {
    const tasks = defineTasks(space, { noise: [12] });
    const groups = [recipes.slice(0, 1), recipes.slice(1)];
    const draw = groupDraws(groups, { space, tasks, seed: 5, scale: 4 });
    const samples = Array.from({ length: 900 }, (_, sample) => draw(sample));
    const fixed = new Set(recipes.map((recipe) => JSON.stringify(withoutKeys(recipe))));
    const whole = samples.filter((one) => !fixed.has(JSON.stringify(withoutKeys(one))));
    assert.equal(whole.length, 300);
    for (const { id, mass } of tasks) {
      const count = whole.filter((one) => taskOf(one, tasks).id === id).length;
      assert.ok(Math.abs(count - 300 * mass) < 1, `${count} of ${id}, mass ${mass}`);
    }
  });
});

describe('tgsr-recipes', () => {
  it('asks for the shares that follow from the groups', () => {
    // One group of a alone, one of 1 a and 3 c; the space: .5, .3, .2.
    const wanted = [(0.5 + 1 + 0.25) / 3, 0.3 / 3, (0.2 + 0.75) / 3];
    assert.deepEqual(
      recipeShares(
        [
          [2, 0, 0],
          [1, 0, 3],
        ],
        [0.5, 0.3, 0.2],
      ),
      wanted,
    );
    const tasks = [
      { id: 'a', mass: 5 },
      { id: 'b', mass: 3 },
      { id: 'c', mass: 2 },
    ];
    const [decision] = decisionsOf(
      tasks,
      { rule: 'tgsr-recipes', groups: [{ a: 2 }, { a: 1, c: 3 }] },
      [],
    );
    for (const [task, share] of wanted.entries()) {
      assert.ok(Math.abs((decision?.shares[task] as number) - share) < 1e-12);
    }
  });
});
