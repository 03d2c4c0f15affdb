import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Balancer } from '../../src/balance/balancer.ts';
import { measurementCount } from '../../src/train/plan.ts';

const tasks = [{ id: 'all', mass: 1 }];

test('the plan counts each measurement of a run once', () => {
  const settings = fc.record({
    steps: fc.integer({ min: 1, max: 200 }),
    probes: fc.integer({ min: 1, max: 60 }),
    warmup: fc.integer({ min: 0, max: 120 }),
    every: fc.integer({ min: 1, max: 60 }),
    adaptive: fc.boolean(),
  });
  fc.assert(
    fc.property(settings, ({ steps, probes, warmup, every, adaptive }) => {
      const config = { rule: adaptive ? 'quota' : 'natural', warmup, every };
      const balancer = new Balancer(tasks, { config, seed: 0, batchSize: 1 });
      let measured = 0;
      for (let step = 1; step <= steps; step++) {
        if (balancer.isDue(step) || step === steps || step % probes === 0) measured++;
      }
      const counted = measurementCount(steps, probes, adaptive ? { warmup, every } : undefined);
      assert.equal(counted, measured);
    }),
  );
});
