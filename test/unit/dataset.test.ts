import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { drawEncoder, encodeImage, parseEncoders, roundTrip } from '../../src/dataset/encoding.ts';
import { keyPattern, sampleKey } from '../../src/dataset/key.ts';
import { Schedule } from '../../src/dataset/schedule.ts';
import { requireSameSettings, settingsText } from '../../src/dataset/settings.ts';
import { type SampleSource, shardRange, unitAt } from '../../src/dataset/source.ts';
import { tarEnd, tarEntry } from '../../src/dataset/tar.ts';

describe('the order of the tasks of a set', () => {
  const weightLists = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 9 });

  it('never leaves a task a whole sample behind or ahead of its share', () => {
    fc.assert(
      fc.property(weightLists, (weights) => {
        const schedule = new Schedule(weights);
        const sum = weights.reduce((a, b) => a + b, 0);
        const counts = weights.map(() => 0);
        for (let sample = 0; sample < 2 * schedule.period + 7; sample++) {
          const { task, ordinal } = schedule.at(sample);
          assert.equal(ordinal, counts[task]);
          counts[task] = (counts[task] ?? 0) + 1;
          for (const [at, weight] of weights.entries())
            assert.ok(Math.abs((counts[at] ?? 0) - ((sample + 1) * weight) / sum) < 1);
        }
      }),
    );
  });

  it('keeps ratios exactly where it can, and repeats', () => {
    const schedule = new Schedule([0.5, 1.5]);
    assert.equal(schedule.period, 4);
    assert.equal(new Schedule([7, 7, 7]).period, 3);
    assert.equal(new Schedule([0.04319, 0.95681]).period, 100_000);
    assert.deepEqual(schedule.at(4e12 + 1), {
      ...schedule.at(1),
      ordinal: schedule.at(4e12 + 1).ordinal,
    });
    const tiny = new Schedule([1e-9, 1]);
    assert.equal(tiny.most(tiny.period), 100_001);
    for (const weights of [[], [0], [1, -1], [Number.NaN], [Number.POSITIVE_INFINITY]])
      assert.throws(() => new Schedule(weights), { code: 'E_USAGE' });
  });
});

describe('shards of a set', () => {
  const source = (samples: number, unit: number): SampleSource => ({
    samples,
    units: Math.ceil(samples / unit),
    startOf: (at) => Math.min(samples, at * unit),
    jobs: () => [],
  });

  it('are disjoint, whole and made of whole units', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 40 }),
        (samples, unit, count) => {
          const set = source(samples, unit);
          let next = 0;
          for (let index = 1; index <= count; index++) {
            const { first, end } = shardRange(set, { index, count });
            assert.equal(first, next);
            assert.ok(first % unit === 0 || first === samples);
            next = end;
          }
          assert.equal(next, samples);
        },
      ),
    );
  });

  it('find the unit of a sample', () => {
    const set = source(25, 10);
    assert.deepEqual(
      [0, 9, 10, 24, 25].map((sample) => unitAt(set, sample)),
      [0, 0, 1, 2, 3],
    );
  });
});

describe('names of samples', () => {
  it('have no dot, fit into an archive and differ', () => {
    const task = 'bottleneck.'.repeat(20);
    const one = sampleKey({ index: 3, name: `in/${'ä.b'.repeat(90)}.png` }, task, 7);
    assert.match(one, keyPattern);
    assert.notEqual(one, sampleKey({ index: 3, name: 'x.png' }, `${task}x`, 7));
    assert.equal(
      sampleKey({ index: 0, name: 'in/a b.c.png' }, 'small-clean', 0),
      '0000-a_b_c-small-clean-0',
    );
    assert.notEqual(
      sampleKey({ index: 0, name: 'a.png' }, 'x.y', 0),
      sampleKey({ index: 0, name: 'a.png' }, 'x_y', 0),
    );
  });
});

describe('the real encoders', () => {
  it('are read from an option, and refused precisely', () => {
    assert.deepEqual(parseEncoders('jpeg:30-95,webp:80', '--encode'), [
      { format: 'jpeg', least: 30, most: 95 },
      { format: 'webp', least: 80, most: 80 },
    ]);
    for (const text of [
      '',
      'jpeg',
      'jpeg:0-9',
      'jpeg:9-3',
      'webp:1-101',
      'avif:3',
      'jpeg:1-2,',
      'jpeg: 3',
    ])
      assert.throws(() => parseEncoders(text, '--encode'), { code: 'E_USAGE' }, text);
  });

  it('are drawn from a stream of the sample, every quality of the range', () => {
    const ranges = parseEncoders('jpeg:30-33,webp:50-51', '--encode');
    const drawn = Array.from({ length: 4000 }, (_, index) =>
      drawEncoder(ranges, { seed: 5, index }),
    );
    const count = (text: string) =>
      drawn.filter((one) => `${one.format}:${one.quality}` === text).length;
    for (const quality of [30, 31, 32, 33])
      assert.ok(Math.abs(count(`jpeg:${quality}`) - 500) < 100);
    for (const quality of [50, 51]) assert.ok(Math.abs(count(`webp:${quality}`) - 1000) < 130);
    assert.deepEqual(drawEncoder(ranges, { seed: 5, index: 17 }), drawn[17]);
  });

  it('give the same pixels as their files, and the same size', async () => {
    const image = {
      width: 19,
      height: 13,
      pixels: Uint8Array.from({ length: 19 * 13 * 3 }, (_, i) => (i * 37) % 251),
    };
    for (const format of ['jpeg', 'webp'] as const) {
      const once = await roundTrip(image, { format, quality: 40 });
      assert.deepEqual([once.width, once.height, once.pixels.length], [19, 13, 19 * 13 * 3]);
      assert.notDeepEqual(once.pixels, image.pixels);
      const png = await encodeImage(once, { format: 'png' });
      assert.deepEqual(await encodeImage(once, { format: 'png' }), png);
    }
  });
});

describe('archives', () => {
  it('refuse what ustar cannot name', () => {
    for (const name of ['', 'ü', 'a b', 'x'.repeat(101)])
      assert.throws(() => tarEntry(name, new Uint8Array(1)), { code: 'E_TAR' });
    const [header, , padding] = tarEntry('x'.repeat(100), new Uint8Array(513));
    assert.deepEqual([header?.length, padding?.length], [512, 511]);
    // POSIX.1-1988: magic and version, regular file.
    assert.equal(Buffer.from(header ?? []).toString('latin1', 257, 265), 'ustar\x0000');
    assert.equal(header?.[156], 0x30);
    assert.equal((1536 + tarEnd(1536).length) % 10_240, 0);
    assert.ok(tarEnd(10_240 - 512).length >= 1024);
  });
});

describe('the settings of a set', () => {
  it('are the same, or said to differ', () => {
    const text = settingsText({ crop: 96, encode: null });
    requireSameSettings(text, { crop: 96, encode: null }, 'out');
    assert.throws(() => requireSameSettings(text, { crop: 97, encode: 'jpeg:3-4' }, 'out'), {
      code: 'E_CHANGED',
      message: 'out was begun otherwise: crop 96 -> 97, encode none -> jpeg:3-4',
    });
    assert.throws(() => requireSameSettings('{', { crop: 96 }, 'out'), { code: 'E_CHANGED' });
  });
});
