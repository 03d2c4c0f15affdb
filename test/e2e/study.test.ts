import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { paintPhoto, Workbench } from './train-kit.ts';

const study = `
name: toy
base: tiny.yaml
images: {train: photos, heldOut: held-out}
start: {steps: 14}
measure: {specialistSteps: 10}
arms:
  natural: {balance: {rule: natural}}
  quota: {balance: {rule: quota, anchor: uniform}}
seeds: [1, 2]
budgets: [28]
test: {crop: 68, samples: 2}
resamples: 100
`;

const runs = ['natural', 'quota'].flatMap((arm) =>
  [1, 2].map((seed) => `${arm}/28-steps/seed-${seed}`),
);

/** JSON lines of a finished command. */
const documents = (stdout: string) =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('evensr study', { timeout: 600_000 }, () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    mkdirSync(place.path('held-out'));
    for (const number of [4, 5]) await paintPhoto(place.path(`held-out/${number}.png`), number, 20);
    writeFileSync(place.path('toy.yaml'), study);
  });
  after(() => place.remove());

  const run = (...args: string[]) => place.run('study', 'toy.yaml', ...args);
  const scoresOf = (id: string, output = 'toy') =>
    readFileSync(place.path(`${output}/scores/${id}.jsonl`), 'utf8');
  const variant = (name: string, change: (text: string) => string) =>
    writeFileSync(place.path(name), change(study));

  it('says what it will do, and does nothing', async () => {
    const { code, stdout } = await run('-o', 'toy', '--dry-run', '--json');
    assert.equal(code, 0);
    const [plan] = documents(stdout) as [
      { estimate: { runs: object; seconds: { total: number } } },
    ];
    assert.deepEqual(plan.estimate.runs, { total: 4, done: 0, changed: 0 });
    assert.ok(plan.estimate.seconds.total > 0);
    assert.ok(!existsSync(place.path('toy')));
  });

  it('goes on after a kill, and comes to the scores of a study that ran through', async () => {
    const killed = place.begin('study', 'toy.yaml', '-o', 'toy', '--json');
    await killed.seen(({ event }) => event === 'run');
    killed.child.kill('SIGKILL');
    const { signal } = await killed.finished;
    assert.equal(signal, 'SIGKILL');
    const done = killed.lines.filter(({ event }) => event === 'run').map(({ id }) => id as string);
    const times = () => done.map((id) => statSync(place.path(`toy/runs/${id}.yaml`)).mtimeMs);
    const before = times();

    const resumed = await run('-o', 'toy', '--json');
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(times(), before, 'what was done is left as it was');
    assert.deepEqual(documents(resumed.stdout).at(-1)?.runs, { total: 4, done: 4 });

    const through = await run('-o', 'through', '--jobs', '2', '--json');
    assert.equal(through.code, 0, through.stderr);
    for (const id of [...runs, 'bicubic', 'start'])
      assert.equal(scoresOf(id), scoresOf(id, 'through'), id);
    assert.notEqual(scoresOf(runs[0] as string), scoresOf(runs[1] as string));
    assert.ok(existsSync(place.path('toy/results/results.json')));
  });

  it('computes nothing that is done', async () => {
    const files = runs.flatMap((id) =>
      [`scores/${id}.jsonl`, `runs/${id}.yaml`].map((name) => place.path(`toy/${name}`)),
    );
    const times = () => files.map((file) => statSync(file).mtimeMs);
    const before = times();
    assert.equal((await run('-o', 'toy')).code, 0);
    assert.deepEqual(times(), before);
  });

  it('draws the same crops for a seed in every arm', () => {
    const config = (arm: string) =>
      readFileSync(place.path(`toy/runs/${arm}/28-steps/seed-1.yaml`), 'utf8');
    for (const arm of ['natural', 'quota']) assert.match(config(arm), /^seed: 1$/m);
    assert.match(config('quota'), /references: .*step-00000014\.references\.json/);
  });

  it('notices that a run was made of something else, and does it again when told', async () => {
    variant('changed.yaml', (text) => text.replace('anchor: uniform', 'anchor: uniform, gamma: 2'));
    const refused = await place.run('study', 'changed.yaml', '-o', 'toy');
    assert.equal(refused.code, 9);
    assert.match(
      refused.stderr,
      /quota\/28-steps\/seed-1 was made of something else: config\.balance\.gamma: 0\.5 -> 2/,
    );
    const before = scoresOf('quota/28-steps/seed-1');
    const kept = statSync(place.path('toy/runs/natural/28-steps/seed-1.yaml')).mtimeMs;
    const again = await place.run('study', 'changed.yaml', '-o', 'toy', '--redo');
    assert.equal(again.code, 0, again.stderr);
    assert.notEqual(scoresOf('quota/28-steps/seed-1'), before);
    assert.equal(statSync(place.path('toy/runs/natural/28-steps/seed-1.yaml')).mtimeMs, kept);
  });

  it('stops at Ctrl-C with the exit code of it, what is under way being saved', async () => {
    variant('long.yaml', (text) => text.replace('budgets: [28]', 'budgets: [100000]'));
    const running = place.begin('study', 'long.yaml', '-o', 'long', '--json');
    await running.seen(({ event }) => event === 'begun');
    running.child.kill('SIGINT');
    const { code, stdout } = await running.finished;
    assert.equal(code, 130);
    assert.equal(documents(stdout).at(-1)?.event, 'stopped');
  });

  it('goes on with the other arms when one cannot be trained', async () => {
    variant('failing.yaml', (text) =>
      text
        .replace('seeds: [1, 2]', 'seeds: [1]')
        .replace('anchor: uniform', 'anchor: {nothing: 1}'),
    );
    const { code, stdout } = await place.run('study', 'failing.yaml', '-o', 'failing', '--json');
    assert.equal(code, 4);
    const summary = documents(stdout).at(-1) as { failed: { id: string }[]; runs: object };
    assert.deepEqual(summary.runs, { total: 2, done: 1 });
    assert.deepEqual(
      summary.failed.map(({ id }) => id),
      ['quota/28-steps/seed-1'],
    );
  });

  it('refuses photographs that are both trained on and scored on', async () => {
    variant('leak.yaml', (text) => text.replace('train: photos', 'train: held-out'));
    const { code, stderr } = await place.run('study', 'leak.yaml', '-o', 'leak');
    assert.equal(code, 2);
    assert.match(
      stderr,
      /E_STUDY_IMAGES: 2 photographs of images\.heldOut are in images\.train too/,
    );
  });

  it('says where a mistake is, and what was meant', async () => {
    variant('bad.yaml', (text) =>
      text.replace('seeds: [1, 2]', 'sedes: [1, 2]').replace('budgets: [28]', 'budgets: [0]'),
    );
    const { code, stderr } = await place.run('study', 'bad.yaml');
    assert.equal(code, 2);
    assert.match(stderr, /bad\.yaml:10:1: sedes is not a key - did you mean seeds\?/);
    assert.match(
      stderr,
      /bad\.yaml:11:11: budgets\.0: expected an integer of at least 1, received 0/,
    );
    assert.match(stderr, /seeds is missing/);
    rmSync(place.path('bad.yaml'));
  });
});
