import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pooledSamples } from '../../src/degradation/pool.ts';

const batchesOf = (options: Parameters<typeof pooledSamples>[0], count: number) =>
  Array.from({ length: count }, (_, batch) => pooledSamples(options, batch));

describe('the pool of compat mode', () => {
  const options = { seed: 3, batchSize: 4, poolSize: 20 };

  it('lets batches pass as they were drawn while it fills', () => {
    const first = batchesOf(options, 5).flat();
    assert.deepEqual(first, [...Array(20).keys()]);
  });

  it('trains every sample once after that, from the pool as it was before the batch was drawn', () => {
    const inside = new Set(Array(20).keys());
    for (const [batch, samples] of batchesOf(options, 400).entries()) {
      if (batch < 5) continue;
      for (const sample of samples) assert.ok(inside.delete(sample), `${sample} in batch ${batch}`);
      for (let i = 0; i < 4; i++) inside.add(batch * 4 + i);
    }
    assert.equal(inside.size, 20);
  });

  it('is the queue of the reference: a shuffle, whose first pairs are trained and replaced', () => {
    // The chance that a pair is chosen is batchSize / poolSize each time, whatever its age and its
    // batch: so waiting times are geometric, and pairs of one batch meet no more often than others.
    const [count, share] = [40_000, 4 / 20];
    const waits: number[] = [];
    let together = 0;
    let pairs = 0;
    for (const [batch, samples] of batchesOf(options, count).entries()) {
      if (batch < 100) continue;
      const born = samples.map((sample) => Math.floor(sample / 4));
      waits.push(...born.map((from) => batch - from));
      for (let i = 0; i < 4; i++) {
        for (let j = 0; j < i; j++) if (born[i] === born[j]) together++;
        pairs += i;
      }
    }
    for (const wait of [1, 2, 3, 6, 12]) {
      const expected = share * (1 - share) ** (wait - 1);
      const found = waits.filter((one) => one === wait).length / waits.length;
      const deviation = Math.sqrt((expected * (1 - expected)) / waits.length);
      assert.ok(Math.abs(found - expected) < 5 * deviation, `${wait}: ${found}, not ${expected}`);
    }
    // Two places chosen now were filled by one batch w ago and left alone since, for some w.
    const both = (4 * 3) / (20 * 19);
    const neither = (16 * 15) / (20 * 19);
    const expected = both / (1 - neither);
    const deviation = Math.sqrt((expected * (1 - expected)) / pairs);
    const found = together / pairs;
    assert.ok(Math.abs(found - expected) < 6 * deviation, `${found}, not ${expected}`);
  });

  it('gives the pairs of a batch in random order, and others for another seed', () => {
    const [some, others] = [options, { ...options, seed: 4 }].map((one) => batchesOf(one, 300));
    const rising = some?.filter(
      (batch) => String(batch) === String(batch.toSorted((a, b) => a - b)),
    );
    assert.ok((rising?.length ?? 0) < 40, `${rising?.length} of 300 are sorted`);
    assert.notDeepEqual(some, others);
  });

  it('depends on the number of the batch alone, also of one batch, and of single pairs', () => {
    assert.deepEqual(pooledSamples(options, 123), batchesOf(options, 124).at(-1));
    const whole = { seed: 1, batchSize: 6, poolSize: 6 };
    for (const [batch, samples] of batchesOf(whole, 50).entries()) {
      const from = Math.max(0, batch - 1) * 6;
      const expected = Array.from({ length: 6 }, (_, i) => from + i);
      assert.deepEqual(
        samples.toSorted((a, b) => a - b),
        expected,
      );
    }
    assert.equal(
      new Set(
        batchesOf({ ...whole, batchSize: 1 }, 60)
          .slice(6)
          .flat(),
      ).size,
      54,
    );
  });
});
