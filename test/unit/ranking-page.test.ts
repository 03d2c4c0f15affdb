import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RankDocument } from '../../src/evaluate/ranking/document.ts';
import { capacityChart } from '../../src/report/page/charts/capacity.ts';
import { renderRankingPage } from '../../src/report/page/ranking.ts';
import { capacityTable, gridText } from '../../src/report/ranking-table.ts';

const capacity = (eta2: number, low: number, high: number) => ({
  eta2,
  interval: [low, high] as const,
  permuted: { mean: 0.01, upper: 0.02, p: 0.005 },
  split: { axis: 'noise', threshold: 8, r2: eta2 / 2 },
});

const document: RankDocument = {
  protocol: {
    evensr: '1.2.3',
    model: { file: '<b>run</b>', step: 2000, network: 'srvgg', weightsHash: '00' },
    space: 'real-esrgan',
    scale: 4,
    photos: [],
    ...{ draws: 500, crops: 4, crop: 160, margin: 8, border: 4, seed: 0, bins: 5 },
    ...{ permutations: 200, resamples: 500, gapTo: 'bicubic', specialists: null },
  },
  ranking: {
    draws: 500,
    photos: 12,
    scores: ['psnr'],
    spread: {
      psnr: { mean: 25, deviation: 3, within: 0.4 },
      gap: { mean: 0, deviation: 0, within: 0 },
    },
    axes: [
      { axis: 'noise', bins: 5, chance: 0.008, capacity: { psnr: capacity(0.4, 0.3, 0.5) } },
      { axis: 'theta1', bins: 4, chance: 0.006, capacity: { psnr: capacity(0.015, 0, 0.03) } },
    ],
    constant: ['kind'],
    grids: [
      {
        ...{ name: 'default', grownFor: null, boundaries: { noise: [8] }, tasks: 2 },
        ...{ smallest: 0.3, splits: [], r2: { psnr: { fitted: 0.2, crossValidated: null } } },
      },
    ],
  },
  chosen: null,
  exact: 0,
};

describe('the page of a ranking', () => {
  it('holds every number, escapes what comes from files, and loads nothing', () => {
    const page = renderRankingPage(document);
    assert.match(page, /&lt;b&gt;run&lt;\/b&gt;, step 2,000/);
    assert.doesNotMatch(page, /<b>run/);
    assert.match(page, /noise &gt;= 8/);
    assert.match(page, /Of one value in this space: kind\./);
    assert.match(page, /one task is all that it supports/);
    assert.match(page, /0\.400 \[0\.300, 0\.500\]/);
    for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
      assert.match(url as string, /^(data:|#)/);
    }
  });

  it('draws bars as long as their values, with interval and chance at their places', () => {
    const bars = [
      { label: 'a', value: 0.4, interval: [0.3, 0.5] as const, chance: 0.1 },
      { label: 'b', value: 0.2, interval: null, chance: 0.1 },
    ];
    const { text } = capacityChart(bars, { width: 628, labelWidth: 100 });
    // 400 pixels from 0 at x = 100 to 0.5.
    const drawn = [...text.matchAll(/<path d="M100 [\d.]+l([\d.]+) 0[^"]*" fill="var\(--bar1\)"/g)];
    const ends = drawn.map(([, width]) => 100 + Number(width));
    assert.deepEqual(ends.map(Math.round), [420, 260]);
    const [line, ...others] = [
      ...text.matchAll(
        /<path d="M([\d.]+) [\d.]+L([\d.]+) [\d.]+" fill="none" stroke="var\(--text\)"/g,
      ),
    ];
    assert.deepEqual([line?.[1], line?.[2], others.length].map(Number), [340, 500, 0]);
    const marks = [...text.matchAll(/matrix\(1\.5,0,0,9,([\d.]+),[\d.]+\)" fill="var\(--bar2\)"/g)];
    assert.deepEqual(
      marks.map(([, x]) => x),
      ['180', '180'],
    );
  });

  it('stars in the table of the terminal what chance does not reach', () => {
    const lines = capacityTable(document);
    assert.match(lines[2] as string, /^noise .*0\.400\* {2}0\.300 to 0\.500/);
    assert.match(lines[3] as string, /^theta1 .*0\.015 {3}/);
    assert.equal(
      gridText({ noise: [8], bottleneck: [0.6, 0.85] }),
      'noise {8} x bottleneck {0.6, 0.85}',
    );
    assert.equal(gridText({}), 'one task');
  });
});
