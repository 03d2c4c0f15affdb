import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkChart } from '../../src/bench/chart.ts';
import { relativeDistance } from '../../src/bench/networks/agreement.ts';
import { networkCases } from '../../src/bench/networks/cases.ts';
import { sharesOf } from '../../src/bench/networks/shares.ts';
import { directGflop } from '../../src/bench/networks/time.ts';
import type { RecordedCase } from '../../src/bench/record.ts';
import { networkTable } from '../../src/commands/bench-network-tables.ts';
import { buildNetwork } from '../../src/network/build.ts';
import { macsPerPixel } from '../../src/network/macs.ts';

describe('relative distance', () => {
  it('is a norm over a norm, and never small for what is not a result', () => {
    assert.equal(relativeDistance([3, 4], [3, 4.5]), 0.1);
    assert.equal(relativeDistance([1, 2], [1, 2, 3]), Number.POSITIVE_INFINITY);
    assert.ok(Number.isNaN(relativeDistance([1, 2], [1, Number.NaN])));
    assert.ok(Number.isNaN(relativeDistance([0, 0], [0, 0])));
  });
});

describe('arithmetic of a case', () => {
  it('is that of direct convolutions, three times for a step', () => {
    const [train] = networkCases;
    assert.ok(train);
    const macs = macsPerPixel(buildNetwork(train.network));
    // 3 -> 64, sixteen times 64 -> 64, 64 -> 48, all 3 x 3 at the size of lq.
    assert.equal(macs, 9 * (3 * 64 + 16 * 64 * 64 + 64 * 48));
    const pixels = train.shape.batch * train.shape.side ** 2;
    const infer = { ...train, job: 'infer' as const };
    assert.ok(Math.abs(directGflop(infer, macs) - 2e-9 * macs * pixels) < 1e-9);
    assert.ok(Math.abs(directGflop(train, macs) / directGflop(infer, macs) - 3) < 1e-9);
  });
});

const recorded: RecordedCase = {
  ...{ name: 'train/net/fp32', unit: 'ms/step', median: 100, p10: 98, p90: 104.4, n: 20 },
  ...{ gflops: 250.4, floorShare: 1.25, memory: { before: 6e7, peak: 2e8 } },
  peers: [
    {
      ...{ name: 'torch-fp32', version: '2.13.0', variant: 'eager channels_last', median: 241 },
      ...{ ratio: 2.4, memory: { before: 2e8, peak: 5e8 } },
    },
    {
      ...{ name: 'torch-bf16', version: '2.13.0', variant: 'compile contiguous', median: 150 },
      ...{ ratio: 1.5, leftOut: { 'compile channels_last': 'not ready within 9 s' } },
    },
  ],
};

describe('where the time goes', () => {
  const generator = {
    ...{ conv2d: 60, prelu: 5, relu: 1, pixelShuffle: 4, loss: 3, optimizer: 2, sum: 6 },
    ...{ winograd: 80, products: 50, whole: 100 },
  };

  it('is by kind, thread time divided by threads, and all of it adds up to 1', () => {
    const { other, ...shares } = sharesOf([generator, {}], 2);
    assert.deepEqual(shares, {
      ...{ products: 0.25, transforms: 0.15, 'other convolutions': 0.2, activations: 0.06 },
      ...{ upsampling: 0.04, loss: 0.03, optimizer: 0.02 },
    });
    assert.ok(Math.abs(other - 0.25) < 1e-12);
  });

  it('counts both networks of a GAN, in the whole of one', () => {
    const discriminator = { conv2d: 10, optimizer: 3, spectralNorm: 2 };
    const shares = sharesOf([generator, discriminator], 2);
    assert.equal(shares['other convolutions'], 0.3);
    assert.equal(shares.optimizer, 0.05);
    assert.ok(Math.abs(shares.other - 0.12) < 1e-12);
  });

  it('is a second table', () => {
    const shares = sharesOf([generator], 2);
    const lines = networkTable([{ ...recorded, shares }], 2);
    assert.match(
      lines.at(-1) as string,
      /^train\/net\/fp32 +25.0 % +15.0 % +20.0 % +6.0 % +4.0 % +3.0 % +2.0 % +25.0 %$/,
    );
  });
});

describe('the table of networks', () => {
  it('shows times, the share of the peak, memory, and what each peer did', () => {
    const [, , , first, second, ...notes] = networkTable([recorded], 2);
    assert.match(
      first as string,
      /^train\/net\/fp32 +100 +98.0-104 +20 +250 +125 % +200 +torch-fp32 2.13.0 eager channels_last +241 +2.40 +500 +0.40$/,
    );
    assert.match(second as string, /^ +torch-bf16 2.13.0 compile contiguous +150 +1.50$/);
    const leftOut =
      'train/net/fp32: torch-bf16 without compile channels_last, not ready within 9 s';
    assert.ok(notes.includes(leftOut), notes.join());
    assert.match(notes.join(' '), /Winograd .* may exceed 100 %/);
  });

  it('shows a case without peers, and memory only where it is known', () => {
    const { memory: _, ...unknown } = recorded;
    const lines = networkTable([{ ...unknown, peers: [] }], 1);
    assert.match(lines[0] as string, /1 thread each/);
    assert.match(lines[3] as string, /^train\/net\/fp32 +100 +98.0-104 +20 +250 +125 %$/);
  });
});

describe('the chart of networks', () => {
  it('names the command, the unit and every contender', () => {
    const about = { machine: 'm', cpu: 'CPU', threads: 2, commit: 'abc', date: '2026-11-30' };
    const svg = networkChart(
      { ...about, cases: [recorded] },
      'evensr bench train',
      'Training steps',
    );
    assert.match(svg, /^<svg /);
    for (const text of ['evensr bench train', 'Training steps a second (logarithmic)'])
      assert.ok(svg.includes(`>${text}<`), text);
    assert.ok(svg.includes('>10, 2.4 × torch-fp32<'));
    assert.ok(svg.includes('>6.7 torch-bf16<'));
  });
});
