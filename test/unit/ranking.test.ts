import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { axes } from '../../src/degradation/axes.ts';
import { drawOne } from '../../src/degradation/draw.ts';
import { defineTasks } from '../../src/degradation/task.ts';
import { rankingToCsv } from '../../src/evaluate/ranking/csv.ts';
import { bestSplit, cellsOf, growGrid, taskCount } from '../../src/evaluate/ranking/grid.ts';
import { type RankOptions, rankAxes, type ScoredDraws } from '../../src/evaluate/ranking/rank.ts';
import { tasksYaml } from '../../src/evaluate/ranking/tasks-yaml.ts';
import { sourceNamed, spaceOfConfig } from '../../src/evaluate/setup.ts';
import { Random } from '../../src/rng.ts';

const options: RankOptions = {
  bins: 5,
  tasks: 9,
  permutations: 60,
  resamples: 60,
  seed: 0,
  known: { default: { bottleneck: [0.6, 0.85], noise: [8, 16] } },
};

const draws = 600;
const space = spaceOfConfig(sourceNamed('real-esrgan'));
const recipes = Array.from({ length: draws }, (_, i) => drawOne(new Random(7, 1, i), space, 4));
const columns = new Map(axes.map(({ name, of }) => [name, recipes.map(of)]));
const column = (axis: string) => columns.get(axis) as number[];
const photos = recipes.map((_, i) => i % 10);
const noise = recipes.map((_, i) => new Random(8, 1, i).uniform() - 0.5);

/** PSNR by bottleneck and noise in known steps, a gap by JPEG quality, photographs far apart. */
const planted: ScoredDraws = {
  columns,
  photos,
  scores: {
    psnr: recipes.map(
      (_, i) =>
        25 +
        3 * (photos[i] as number) +
        2 * Number((column('bottleneck')[i] as number) >= 0.7) -
        2 * Number((column('noise')[i] as number) >= 12) +
        (noise[i] as number),
    ),
    gap: recipes.map(
      (_, i) =>
        0.2 * Number((column('jpegQuality2')[i] as number) >= 60) + 0.1 * (noise[i] as number),
    ),
  },
};

describe('ranking the axes', () => {
  const ranking = rankAxes(planted, options);
  const named = (axis: string) => ranking.axes.find((own) => own.axis === axis);

  it('finds the planted ones for each score, whatever photographs add', () => {
    const top = ranking.axes.slice(0, 4).map(({ axis }) => axis);
    assert.ok(top.includes('bottleneck') && top.includes('noise'), top.join());
    const byGap = [...ranking.axes].sort(
      (a, b) => (b.capacity.gap?.eta2 ?? 0) - (a.capacity.gap?.eta2 ?? 0),
    );
    assert.equal(byGap[0]?.axis, 'jpegQuality2');
    assert.ok((named('jpegQuality2')?.capacity.psnr?.eta2 ?? 1) < 0.03);
    assert.ok(ranking.spread.psnr.within < 0.1 && ranking.spread.gap.within > 0.9);
  });

  it('finds the planted thresholds', () => {
    const psnr = named('bottleneck')?.capacity.psnr?.split;
    assert.ok(Math.abs((psnr?.threshold ?? 0) - 0.7) < 0.05, `${psnr?.threshold}`);
    const gap = named('jpegQuality2')?.capacity.gap?.split;
    assert.ok(Math.abs((gap?.threshold ?? 0) - 60) < 3, `${gap?.threshold}`);
    assert.ok((gap?.r2 ?? 0) > 0.75);
  });

  it('grows the planted grid, and cross-validates close to its fit', () => {
    const grown = ranking.grids.find(({ grownFor }) => grownFor === 'psnr');
    assert.deepEqual(Object.keys(grown?.boundaries ?? {}).sort(), ['bottleneck', 'noise']);
    assert.equal(grown?.tasks, 4);
    const { fitted, crossValidated } = grown?.r2.psnr ?? { fitted: 0, crossValidated: 0 };
    assert.ok(fitted > 0.85 && Math.abs(fitted - (crossValidated ?? 0)) < 0.05);
    const gap = grown?.r2.gap?.crossValidated ?? 1;
    assert.ok(gap < 0.03, `${gap}`);
    assert.ok((ranking.grids[0]?.r2.psnr?.fitted ?? 1) < fitted);
  });

  it('names axes of one value, and gives the same for the same seed', () => {
    assert.deepEqual([...ranking.constant].sort(), ['downscale', 'kind', 'noisePatch']);
    assert.deepEqual(rankAxes(planted, options), ranking);
  });

  it('writes a line an axis, every cell a number', () => {
    const [head = '', ...lines] = rankingToCsv(ranking).trimEnd().split('\r\n');
    assert.equal(lines.length, ranking.axes.length);
    for (const line of lines) {
      const [axis, ...cells] = line.split(',');
      assert.equal(cells.length, head.split(',').length - 1, axis);
      assert.ok(
        cells.every((cell) => Number.isFinite(Number(cell))),
        line,
      );
    }
  });
});

describe('a ranking without much to say', () => {
  it('overfits nothing: noise alone grows no grid that holds on other photographs', () => {
    const scores = { psnr: noise.map((value) => value + 30), gap: noise.map((value) => -value) };
    const { axes: ranked, grids } = rankAxes({ columns, photos, scores }, options);
    const hits = ranked.filter(({ capacity: { psnr } }) => psnr && psnr.eta2 > psnr.permuted.upper);
    assert.ok(hits.length <= 6, hits.map(({ axis }) => axis).join());
    for (const { r2 } of grids) assert.ok((r2.psnr?.crossValidated ?? 1) < 0.02);
  });

  it('leaves a gap out that does not vary', () => {
    const { scores, axes: ranked } = rankAxes(
      { ...planted, scores: { ...planted.scores, gap: planted.scores.gap.map(() => 0.1) } },
      options,
    );
    assert.deepEqual(scores, ['psnr']);
    assert.equal(ranked[0]?.capacity.gap, undefined);
  });

  it('refuses PSNR that does not vary, and too few draws', () => {
    const same = { ...planted.scores, psnr: photos.map((photo) => 20 + photo) };
    assert.throws(() => rankAxes({ ...planted, scores: same }, options), {
      code: 'E_RANK',
      message: /same PSNR/,
    });
    const few = { columns: new Map(), photos: [0, 1], scores: { psnr: [1, 2], gap: [1, 2] } };
    assert.throws(() => rankAxes(few, options), { code: 'E_RANK', message: /only 2 draws/ });
  });

  it('does without intervals and folds on one photograph', () => {
    const ranking = rankAxes({ ...planted, photos: photos.map(() => 0) }, options);
    assert.equal(ranking.photos, 1);
    assert.ok(ranking.axes.every(({ capacity }) => capacity.psnr?.interval === null));
    assert.ok(ranking.grids.every(({ r2 }) => r2.psnr?.crossValidated === null));
    assert.doesNotMatch(JSON.stringify(ranking), /NaN/);
  });
});

describe('grids', () => {
  it('number cells as defineTasks does: the last axis varies fastest', () => {
    const boundaries = { a: [1], b: [10, 20] };
    const small = new Map([
      ['a', [0, 0, 0, 1, 1, 2]],
      ['b', [0, 10, 25, 5, 19, 20]],
    ]);
    assert.equal(taskCount(boundaries), 6);
    assert.deepEqual([...cellsOf(boundaries, small, 6)], [0, 1, 2, 3, 4, 5]);
  });

  it('stop at the wanted number of tasks, each split worth 0.02', () => {
    const random = new Random(9, 1, 0);
    const some = () => Array.from({ length: draws }, () => random.uniform());
    const three = new Map([...'abc'].map((axis) => [axis, some()]));
    const sum = noise.map((_, i) =>
      [...three.values()].reduce((total, own) => total + (own[i] as number), 0),
    );
    for (const tasks of [2, 5, 9, 12]) {
      const { boundaries, splits } = growGrid(three, sum, { tasks });
      assert.ok(taskCount(boundaries) <= tasks && taskCount(boundaries) > tasks / 2);
      for (const [at, { r2 }] of splits.entries()) {
        assert.ok(r2 >= (splits[at - 1]?.r2 ?? 0) + 0.02);
      }
    }
  });

  it('make no task of less than 2 %, however much it would explain', () => {
    const a = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const isOdd = (i: number) => i >= 700 && i < 710;
    const b = a.map((value, i) => (isOdd(i) ? value - 0.6 : value));
    const scores = a.map((value, i) => Number(value >= 0.5) + 10 * Number(isOdd(i)));
    const both = new Map([
      ['a', a],
      ['b', b],
    ]);
    const { boundaries } = growGrid(both, scores, { tasks: 9 });
    const cells = cellsOf(boundaries, both, 1000);
    for (let cell = 0; cell < taskCount(boundaries); cell++) {
      assert.ok(cells.filter((own) => own === cell).length >= 20, `${cell}`);
    }
  });

  it('have no split of a constant', () => {
    assert.equal(bestSplit('kind', column('kind'), noise), null);
    assert.deepEqual(growGrid(new Map([['kind', column('kind')]]), noise, { tasks: 9 }).splits, []);
  });

  it('are written as a configuration takes them, whatever the notes hold', () => {
    const boundaries = { bottleneck: [0.6, 0.85], noise: [8] };
    const text = tasksYaml(boundaries, ['one\ntasks: {}', 'two']);
    assert.deepEqual(parse(text), { tasks: { boundaries } });
    assert.match(text, /^# one tasks: \{\}\n# two\n/);
    assert.equal(defineTasks(space, boundaries, { samples: 2000 }).length, 6);
  });
});
