import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { curveChart } from '../../src/report/page/charts/curves.ts';
import { commonSpan, panelChart } from '../../src/report/page/charts/panels.ts';
import { labelHeights, quotaChart } from '../../src/report/page/charts/quotas.ts';
import { shareChart } from '../../src/report/page/charts/shares.ts';
import { splitChart } from '../../src/report/page/charts/split.ts';
import { wrapped } from '../../src/report/page/charts/theme.ts';

/** The words of an SVG, in their order. */
const words = (svg: { text: string }) =>
  [...svg.text.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

/** Every curve's corners: paths that are stroked and not filled, of a colour. */
const pathsOf = (svg: { text: string }, stroke: string) =>
  [...svg.text.matchAll(/<path d="([^"]*)"[^>]*>/g)]
    .filter(([tag]) => tag.includes(`stroke="${stroke}"`))
    .map(([, path]) => path as string);

const numbersOf = (path: string) => (path.match(/-?\d+(\.\d+)?/g) ?? []).map(Number);

describe('charts of the report', () => {
  it('are scalable, load nothing and follow the colours of the page', () => {
    const svg = splitChart([{ label: '', data: 0.1, degrade: 0.2, network: 0.7 }], 400).text;
    assert.match(svg, /^<svg viewBox="0 0 400 \d+" aria-hidden="true">/);
    assert.doesNotMatch(svg, /<style|<script|xlink|href|class=|#[0-9a-f]{3,6}"/);
    assert.match(svg, /fill="var\(--bar1\)"/);
  });

  it('stack quotas up to one, each band beside its name and share', () => {
    const bands = [
      {
        task: 'easy',
        shares: [
          [0, 0.25],
          [10, 0.5],
        ] as const,
      },
      {
        task: '<hard>',
        shares: [
          [0, 0.75],
          [10, 0.5],
        ] as const,
      },
    ];
    const svg = quotaChart({ bands, levels: 2 }, { width: 500, height: 300 }, true);
    const text = words(svg).join(' ');
    assert.match(text, /easy {2}50\.0\u202f%/);
    assert.match(text, /&lt;hard&gt; {2}50\.0\u202f%/);
    assert.match(text, /0\u202f% .*100\u202f%/);
    const areas = [...svg.text.matchAll(/<path d="([^"]*)" fill="(var\(--task[^"]*)"/g)];
    assert.deepEqual(
      areas.map(([, , fill]) => fill),
      ['var(--task00)', 'var(--task01)'],
    );
    // The lower band begins at a quarter of the height and ends at half of it.
    const [bottom, top] = [274, 10];
    const levels = numbersOf(areas[0]?.[1] as string).filter((_, at) => at % 2 === 1);
    assert.ok(
      levels.some((y) => Math.abs(y - (bottom - 0.25 * (bottom - top))) < 1),
      `${levels}`,
    );
    assert.ok(
      levels.some((y) => Math.abs(y - (bottom - 0.5 * (bottom - top))) < 1),
      `${levels}`,
    );
    assert.deepEqual(
      words(quotaChart({ bands, levels: 2 }, { width: 300, height: 200 }, false)).slice(-2),
      ['1', '2'],
    );
  });

  it('move labels of thin bands apart and keep them inside', () => {
    const heights = labelHeights([0.01, 0.01, 0.01, 0.96, 0.01], 0.05);
    for (const [at, height] of heights.entries()) {
      assert.ok(height >= 0 && height <= 1);
      if (at > 0) assert.ok(height - (heights[at - 1] as number) >= 0.05 - 1e-9);
    }
    const many = labelHeights(new Array(50).fill(0.02), 0.05);
    assert.ok(
      many.every((height, at) => height <= 1 && (at === 0 || height > (many[at - 1] as number))),
    );
  });

  it('write natural, requested and realised shares at their bars', () => {
    const bars = [
      { task: 'easy', natural: 0.25, requested: 0.3, realised: 0.301 },
      { task: 'hard', natural: null, requested: 0.7, realised: 0.699 },
    ];
    const svg = shareChart(bars, { width: 400, labelWidth: 90 });
    const text = words(svg);
    for (const wanted of [
      '25.00\u202f% natural',
      '30.00\u202f% requested',
      '30.10\u202f% realised',
      '69.90\u202f% realised',
    ])
      assert.ok(text.includes(wanted), `${wanted} in ${text}`);
    assert.equal(text.filter((word) => word?.includes('natural')).length, 1);
  });

  it('draw a panel for each task: values, bounds of the scale and marks with words', () => {
    const svg = panelChart(
      {
        lines: [
          {
            run: 0,
            points: [
              [0, 24],
              [100, 26],
            ],
          },
          {
            run: 1,
            points: [
              [0, 24],
              [100, 25],
            ],
          },
        ],
        marks: [{ value: 24.5, label: 'bicubic', dash: [1, 2] }],
      },
      { steps: [0, 100], values: [23, 27], digits: 1 },
    );
    assert.deepEqual(
      words(svg).filter((word) => /\./.test(word ?? '')),
      ['23.0', '25.0', '27.0'],
    );
    assert.match(
      svg.text,
      /stroke="var\(--faint\)"[^>]*stroke-dasharray="1,2"|stroke-dasharray="1,2"[^>]*stroke="var\(--faint\)"/,
    );
    const [first] = pathsOf(svg, 'var(--run0)')
      .map(numbersOf)
      .filter((at) => at.length === 4);
    const [top, bottom] = [8, 92];
    const y = (value: number) => bottom - ((value - 23) / 4) * (bottom - top);
    assert.ok(
      Math.abs((first?.[1] as number) - y(24)) < 1 && Math.abs((first?.[3] as number) - y(26)) < 1,
      `${first}`,
    );
    assert.match(svg.text, /stroke="var\(--run1\)"[^>]*stroke-dasharray/);
  });

  it('span all panels alike', () => {
    assert.equal(
      commonSpan([
        [24, 24.8],
        [30, 31.2],
      ]),
      1.6,
    );
    assert.equal(commonSpan([]), 0.1);
    assert.equal(commonSpan([[5, 5]]), 0.1);
    assert.ok(commonSpan([[0, 500]]) >= 500);
  });

  it('draw curves of runs with their letters', () => {
    const svg = curveChart(
      [
        {
          run: 0,
          label: 'A',
          points: [
            [0, 10],
            [100, 20],
          ],
        },
        {
          run: 1,
          label: 'B',
          points: [
            [0, 10],
            [50, 5],
          ],
        },
      ],
      { min: 0, max: 20, format: (value) => `${value} images` },
      { width: 400, height: 200 },
    );
    const text = words(svg);
    for (const wanted of ['A', 'B', '0 images', '20 images', '100'])
      assert.ok(text.includes(wanted), `${wanted} in ${text}`);
    const [path] = pathsOf(svg, 'var(--run0)').map(numbersOf);
    assert.ok(
      Math.abs((path?.[1] as number) - 92) < 1 && Math.abs((path?.[3] as number) - 10) < 1,
      `${path}`,
    );
  });

  it('divide a step by what was waited for', () => {
    const splits = [
      { label: 'A', data: 0.25, degrade: 0.05, network: 0.7 },
      { label: 'B', data: 0.02, degrade: 0, network: 0.98 },
    ];
    const text = words(splitChart(splits, 400));
    for (const wanted of ['A', 'B', 'network 70\u202f%', 'data 25\u202f%', 'network 98\u202f%'])
      assert.ok(text.includes(wanted), `${wanted} in ${text}`);
  });

  it('break long names behind their dashes', () => {
    assert.equal(wrapped('medium-very-noisy', 12), 'medium-very-\nnoisy');
    assert.equal(wrapped('short', 12), 'short');
  });
});
