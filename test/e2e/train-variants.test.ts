/** What a run can be besides the default: other rules, batch-wide draws, sharpened targets, MSRResNet. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { sampleCompat } from '../../src/degradation/compat.ts';
import { pooledSamples } from '../../src/degradation/pool.ts';
import { realEsrganSpace } from '../../src/degradation/space.ts';
import { defineTasks, taskOf } from '../../src/degradation/task.ts';
import { atStep, Workbench } from './train-kit.ts';

interface TaskLine {
  share: number;
  lossWeight: number;
  loss: number | null;
  requested?: number;
  realised?: number;
}

const steps = 12;
const batchSize = 4;

describe('variants of a training run', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
  });
  after(() => place.remove());

  /** Tasks of the first and the last line of the metrics of a short run. */
  async function train(name: string, ...keys: string[]) {
    const set = [`training.steps=${steps}`, 'validation.every=100', ...keys];
    const flags = set.flatMap((key) => ['--set', key]);
    const { code, stderr } = await place.run('train', 'tiny.yaml', '-o', name, '--json', ...flags);
    assert.equal(code, 0, stderr);
    const text = readFileSync(place.path(`${name}/metrics.jsonl`), 'utf8')
      .trim()
      .split('\n');
    const tasks = (line: string | undefined) =>
      JSON.parse(line ?? '').tasks as Record<string, TaskLine>;
    return { first: tasks(text[0]), last: tasks(text.at(-1)) };
  }

  const sumOf = (tasks: Record<string, TaskLine>, value: (task: TaskLine) => number) =>
    Object.values(tasks).reduce((sum, task) => sum + value(task), 0);

  it('loss-weight keeps the samples at the anchor and moves the weights, whose mean stays 1', async () => {
    const balance =
      'balance={rule: loss-weight, warmup: 5, every: 5, references: {specialistSteps: 10}}';
    const { first, last } = await train('loss-weight', balance);
    for (const [id, task] of Object.entries(last)) assert.equal(task.share, first[id]?.share, id);
    assert.ok(Object.values(first).every(({ lossWeight }) => lossWeight === 1));
    assert.ok(Object.values(last).some(({ lossWeight }) => Math.abs(lossWeight - 1) > 1e-3));
    const mean = sumOf(last, ({ share, lossWeight }) => share * lossWeight);
    assert.ok(Math.abs(mean - 1) < 1e-9, `${mean}`);
  });

  it('uniform gives every task the same number of samples', async () => {
    const { last } = await train('uniform', 'balance.rule=uniform');
    const share = (steps * batchSize) / Object.keys(last).length;
    for (const [id, { realised }] of Object.entries(last))
      assert.ok(Math.abs((realised as number) - share) < 1, `${id}: ${realised}`);
    assert.equal(
      sumOf(last, ({ realised }) => realised as number),
      steps * batchSize,
    );
  });

  const compat = [
    'degradation={compat: real-esrgan, poolSize: 8, margin: 1}',
    'balance.rule=natural',
  ];

  it('compat real-esrgan trains on batches mixed in a pool and requests none', async () => {
    const { last } = await train('compat', ...compat);
    const seen = Object.values(last).filter(({ loss }) => loss !== null);
    assert.ok(seen.length > 1, 'losses of the tasks that the batches fell into');
    for (const { requested } of Object.values(last)) assert.equal(requested, undefined);
    const realised = Object.entries(last).map(([id, task]) => [id, task.realised]);
    assert.deepEqual(Object.fromEntries(realised), tasksThroughPool());
  });

  /** How many samples of each task the run above has trained. */
  function tasksThroughPool(): Record<string, number> {
    const tasks = defineTasks(realEsrganSpace, undefined, { scale: 4 });
    const counts = Object.fromEntries(tasks.map(({ id }) => [id, 0]));
    for (let batch = 0; batch < steps; batch++) {
      for (const index of pooledSamples({ seed: 0, batchSize, poolSize: 8 }, batch)) {
        const recipe = sampleCompat(realEsrganSpace, { seed: 0, index, batchSize, scale: 4 });
        const { id } = taskOf(recipe, tasks);
        counts[id] = (counts[id] as number) + 1;
      }
    }
    return counts;
  }

  it('compat real-esrgan goes on after a stop with the pairs that its pool held', async () => {
    const set = ['training.steps=24', 'checkpoint.every=24', ...compat];
    const args = ['tiny.yaml', ...set.flatMap((key) => ['--set', key])];
    const whole = await place.train(...args, '-o', 'whole');
    assert.equal(whole.code, 0, whole.stderr);
    const first = place.start(...args, '-o', 'parts');
    await first.seen(atStep(6));
    first.child.kill('SIGINT');
    await first.finished;
    const stopped = place.checkpoints('parts').at(-1) ?? '';
    assert.match(stopped, /step-000000(0[6-9]|1\d|2[0-3])\./, 'stopped with a full pool');
    const second = await place.train(...args, '-o', 'parts', '--auto-resume');
    assert.equal(second.code, 0, second.stderr);
    for (const file of ['metrics.jsonl', 'checkpoints/step-00000024.safetensors'])
      assert.equal(place.sha256(`parts/${file}`), place.sha256(`whole/${file}`), file);
  });

  it('trains a network on severities, in parts and bfloat16, and goes on after a stop to the bit', async () => {
    const set = [
      'network={type: srvgg, numFeat: 32, numConv: 1, conditioning: {severities: [noise, bottleneck]}}',
      'training.steps=24',
      'training.accumulate=2',
      'training.precision=bfloat16',
      'checkpoint.every=24',
      'balance.rule=natural',
    ];
    const args = ['tiny.yaml', ...set.flatMap((key) => ['--set', key])];
    const whole = await place.train(...args, '-o', 'severe');
    assert.equal(whole.code, 0, whole.stderr);
    const first = place.start(...args, '-o', 'severe-parts');
    await first.seen(atStep(6));
    first.child.kill('SIGINT');
    await first.finished;
    const stopped = place.checkpoints('severe-parts').at(-1) ?? '';
    assert.match(stopped, /step-000000(0[6-9]|1\d|2[0-3])\./);
    const second = await place.train(...args, '-o', 'severe-parts', '--auto-resume');
    assert.equal(second.code, 0, second.stderr);
    for (const file of ['metrics.jsonl', 'checkpoints/step-00000024.safetensors'])
      assert.equal(place.sha256(`severe-parts/${file}`), place.sha256(`severe/${file}`), file);
    const told = await place.run('model', 'inspect', 'severe');
    assert.match(
      told.stdout,
      /conditioning \{filters 16, hidden 32, severities \["noise","bottleneck"\]\}/,
    );
    assert.match(told.stdout, /and at statistics of the whole picture/);
    for (const format of ['safetensors', 'pth', 'onnx']) {
      const exported = await place.run(
        'export',
        '-m',
        'severe',
        '-o',
        'severe-files',
        '--format',
        format,
      );
      assert.equal(exported.code, 0, exported.stderr);
    }
  });

  it('trains MSRResNet on sharpened targets with another loss, schedule and JPEG', async () => {
    const { last } = await train(
      'msrresnet',
      'network={type: msrresnet, numFeat: 8, numBlock: 1}',
      'degradation={usm: true, jpegBackend: libjpeg, margin: 1}',
      'training.loss.type=charbonnier',
      'training.schedule={type: multistep, milestones: [4, 8]}',
      'balance.rule=natural',
    );
    assert.ok(Object.values(last).some(({ loss }) => loss !== null && Number.isFinite(loss)));
  });

  it('trains RRDBNet x2 and EDSR x3; both upscale an odd picture, natively and as ONNX alike', async () => {
    const networks = {
      rrdbnet: ['scale=2', 'network={type: rrdbnet, numFeat: 4, numBlock: 1, numGrowCh: 2}'],
      edsr: ['scale=3', 'network={type: edsr, numFeat: 4, numBlock: 1, resScale: 0.1}'],
    };
    const odd = place.path('odd.png');
    await sharp(place.path('photos/1.png')).resize(53, 47).png().toFile(odd);
    for (const [name, keys] of Object.entries(networks)) {
      const { last } = await train(name, ...keys, 'balance.rule=natural');
      assert.ok(Object.values(last).some(({ loss }) => loss !== null && Number.isFinite(loss)));
      const exported = await place.run('export', '-m', name, '-o', `${name}-files`, '--name', name);
      assert.equal(exported.code, 0, exported.stderr);
      const files = readdirSync(place.path(`${name}-files`));
      assert.equal(files.length, 2);
      const pixels = await Promise.all(
        files.map(async (file) => {
          const out = `${name}-${file}-out`;
          const args = ['upscale', '-m', `${name}-files/${file}`, '-i', odd, '-o', out];
          const upscaled = await place.run(...args);
          assert.equal(upscaled.code, 0, upscaled.stderr);
          const { data, info } = await sharp(place.path(`${out}/odd.png`))
            .raw()
            .toBuffer({ resolveWithObject: true });
          const scale = name === 'edsr' ? 3 : 2;
          assert.deepEqual([info.width, info.height], [53 * scale, 47 * scale]);
          return data;
        }),
      );
      const [one, other] = pixels as [Buffer, Buffer];
      assert.ok(one.every((value, i) => Math.abs(value - (other[i] as number)) <= 1));
    }
  });
});
