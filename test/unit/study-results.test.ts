/** Results of studies made by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeGoal } from '../../src/study/results/goal.ts';
import { type ArmResult, type StudyResults, summariseStudy } from '../../src/study/results.ts';
import type { StudyInput } from '../../src/study/results-input.ts';
import { someStudy } from '../study-kit.ts';

const options = { resamples: 200, seed: 3 };

const armOf = (results: StudyResults, name: string, budget?: number): ArmResult =>
  results.arms.find(
    (arm) => arm.arm === name && (budget ?? arm.budget) === arm.budget,
  ) as ArmResult;

const near = (found: number | null | undefined, wanted: number, tolerance = 1e-9) =>
  assert.ok(Math.abs((found ?? Number.NaN) - wanted) <= tolerance, `${found} is not ${wanted}`);

/** Every number in it, wherever it stands. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(numbersIn);
}

/** The same but for the last bits, which the order of a sum may change. */
function assertAlike(found: unknown, wanted: unknown) {
  const rounded = (value: unknown) =>
    JSON.stringify(value, (_, one) => (typeof one === 'number' ? Number(one.toFixed(9)) + 0 : one));
  assert.equal(rounded(found), rounded(wanted));
}

describe('results of a study', () => {
  // Tasks clean and noisy at 25 and 26 dB, + 2 dB a photograph (0, 1, 2), + 0.01 dB a seed.
  const input = someStudy({
    gain: (arm, task) => (arm === 'natural' ? 0 : ([0.3, -0.05][task] ?? 0)),
  });
  const results = summariseStudy(input, options);
  const natural = armOf(results, 'natural');
  const other = armOf(results, 'other');

  it('have means over images, seeds and tasks', () => {
    const { psnrY, ssimY } = natural.measures;
    near(psnrY?.tasks.clean?.value, 27.01);
    near(psnrY?.macro.value, 27.51);
    near(ssimY?.macro.value, 27.51 / 40);
    assert.deepEqual(psnrY?.worst?.task, 'clean');
    near(psnrY?.worst?.value, 27.01);
    near(psnrY?.spread, 0.5);
    assert.equal(natural.measures.distance?.worst?.task, 'clean', 'the greatest distance');
    assert.equal(natural.measures.brisque, undefined);
    assert.deepEqual(
      natural.bySeed.map(({ seed }) => seed),
      [0, 1, 2],
    );
    near(natural.bySeed[2]?.macro, 27.52);
    assert.equal(psnrY?.tasks.clean?.images, 9);
  });

  it('weigh tasks by mass where they say so', () => {
    const tasks = input.tasks.map((task, at) => ({ ...task, mass: [0.8, 0.2][at] as number }));
    const weighted = armOf(summariseStudy({ ...input, tasks }, options), 'other');
    near(weighted.against?.measures.psnrY?.byMass.value, 0.8 * 0.3 - 0.2 * 0.05);
    near(weighted.against?.measures.psnrY?.macro.value, 0.125);
  });

  it('have gaps to the specialists, AR and RPR', () => {
    near(natural.gaps?.tasks.clean?.value, 0.39);
    near(natural.gaps?.mean.value, 0.39);
    near(other.gaps?.mean.value, 0.39 - 0.125);
    assert.equal(other.gaps?.largest?.task, 'noisy');
    near(other.gaps?.largest?.value, 0.44);
    assert.equal(other.gaps?.unsatisfactory, 1);
    assert.equal(natural.seal?.acceptance, 1);
    // (Q - Q_acc) / (Q_exc - Q_acc) = 0.11 / 0.5.
    near(natural.seal?.relative, 1 / (1 + Math.exp(-0.22)));
    assert.deepEqual(natural.seal?.accepted, ['clean', 'noisy']);
  });

  it('have no RPR of tasks whose lines lie together', () => {
    const close = {
      ...input,
      specialists: (input.specialists ?? []).filter(({ kind }) => kind === 'acceptance'),
    };
    const seal = armOf(summariseStudy(close, options), 'natural').seal;
    assert.equal(seal?.acceptance, 1);
    assert.equal(seal?.relative, null);
    const below = close.specialists.map((line) => ({
      ...line,
      scores: line.scores.map((score) => ({
        ...score,
        psnrY: score.psnrY + (line.task === 'clean' ? 1 : 0),
      })),
    }));
    const half = armOf(summariseStudy({ ...close, specialists: below }, options), 'natural').seal;
    assert.equal(half?.acceptance, 0.5);
    assert.deepEqual(half?.accepted, ['noisy']);
  });

  it('compare with bicubic, image by image', () => {
    near(natural.overBicubic.macro.value, 0.51);
    assert.equal(natural.better.macro, 1);
    const worse = someStudy({ gain: (arm, task) => (arm === 'other' && task === 0 ? -0.505 : 0) });
    const found = armOf(summariseStudy(worse, options), 'other');
    // Seed 0 is 0.005 dB below bicubic, seeds 1 and 2 are above.
    near(found.better.tasks.clean, 2 / 3);
    near(found.better.macro, 5 / 6);
  });

  it('hold transfer and costs', () => {
    assert.deepEqual(
      results.transfer?.rows.map(({ task }) => task),
      ['clean', 'noisy'],
    );
    near(results.transfer?.rows[1]?.psnr[0], 27 + 0.4 - 0.6);
    assert.deepEqual(other.cost, {
      samples: 1600,
      specialistSamples: 100,
      probeImages: 8,
      seconds: 60,
    });
  });

  it('pair images and seeds', () => {
    const { measures, goal, resampled } = other.against as NonNullable<ArmResult['against']>;
    near(measures.psnrY?.tasks.clean?.value, 0.3);
    near(measures.psnrY?.macro.value, 0.125);
    near(measures.psnrY?.macro.standardError, 0);
    near(resampled.lowest.value, -0.05);
    // The worst task changes from 27.01 to 27.01 + 0.3 or 28.01 - 0.05.
    near(resampled.worst.value, 0.3);
    near(resampled.worst.interval?.[0], 0.3);
    assert.equal(goal.macro.met, true);
    assert.equal(goal.tasks.met, false);
    assert.equal(goal.tasks.task, 'noisy');
    assert.equal(goal.bicubic.met, true);
    assert.equal(goal.met, false);
    assert.equal(resampled.support, 0);
    assert.equal(natural.against, null);
  });
});

describe('comparisons of a study', () => {
  const noise = { photo: 0.05, seed: 0.02, both: 0.02 };
  const study = someStudy({ arms: ['natural', 'a', 'b', 'c'], photos: 8, noise, repetitions: 2 });
  const results = summariseStudy(study, options);

  it('of the baseline with itself are 0', () => {
    const runs = study.runs.filter(({ arm }) => arm === 'natural');
    const twin = { name: 'twin', about: 'the same again' };
    const found = armOf(
      summariseStudy(
        {
          ...study,
          arms: [...study.arms.slice(0, 1), twin],
          runs: [...runs, ...runs.map((run) => ({ ...run, arm: 'twin' }))],
        },
        options,
      ),
      'twin',
    ).against;
    const { psnrY } = found?.measures ?? {};
    for (const { value, standardError, p } of [
      psnrY?.macro,
      psnrY?.byMass,
      psnrY?.tasks.clean,
    ].flatMap((one) => one ?? [])) {
      assert.deepEqual([value, standardError, p], [0, 0, 1]);
    }
    assert.deepEqual(found?.resampled.worst, { value: 0, interval: [0, 0] });
  });

  it('do not depend on the order of photographs, runs, scores, seeds or arms', () => {
    const count = study.photos.length;
    const moved = (photo: number) => (photo * 3 + 5) % count;
    const photos = [...study.photos];
    for (const [at, photo] of study.photos.entries()) photos[moved(at)] = photo;
    const move = (scores: StudyInput['bicubic']) =>
      scores.map((score) => ({ ...score, photo: moved(score.photo) })).reverse();
    const shuffled: StudyInput = {
      ...study,
      photos,
      seeds: study.seeds.toReversed(),
      arms: study.arms.toReversed(),
      bicubic: move(study.bicubic),
      start: study.start && move(study.start),
      specialists: (study.specialists ?? []).map((one) => ({ ...one, scores: move(one.scores) })),
      runs: study.runs.map((run) => ({ ...run, scores: move(run.scores) })).reverse(),
    };
    const found = summariseStudy(shuffled, options);
    for (const arm of results.arms) assertAlike(armOf(found, arm.arm), arm);
  });

  it('adjust p for the arms of a budget', () => {
    const arms = results.arms.filter(({ against }) => against);
    const raw = arms.map(({ against }) => against?.measures.psnrY?.macro.p as number);
    const adjusted = arms.map(({ against }) => against?.adjustedP as number);
    near(Math.min(...adjusted), Math.min(1, 3 * Math.min(...raw)));
    for (const [at, p] of adjusted.entries()) assert.ok(p >= (raw[at] as number));
  });

  it('bring the gain that was put in to within their error', () => {
    for (const { against } of results.arms.filter((arm) => arm.against)) {
      const { value, standardError } = against?.measures.psnrY?.macro ?? {};
      assert.ok(Math.abs((value as number) - 0.1) < 4 * (standardError as number));
      assert.ok((standardError as number) > 0.005);
    }
  });

  it('draw the same resamples from the same seed, others from another', () => {
    const again = summariseStudy(study, options);
    assert.deepEqual(again, results);
    const reseeded = summariseStudy(study, { ...options, seed: 4 });
    assert.notDeepEqual(
      armOf(reseeded, 'a').against?.resampled.worst.interval,
      armOf(results, 'a').against?.resampled.worst.interval,
    );
  });
});

describe('the goal', () => {
  const tasks = (...values: (number | null)[]) =>
    values.map((value, at) => ({ task: `t${at}`, value }));

  it('has three conditions, each at its limit', () => {
    const judge = (macro: number, lowest: number, bicubic: number) =>
      judgeGoal(macro, tasks(0.5, lowest), tasks(bicubic, 1)).met;
    assert.equal(judge(0.1, -0.02, 0.001), true);
    assert.equal(judge(0.0999, -0.02, 0.001), false);
    assert.equal(judge(0.1, -0.0201, 0.001), false);
    assert.equal(judge(0.1, -0.02, 0), false);
  });

  it('is unknown while what is known does not decide it', () => {
    assert.equal(judgeGoal(0.2, tasks(0.1, null), tasks(1, 1)).met, null);
    assert.equal(judgeGoal(0.2, tasks(-0.1, null), tasks(1, 1)).met, false);
    assert.equal(judgeGoal(null, [], []).met, null);
    assert.deepEqual(judgeGoal(0.2, tasks(0.1), tasks(-1)).lost, ['t0']);
  });
});

describe('results of degenerate studies', () => {
  const degenerate: Record<string, StudyInput> = {
    'one seed': someStudy({ seeds: [4] }),
    'one photograph': someStudy({ photos: 1 }),
    'one of both': someStudy({ photos: 1, seeds: [0] }),
    'no run': { ...someStudy(), runs: [] },
    'one task': someStudy({ tasks: ['only'] }),
    'no masses': { ...someStudy(), tasks: someStudy().tasks.map((task) => ({ ...task, mass: 0 })) },
    'no bicubic': { ...someStudy(), bicubic: [] },
    'nothing measured': { ...someStudy(), specialists: null, start: null },
    'a baseline that is no arm': { ...someStudy(), baseline: 'gone' },
    'scores of other sets': someStudy({ tasks: ['clean', 'noisy'] }),
  };
  (degenerate['scores of other sets'] as { tasks: unknown }).tasks = someStudy().tasks.slice(0, 1);

  for (const [name, input] of Object.entries(degenerate)) {
    it(`hold no NaN and say why: ${name}`, () => {
      const results = summariseStudy(input, options);
      for (const number of numbersIn(results)) assert.ok(Number.isFinite(number), name);
      assert.ok(
        name === 'one task' || name === 'no masses' || results.notes.length > 1,
        `${results.notes}`,
      );
    });
  }

  it('name errors that cannot be known', () => {
    const notes = (name: string) =>
      summariseStudy(degenerate[name] as StudyInput, options).notes.join('\n');
    assert.match(notes('one seed'), /There is one seed: errors are over photographs only/);
    assert.match(notes('one photograph'), /There is one photograph/);
    assert.match(notes('one of both'), /no error can be given/);
    assert.match(notes('no run'), /6 of 6 runs not finished: .* No run is finished yet/);
    assert.match(
      notes('nothing measured'),
      /No specialists were measured.*\nNo acceptance networks/,
    );
    assert.match(notes('a baseline that is no arm'), /The baseline gone is none of the arms/);
    assert.match(notes('scores of other sets'), /sets that are no tasks left out: noisy/);
  });

  it('compare on the seeds that both have, and say so', () => {
    const whole = someStudy();
    const runs = whole.runs.filter(({ arm, seed }) => arm !== 'natural' || seed !== 1);
    const results = summariseStudy({ ...whole, runs }, options);
    assert.deepEqual(armOf(results, 'other').against?.seeds, [0, 2]);
    assert.deepEqual(armOf(results, 'natural').missing, [1]);
    assert.match(
      results.notes.join('\n'),
      /1 of 6 runs not finished: natural at 100 steps \(seed 1\)/,
    );
    assert.match(results.notes.join('\n'), /compared with natural on seed 0, 2 only/);
  });

  it('leave infinite PSNR out of means and pairs, but not out of the share above bicubic', () => {
    const whole = someStudy();
    const runs = whole.runs.map((run) => ({
      ...run,
      scores: run.scores.map((score, at) =>
        at === 0 && run.arm === 'other' ? { ...score, psnrY: Number.POSITIVE_INFINITY } : score,
      ),
    }));
    const results = summariseStudy({ ...whole, runs }, options);
    const other = armOf(results, 'other');
    assert.equal(other.measures.psnrY?.tasks.clean?.left, 3);
    near(other.against?.measures.psnrY?.tasks.clean?.value, 0.1);
    assert.equal(other.better.macro, 1);
    assert.match(
      results.notes.join('\n'),
      /other at 100 steps: 3 images left out of its PSNR and 3 pairs/,
    );
    for (const number of numbersIn(results)) assert.ok(Number.isFinite(number));
  });

  it('have no mean over tasks without one of the tasks', () => {
    const whole = someStudy();
    const runs = whole.runs.map((run) => ({
      ...run,
      scores: run.scores.filter(({ set }) => set === 'clean' || run.arm === 'natural'),
    }));
    const results = summariseStudy({ ...whole, runs }, options);
    const other = armOf(results, 'other');
    assert.equal(other.measures.psnrY?.macro.value, null);
    assert.equal(other.measures.psnrY?.worst, null);
    assert.equal(other.against?.goal.met, null);
    assert.equal(other.against?.resampled.support, null);
    assert.match(results.notes.join('\n'), /no finite PSNR in noisy/);
  });
});
