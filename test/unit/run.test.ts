/** What a run does when the numbers of a step go wrong. The trainer, the folder and the balancer are played. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BalancerState } from '../../src/balance/balancer.ts';
import type { StepResult } from '../../src/native.ts';
import type { TrainBatch } from '../../src/train/batches.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { parseConfig } from '../../src/train/config.ts';
import { newGuard } from '../../src/train/guard.ts';
import { Run, type RunParts } from '../../src/train/run.ts';
import { emptyWindow } from '../../src/train/window.ts';

const config = parseConfig('images: {train: /photos}', {
  origin: 'run.yaml',
  folder: '/',
  set: ['training.maxSkips=3', 'training.learningRate=0.01', 'training.schedule={type: constant}'],
});

const saved: Checkpoint = {
  network: { type: 'srvgg', scale: 4, numFeat: 2, numConv: 1, init: 'he' },
  state: {
    step: 5,
    optimizerSteps: 5,
    evensr: '1.2.3',
    identity: 'a',
    photos: 'b',
    settled: true,
    balancer: { saved: true } as unknown as BalancerState,
    references: null,
    guard: newGuard,
    window: emptyWindow,
    best: null,
  },
  blocks: { params: [], ema: [], m: [], v: [] },
  buffers: [],
  discriminator: null,
};

const batch = {
  taskIds: ['clean', 'noisy'],
  crops: Int32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
} as unknown as TrainBatch;

const good = (loss: number): StepResult => ({
  losses: Float64Array.of(loss, loss),
  parts: {},
  gradientNorm: 1,
  discriminatorGradientNorm: Number.NaN,
  nonFinite: null,
  milliseconds: 1,
});
const bad = (nonFinite: string, ...losses: number[]): StepResult => ({
  losses: Float64Array.from(losses),
  parts: {},
  gradientNorm: Number.NaN,
  discriminatorGradientNorm: Number.NaN,
  nonFinite,
  milliseconds: 1,
});
const badLoss = () => bad('loss of sample 1', 0.1, Number.NaN);

function play(checkpoint: Checkpoint | null = saved) {
  const warnings: string[] = [];
  const reports: Record<string, unknown>[] = [];
  const calls: string[] = [];
  const parts = {
    config,
    folder: {
      resumed: checkpoint ?? undefined,
      checkpoints: { newest: async () => checkpoint ?? undefined },
      report: (event: string, details: object) => reports.push({ event, ...details }),
    },
    log: { rewind: (step: number) => calls.push(`rewind ${step}`) },
    observer: { warn: (code: string, text: string) => warnings.push(`${code} ${text}`) },
    trainer: {
      tensors: () => [],
      getState: () => new Float32Array(),
      setState: (block: string) => calls.push(`set ${block}`),
      buffers: () => [],
      getBuffers: () => new Float32Array(),
      setBuffers: () => {},
      setStepCount: (count: number) => calls.push(`count ${count}`),
    },
    discriminator: null,
    batches: { restart: async () => calls.push('restart') },
    photoNames: ['a.png', 'b.png'],
    makeBalancer: () => ({
      rule: { needs: [] },
      record: (ids: string[]) => calls.push(`record ${ids}`),
      restore: () => calls.push('restore balancer'),
    }),
  } as unknown as RunParts;
  return { run: new Run(parts), warnings, reports, calls };
}

describe('a step that is not finite', () => {
  it('changes nothing but its count, and is told with task, photograph and tensor', async () => {
    const { run, warnings, reports, calls } = play();
    run.window = { loss: 1, gradientNorm: 2, count: 3 };
    await run.accept(812, batch, badLoss());
    assert.deepEqual(calls, [], 'neither the balancer nor the trainer was touched');
    assert.deepEqual(run.window, { loss: 1, gradientNorm: 2, count: 3 });
    assert.deepEqual([run.step, run.guard.inRow, run.guard.skipped], [812, 1, 1]);
    const text =
      'step 812 task noisy (a.png): loss of sample 1 is not finite - step skipped (1 of 3)';
    assert.deepEqual(warnings, [`W_NONFINITE ${text}`]);
    const [report] = reports;
    assert.deepEqual([report?.step, report?.samples], [812, ['noisy (a.png)']]);
  });

  it('names the whole batch when the gradient is at fault', async () => {
    const { run, warnings } = play();
    await run.accept(1, batch, bad('gradient of conv3.weight', 0.1, 0.1));
    assert.match(
      warnings[0] ?? '',
      /step 1 task clean \(b\.png\), noisy \(a\.png\): gradient of conv3\.weight is not finite/,
    );
  });

  it('sends the run back to its checkpoint once, with half the learning rate, then stops it', async () => {
    const { run, warnings, calls } = play();
    const rate = run.learningRate(9);
    for (const step of [8, 9, 10]) await run.accept(step, batch, badLoss());
    assert.deepEqual(calls, [
      ...['set params', 'set ema', 'set m', 'set v', 'count 5'],
      ...['restore balancer', 'restart', 'rewind 5'],
    ]);
    assert.equal(run.step, 5);
    assert.equal(run.learningRate(9), rate / 2);
    assert.match(warnings.at(-1) ?? '', /^W_ROLLBACK 3 steps in a row .* back to step 5/);
    for (const step of [6, 7]) await run.accept(step, batch, badLoss());
    await assert.rejects(run.accept(8, batch, badLoss()), {
      code: 'E_DIVERGED',
      exitCode: 8,
      message: /stopped at step 8, checkpoint 5 is good/,
      hint: /learningRate/,
    });
  });

  it('stops the run when there is nothing to go back to', async () => {
    const { run } = play(null);
    for (const step of [1, 2]) await run.accept(step, batch, badLoss());
    await assert.rejects(run.accept(3, batch, badLoss()), {
      code: 'E_DIVERGED',
      message: /no checkpoint to go back to .* no checkpoint was saved/,
    });
  });
});

describe('a loss far above its median', () => {
  it('is an alarm, and training goes on', async () => {
    const { run, warnings, reports } = play();
    for (let step = 1; step <= 30; step++) await run.accept(step, batch, good(0.1));
    await run.accept(31, batch, good(11));
    await run.accept(32, batch, good(11));
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0] ?? '',
      /^W_DIVERGENCE step 31: the loss is 11\.0, the median .* 0\.100 - training goes on/,
    );
    assert.equal(reports.length, 1);
    assert.equal(run.step, 32);
  });
});

describe('a step', () => {
  it('has the batch of the next one begun before it runs itself, and the last has none after it', async () => {
    const { run, calls } = play();
    const { batches, trainer, config } = run.parts;
    batches.take = async (step) => {
      calls.push(`take ${step}`);
      return { ...batch, pairs: { milliseconds: 1, dispose: () => {} } } as unknown as TrainBatch;
    };
    batches.prepare = (step) => void calls.push(`prepare ${step}`);
    trainer.step = async () => {
      calls.push('train');
      return good(0.1);
    };
    run.balancer.lossWeights = () => undefined;
    const last = config.training.steps;
    await run.update(7, await run.take(7));
    await run.take(last);
    assert.deepEqual(calls, ['take 7', 'prepare 8', 'train', `take ${last}`]);
  });
});
