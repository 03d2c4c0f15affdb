import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { parseConfig } from '../../src/train/config.ts';
import type { TrainObserver } from '../../src/train/observer.ts';
import { uninterrupted } from '../../src/train/signals.ts';
import { runTraining } from '../../src/train/train.ts';
import { Workbench } from './train-kit.ts';

const nothing = () => {};
const silent: TrainObserver = {
  warn: nothing,
  note: nothing,
  packing: nothing,
  step: nothing,
  logged: nothing,
  measured: nothing,
  specialist: nothing,
  saved: nothing,
};

describe('the event loop while training', () => {
  let place: Workbench;
  before(async () => {
    place = await Workbench.create();
  });
  after(() => place.remove());

  it('is not blocked by native work, by drawing, or by saving', async (test) => {
    const config = parseConfig('images: {train: photos, setAside: 0.3}', {
      origin: 'test',
      folder: place.root,
      set: [
        'network={type: srvgg, numFeat: 32, numConv: 8}',
        'degradation.margin=1',
        'training={steps: 30, batchSize: 32, lqSize: 12, device: cpu}',
        'balance={rule: quota, warmup: 10, every: 10, references: {specialistSteps: 10}}',
        'checkpoint.every=5',
        'validation={every: 10, samplesPerTask: 8, pictures: 0}',
      ],
    });
    const delay = monitorEventLoopDelay({ resolution: 5 });
    await runTraining(config, {
      output: place.path('run'),
      mode: 'new',
      observer: silent,
      control: () => {
        delay.enable(); // set-up is over
        return uninterrupted;
      },
    });
    delay.disable();
    const [p99, max] = [delay.percentile(99) / 1e6, delay.max / 1e6];
    test.diagnostic(`delay of a 5 ms timer: p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`);
    // The goal is 20 ms; the bound leaves room for a machine that is busy with other things.
    assert.ok(p99 < 100, `p99 is ${p99} ms`);
  });
});
