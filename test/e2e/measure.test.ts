/** `evensr tasks measure`, and runs that measure or take a transfer matrix. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { atStep, Workbench } from './train-kit.ts';

const ids = ['bicubic', 'bd', 'dn'];
const space =
  'degradation.space={name: classic, kindProbabilities: {bicubic: 0.5, BD: 0.3, DN: 0.2}}';
const set = (...keys: string[]) => keys.flatMap((key) => ['--set', key]);
const last = 'step-00000010';

describe('evensr tasks measure', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
    const keys = set('training.steps=10', 'balance={rule: natural, references: null}', space);
    const { code, stderr } = await place.train('tiny.yaml', '-o', 'base', ...keys);
    assert.equal(code, 0, stderr);
  });
  after(() => place.remove());

  const read = (name: string) => readFileSync(place.path(name), 'utf8');
  const linesOf = (stdout: string) =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const kept = (run: string) =>
    Object.fromEntries(
      readdirSync(place.path(`${run}/checkpoints`), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(json|safetensors)$/.test(name))
        .map((name) => [name, place.sha256(`${run}/checkpoints/${name}`)]),
    );
  const emptyCache = () =>
    rmSync(place.path('cache/evensr/specialists'), { recursive: true, force: true });

  it('keeps references, the whole matrix, weights and a page', async () => {
    const small = ['--acceptance-steps', '20', '--acceptance-network', '{numFeat: 4, numConv: 1}'];
    const args = ['tasks', 'measure', 'base', '--steps', '30', ...small];
    const { code, stdout, stderr } = await place.run(...args, '--json');
    assert.equal(code, 0, stderr);
    const measured = linesOf(stdout).at(-1);
    assert.equal(measured.samples, 3 * (30 + 20) * 4);
    assert.equal(measured.trained, measured.samples);
    const { references } = JSON.parse(read(`base/checkpoints/${last}.references.json`));
    const { transfer, complete } = JSON.parse(read(`base/checkpoints/${last}.transfer.json`));
    assert.ok(complete);
    for (const { id, bicubic, reference, acceptance } of measured.tasks) {
      assert.deepEqual(Object.keys(transfer[id]).toSorted(), ids.toSorted());
      assert.equal(references[id], Math.max(transfer[id][id], bicubic));
      assert.equal(reference, references[id]);
      assert.equal(typeof acceptance, 'number');
    }
    // Specialists differ, each being trained on something else.
    assert.equal(new Set(ids.map((id) => transfer[id].dn)).size, 3);
    assert.ok(measured.seal.acceptanceRate >= 0 && measured.seal.acceptanceRate <= 1);
    assert.ok(existsSync(place.path(`base/checkpoints/${last}.acceptance/dn.safetensors`)));
    const page = read(`base/checkpoints/${last}.transfer.html`);
    assert.equal(page.match(/<td class="(gain|loss|even)/g)?.length, 9);
    const text = await place.run(...args);
    assert.match(text.stdout, /^specialist of +on 1 +on 2 +on 3$/m);
    assert.match(text.stdout, /^AR \d\.\d\d \([0-3] of 3 tasks\), mean RPR/m);
    assert.match(text.stdout, /^samples +600, 600 of them from the cache$/m);
  });

  it('scores a specialist as it was measured', async () => {
    const start = `network.weights=base/checkpoints/${last}.specialists/dn.safetensors`;
    const keys = set(
      'training.steps=1',
      'training.learningRate=1e-12',
      'training.schedule={type: cosine, minimum: 0}',
      start,
      space,
    );
    const balance = set('balance={rule: natural, references: null}', 'validation.every=1');
    const { code, stderr } = await place.train('tiny.yaml', '-o', 'again', ...keys, ...balance);
    assert.equal(code, 0, stderr);
    const [line] = linesOf(read('again/metrics.jsonl'));
    const { transfer } = JSON.parse(read(`base/checkpoints/${last}.transfer.json`));
    for (const id of ids)
      assert.ok(Math.abs(line.tasks[id].psnr - transfer.dn[id]) < 0.01, `${line.tasks[id].psnr}`);
  });

  it('goes on after a kill with the task that was not finished, and ends with the same bytes', async () => {
    const args = ['tasks', 'measure', 'killed', '--steps', '300', '--json'];
    cpSync(place.path('base'), place.path('killed'), { recursive: true });
    const first = place.begin(...args);
    await first.seen(({ event }) => event === 'specialist');
    first.child.kill('SIGKILL');
    await first.finished;
    const half = JSON.parse(read(`killed/checkpoints/${last}.references.json`));
    const done = Object.keys(half.references).length;
    assert.ok(!half.complete && done < 3, `${done} tasks were done`);
    const second = await place.run(...args);
    assert.equal(second.code, 0, second.stderr);
    const trained = linesOf(second.stdout).filter(({ event }) => event === 'specialist');
    assert.ok(trained.length < 3, 'what was finished is not trained again');
    emptyCache();
    cpSync(place.path('base'), place.path('whole'), { recursive: true });
    const whole = await place.run('tasks', 'measure', 'whole', '--steps', '300', '--json');
    assert.equal(whole.code, 0, whole.stderr);
    assert.deepEqual(kept('killed'), kept('whole'));
  });

  it('trains nothing twice, wherever it is asked from', async () => {
    emptyCache();
    const balance = (rule: string) =>
      `balance={rule: ${rule}, warmup: 10, every: 10, references: {specialistSteps: 10}}`;
    const events = (run: string, event: string) =>
      linesOf(read(`${run}/report.jsonl`)).filter((line) => line.event === event);
    const runs = ['quota', 'dro'];
    for (const rule of runs) {
      const keys = set('training.steps=20', balance(rule), space);
      const { code, stderr } = await place.train('tiny.yaml', '-o', rule, ...keys);
      assert.equal(code, 0, stderr);
    }
    // Both stand at the same weights after the warm-up, since both begin at the natural masses.
    const [first, second] = runs.map((run) => events(run, 'references')[0]);
    assert.deepEqual(
      [
        first.specialistSamples,
        first.trainedSamples,
        second.specialistSamples,
        second.trainedSamples,
      ],
      [120, 120, 120, 0],
    );
    assert.deepEqual(first.references, second.references);
  });

  it('refuses what makes no acceptance network', async () => {
    const bad = ['tasks', 'measure', 'base', '--acceptance-network'];
    const wrong = await place.run(...bad, '{numFeats: 4}');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /E_NETWORK: the acceptance network: network: .*numFeats/);
    const text = await place.run(...bad, 'small');
    assert.equal(text.code, 2);
    assert.match(text.stderr, /It must be a mapping/);
  });
});

describe('a run with the rule transfer-matrix', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
  });
  after(() => place.remove());

  const keys = (transfer: string) =>
    set(
      `balance={rule: transfer-matrix, warmup: 10, every: 10, references: null, transfer: ${transfer}}`,
      'training.steps=60',
      space,
    );
  const events = (run: string) =>
    readFileSync(place.path(`${run}/report.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === 'transfer');
  const same = (one: string, other: string) => {
    for (const file of ['metrics.jsonl', 'checkpoints/step-00000060.safetensors'])
      assert.equal(place.sha256(`${one}/${file}`), place.sha256(`${other}/${file}`), file);
  };

  it('measures now and then, and goes on exactly after stops and kills', async () => {
    const args = ['tiny.yaml', ...keys('{specialistSteps: 20, every: 20}')];
    const whole = await place.train(...args, '-o', 'whole');
    assert.equal(whole.code, 0, whole.stderr);
    assert.deepEqual(
      events('whole').map(({ step, specialistSamples }) => [step, specialistSamples]),
      [10, 30, 50].map((step) => [step, 3 * 20 * 4]),
    );
    const lines = readFileSync(place.path('whole/metrics.jsonl'), 'utf8').trim().split('\n');
    const shares = lines.map((line) => JSON.parse(line).tasks.dn.share);
    assert.ok(new Set(shares).size > 2, 'shares move');
    assert.ok('predictedGain' in JSON.parse(lines.at(-1) as string).tasks.dn);

    rmSync(place.path('cache/evensr/specialists'), { recursive: true });
    const first = place.start(...args, '-o', 'parts');
    await first.seen(({ event }) => event === 'specialist');
    first.child.kill('SIGINT'); // within the first measurement
    await first.finished;
    const second = place.start(...args, '-o', 'parts', '--auto-resume');
    await second.seen(atStep(36));
    second.child.kill('SIGKILL'); // between two measurements: the matrix is in the checkpoint
    await second.finished;
    const third = await place.train(...args, '-o', 'parts', '--auto-resume');
    assert.equal(third.code, 0, third.stderr);
    same('parts', 'whole');
  });

  it('takes the file of a measurement', async () => {
    const { code, stderr } = await place.train(
      'tiny.yaml',
      '-o',
      'given',
      ...keys('whole/transfer.json'),
    );
    assert.equal(code, 0, stderr);
    assert.deepEqual(events('given'), []);
    writeFileSync(place.path('odd.json'), '{}');
    const odd = await place.train('tiny.yaml', '-o', 'odd', ...keys('odd.json'));
    assert.equal(odd.code, 2);
    assert.match(odd.stderr, /E_TRANSFER: .*odd\.json: it was not written by tasks measure/);
    const none = await place.train('tiny.yaml', '-o', 'none', ...keys('null'));
    assert.equal(none.code, 2);
    assert.match(
      none.stderr,
      /transfer-matrix needs .* balance\.transfer: \{specialistSteps: 100\}/,
    );
  });

  it('plans the steps of its specialists', async () => {
    const plan = await place.train(
      'tiny.yaml',
      ...keys('{specialistSteps: 20, every: 20}'),
      '--dry-run',
    );
    assert.equal(plan.code, 0, plan.stderr);
    assert.equal(JSON.parse(plan.stdout).time.specialistSteps, 3 * 3 * 20);
  });
});
