import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { costOf } from '../../src/study/costs.ts';
import { hashOfParts, partsOf, stateOf } from '../../src/study/identity.ts';
import { holds, mergedKeys } from '../../src/study/merge.ts';
import { chosenRuns, planStudy, type StudyPlan, startsOf } from '../../src/study/plan.ts';
import { readScores, writeScores } from '../../src/study/scores-file.ts';
import { inSlots } from '../../src/study/slots.ts';
import { ConfigError } from '../../src/train/config-problem.ts';

const folder = mkdtempSync(join(tmpdir(), 'evensr-study-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const base = `
images: {train: photos}
network: {type: srvgg, numFeat: 8, numConv: 2}
training: {batchSize: 4, lqSize: 12, schedule: {type: cosine, minimum: 1e-5}}
balance: {gamma: 1}
`;

const study = `name: toy
base: base.yaml
images: {train: {samples: demo}, heldOut: held-out}
start: {steps: 14, seed: 3}
measure: {specialistSteps: 10}
arms:
  natural: {balance: {rule: natural}}
  quota: {balance: {rule: quota}}
  wide: {balance: {rule: natural}, network: {numFeat: 12}}
baseline: natural
seeds: [1, 2]
budgets: [20, 40]
`;

function plan(text = study, options: Parameters<typeof planStudy>[1] = {}): StudyPlan {
  writeFileSync(join(folder, 'base.yaml'), base);
  writeFileSync(join(folder, 'study.yaml'), text);
  return planStudy(join(folder, 'study.yaml'), { output: join(folder, 'out'), ...options });
}

function problems(text: string, options: Parameters<typeof planStudy>[1] = {}): string[] {
  try {
    plan(text, options);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return [error.message, ...error.details].map((line) => line.replaceAll(`${folder}/`, ''));
  }
  return assert.fail('nothing was refused');
}

describe('the plan of a study', () => {
  it('has a run for every arm, budget and seed, all arms of a seed together', () => {
    const { runs } = plan();
    assert.equal(runs.length, 12);
    assert.deepEqual(
      runs.slice(0, 6).map(({ id }) => id),
      [
        ...['natural/20-steps/seed-1', 'wide/20-steps/seed-1', 'quota/20-steps/seed-1'],
        ...['natural/40-steps/seed-1', 'wide/40-steps/seed-1', 'quota/40-steps/seed-1'],
      ],
    );
    assert.ok(runs.slice(0, 6).every(({ seed, config }) => seed === 1 && config.seed === 1));
    assert.deepEqual(new Set(runs.map(({ config }) => config.training.steps)), new Set([20, 40]));
  });

  it('lets every network begin with a start of its own', () => {
    const { starts, runs } = plan();
    assert.equal(starts.length, 2);
    for (const { arm, config } of runs) {
      assert.equal(config.network.weights, arm.start?.weights);
      assert.equal(arm.start?.config.network.numFeat, config.network.numFeat);
      assert.equal(arm.start?.config.training.steps, 14);
      assert.equal(arm.start?.config.seed, 3);
      assert.equal(arm.start?.config.balance.rule, 'natural');
    }
  });

  it('hands measured references to the rules that need them, and to no others', () => {
    const { runs, arms } = plan();
    const references = (name: string) =>
      runs.find(({ arm }) => arm.name === name)?.config.balance.references;
    const quota = arms.find(({ name }) => name === 'quota');
    assert.equal(references('quota'), quota?.start?.measured?.references);
    assert.notEqual(references('natural'), quota?.start?.measured?.references);
    const own = plan(
      study.replace('{rule: quota}', '{rule: quota, references: {specialistSteps: 50}}'),
    );
    assert.deepEqual(own.runs.find(({ arm }) => arm.name === 'quota')?.config.balance.references, {
      specialistSteps: 50,
    });
  });

  it('measures the starts that a rule or the baseline asks for', () => {
    const planned = plan();
    const measured = startsOf(planned, planned.runs).map(({ start, measure }) => [
      start.config.network.numFeat,
      measure?.specialistSteps ?? null,
    ]);
    assert.deepEqual(measured, [
      [8, 10],
      [12, null],
    ]);
    const wide = startsOf(planned, chosenRuns(planned, ['wide']));
    assert.deepEqual(
      wide.map(({ measure }) => measure),
      [null],
    );
  });

  it('begins at random, or with a file of weights, when the study says so', () => {
    const bare = study.replace(/measure.*\n/, '');
    const none = plan(bare.replace(/start:.*\n/, ''));
    assert.ok(none.runs.every(({ config }) => config.network.weights === null));
    const file = plan(
      bare.replace(/start:.*\n/, 'start: {weights: w.safetensors}\n').replace(/ {2}wide.*\n/, ''),
    );
    assert.ok(
      file.runs.every(({ config }) => config.network.weights === join(folder, 'w.safetensors')),
    );
  });

  it('takes the one arm of natural sampling for the baseline', () => {
    assert.equal(
      plan(study.replace(/ {2}wide.*\n/, '').replace('baseline: natural\n', '')).baseline,
      'natural',
    );
    assert.match(
      problems(study.replace('baseline: natural\n', ''))[0] ?? '',
      /^study\.yaml:6:1: baseline is missing: natural and wide have the rule natural/,
    );
  });

  it('chooses the runs that are asked for', () => {
    const chosen = chosenRuns(plan(), ['quota']);
    assert.ok(chosen.length === 4 && chosen.every(({ arm }) => arm.name === 'quota'));
    assert.throws(() => plan(study, { only: ['quote'] }), /the study has no arm quote/);
  });

  it('leaves out arms that cannot be trained only when others are asked for', () => {
    const text = study.replace('{rule: quota}', '{rule: qouta}');
    assert.match(
      problems(text)[0] ?? '',
      /^study\.yaml:8:27: balance\.rule: expected one of those below/,
    );
    const { leftOut, arms } = plan(text, { only: ['natural'] });
    assert.deepEqual(
      leftOut.map(({ arm }) => arm),
      ['quota'],
    );
    assert.equal(arms.length, 2);
  });
});

describe('what a run costs', () => {
  const text = study
    .replace('{rule: quota}', '{rule: quota, warmup: 10, every: 5}')
    .replace(
      '  wide',
      '  own: {balance: {rule: dro, warmup: 10, every: 5, references: {specialistSteps: 50}}}\n  wide',
    );
  const costs = (name: string, budget: number) => {
    const planned = plan(text);
    const run = planned.runs.find((one) => one.arm.name === name && one.budget === budget);
    assert.ok(run);
    return costOf(run, planned, { tasks: 9, seconds: 1 });
  };

  it('is its samples, and nothing else under a rule that decides once', () => {
    assert.deepEqual(costs('natural', 20), {
      ...{ samples: 80, specialistSamples: 0, probeImages: 0, seconds: 1 },
    });
  });

  it('holds the specialists of the start for a rule that needs them, and probes of its updates', () => {
    // Updates after steps 10, 15 and 20, with 24 probes of each task.
    assert.deepEqual(costs('quota', 20), {
      ...{ samples: 80, specialistSamples: 9 * 10 * 4, probeImages: 3 * 9 * 24, seconds: 1 },
    });
    assert.equal(costs('quota', 40).probeImages, 7 * 9 * 24);
  });

  it('holds the run that its rule follows', () => {
    const planned = plan(text);
    const [natural, , own] = planned.runs;
    assert.ok(natural && own);
    const of = { tasks: 9, seconds: 1 };
    const { specialistSamples } = costOf(own, planned, of);
    const following = costOf({ ...own, natural }, planned, of);
    assert.equal(following.specialistSamples, specialistSamples + natural.budget * 4);
  });

  it('holds specialists that the run measures itself', () => {
    assert.equal(costs('own', 20).specialistSamples, 9 * 50 * 4);
  });
});

describe('messages about a study', () => {
  const cases: [change: (text: string) => string, message: RegExp][] = [
    [
      (t) => t.replace('seeds: [1, 2]', 'seeds: [1, 1]'),
      /^study\.yaml:11:12: seeds: 1 is there twice/,
    ],
    [
      (t) => t.replace('start: {steps', 'start: {stpes'),
      /^study\.yaml:4:9: start\.stpes is not a key - did you mean start\.steps\?/,
    ],
    [
      (t) => t.replace('14, seed: 3', '0'),
      /start\.steps: expected an integer of at least 1, received 0/,
    ],
    [
      (t) => t.replace('start: {steps: 14, seed: 3}', 'start: {seed: 3}'),
      /start: expected either steps or weights, or none/,
    ],
    [
      (t) => t.replace('start: {steps: 14, seed: 3}', 'start: none'),
      /^study\.yaml:5:10: measure: needs a start/,
    ],
    [
      (t) => t.replace('{rule: quota}', '{rule: quota}, seed: 4'),
      /arms\.quota\.seed is not for an arm to say - give seeds of the study/,
    ],
    [
      (t) => t.replace('{numFeat: 12}', '{numFaet: 12}'),
      /^study\.yaml:9:46: network\.numFaet is not a key - did you mean network\.numFeat\?/,
    ],
    [
      (t) => t.replace('samples: demo', 'samples: demos'),
      /images\.train\.samples: expected one of test, demo, .*received "demos" - did you mean demo\?/,
    ],
    [
      (t) => t.replace('baseline: natural', 'baseline: nature'),
      /baseline: there is no arm nature - arms: natural, quota, wide/,
    ],
    [(t) => t.replace('quota:', '"a b":'), /^study\.yaml:8:3: arms\.a b: a name has letters/],
    [(t) => t.replace('base: base.yaml\n', ''), /base is missing - expected text/],
    [() => '', /^study\.yaml: is empty/],
    [() => '- 1', /^study\.yaml:1:1: is not a mapping/],
  ];
  for (const [change, message] of cases) {
    it(`say ${message.source.slice(0, 60)}`, () => {
      assert.match(problems(change(study)).join('\n'), new RegExp(message.source, 'm'));
    });
  }

  it('name the base for what stands there', () => {
    writeFileSync(join(folder, 'bad-base.yaml'), base.replace('gamma: 1', 'gamma: 11'));
    assert.match(
      problems(study.replace('base.yaml', 'bad-base.yaml'))[0] ?? '',
      /^bad-base\.yaml:5:18: balance\.gamma: expected a number from 0 to 10, received 11/,
    );
  });
});

describe('keys of an arm over those of the base', () => {
  it('merge groups and replace everything else', () => {
    const under = {
      training: { steps: 1, batchSize: 2 },
      balance: { constants: { eta: 1 }, gamma: 1 },
    };
    const over = { training: { steps: 5 }, balance: { constants: { mix: 2 } } };
    assert.deepEqual(mergedKeys(under, over), {
      training: { steps: 5, batchSize: 2 },
      balance: { constants: { mix: 2 }, gamma: 1 },
    });
  });

  it('replace a network or schedule of another type as a whole', () => {
    const under = {
      network: { numFeat: 8, numConv: 2 },
      training: { schedule: { type: 'cosine', minimum: 0 } },
    };
    const over = { network: { type: 'edsr' }, training: { schedule: { type: 'constant' } } };
    assert.deepEqual(mergedKeys(under, over), over);
    assert.deepEqual(mergedKeys(under, { network: { type: 'srvgg', numFeat: 4 } }).network, {
      ...{ type: 'srvgg', numFeat: 4, numConv: 2 },
    });
  });

  it('say what holds a path', () => {
    assert.ok(holds({ a: { b: 0 } }, ['a', 'b']));
    assert.ok(!holds({ a: { b: 0 } }, ['a', 'c']));
    assert.ok(!holds({ a: 1 }, ['a', 'toString']));
  });
});

describe('the identity of a run', () => {
  const config = () => {
    const [run] = plan().runs;
    assert.ok(run);
    return run.config;
  };
  const parts = (change: object = {}, files: Record<string, string | null> = { start: 'x' }) =>
    partsOf({ ...config(), ...change }, { train: 'p' }, files);

  it('is that of contents, not of names, paths and threads', () => {
    const { training, network, images } = config();
    const same = [
      { name: 'other' },
      { training: { ...training, threads: 3 } },
      { network: { ...network, weights: '/elsewhere' } },
      { images: { ...images, train: '/moved' } },
    ];
    for (const change of same) assert.equal(hashOfParts(parts(change)), hashOfParts(parts()));
    assert.notEqual(hashOfParts(parts({ seed: 9 })), hashOfParts(parts()));
    assert.equal(hashOfParts(parts({}, { start: 'x', other: null })), hashOfParts(parts()));
    assert.notEqual(hashOfParts(parts({}, { start: 'y' })), hashOfParts(parts()));
    assert.notEqual(
      hashOfParts(parts({ images: { ...images, flip: false } })),
      hashOfParts(parts()),
    );
  });

  it('tells new, begun and changed runs apart', () => {
    const run = { folder: join(folder, 'run'), file: join(folder, 'run.json'), steps: 20 };
    assert.deepEqual(stateOf(run, parts()), { kind: 'new' });
    writeFileSync(run.file, JSON.stringify(parts()));
    assert.deepEqual(stateOf(run, parts()), { kind: 'begun' });
    assert.deepEqual(stateOf(run, parts({ seed: 9 })), {
      kind: 'changed',
      changes: [{ key: 'config.seed', before: '1', now: '9' }],
    });
  });
});

describe('scores on the disk', () => {
  const scores = [
    { set: 'a', photo: 0, repetition: 0, psnrY: 25.5, ssimY: 0.5 },
    { set: 'a', photo: 1, repetition: 0, psnrY: Infinity, ssimY: 1, brisque: 3 },
  ];
  const of = { test: 't', weights: 'w' };

  it('come back as they were, for the same images and weights only', async () => {
    const file = join(folder, 'scores', 'a.jsonl');
    await writeScores(file, of, scores);
    assert.deepEqual(readScores(file, of), scores);
    assert.equal(readScores(file, { ...of, weights: 'v' }), undefined);
    assert.equal(readScores(file, { ...of, test: 'u' }), undefined);
    assert.equal(readScores(join(folder, 'none'), of), undefined);
  });

  it('are computed again when a line is lost', async () => {
    const file = join(folder, 'scores', 'b.jsonl');
    await writeScores(file, of, scores);
    writeFileSync(file, `${JSON.stringify({ version: 1, ...of, images: 2 })}\n`);
    assert.equal(readScores(file, of), undefined);
  });
});

describe('work in slots', () => {
  it('does so many at a time, and what waits for another after it', async () => {
    const over: string[] = [];
    let [now, most] = [0, 0];
    await inSlots(['b after a', 'a', 'c', 'd'], {
      slots: 2,
      ready: (item) => item !== 'b after a' || over.includes('a'),
      stopping: () => false,
      work: async (item) => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        over.push(item);
      },
    });
    assert.equal(most, 2);
    assert.equal(over.length, 4);
    assert.ok(over.indexOf('a') < over.indexOf('b after a'));
  });

  it('begins nothing when it is to stop, and rejects when all has ended', async () => {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      if (item === 1) throw new Error('one');
    };
    const options = { slots: 1, ready: () => true, work };
    await inSlots([1, 2], { ...options, stopping: () => true });
    assert.deepEqual(begun, []);
    const told: unknown[] = [];
    await assert.rejects(
      inSlots([1, 2], { ...options, stopping: () => false }, (error) => told.push(error)),
      /one/,
    );
    assert.deepEqual(begun, [1]);
    assert.equal(told.length, 1);
  });
});
