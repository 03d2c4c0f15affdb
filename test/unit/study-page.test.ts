/** The files of a study: page, Markdown, CSV, JSON. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { forestChart, spanOf } from '../../src/study/page/forest.ts';
import { shadeOf } from '../../src/study/page/heat.ts';
import { renderStudyPage } from '../../src/study/page/page.ts';
import { encodeCrops } from '../../src/study/page/pictures.ts';
import { csvFiles } from '../../src/study/results/csv.ts';
import { markdownOf } from '../../src/study/results/markdown.ts';
import { summariseStudy } from '../../src/study/results.ts';
import type { StudyInput } from '../../src/study/results-input.ts';
import { writeResults } from '../../src/study/write-results.ts';
import { someCrops, someStudy } from '../study-kit.ts';

const options = { resamples: 100, seed: 0 };

const textOf = (page: string) =>
  page
    .replace(/<(style|script|svg)\b.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

async function pageOf(input: StudyInput): Promise<string> {
  return renderStudyPage(input, summariseStudy(input, options), await encodeCrops(input.crops));
}

const tasks = ['small-clean', 'small-noisy', 'full-clean', 'full-noisy'];
const gain = (arm: string, task: number) =>
  ({ natural: 0, better: 0.15, trade: [0.3, -0.2, 0.05, 0][task] ?? 0 })[arm] ?? 0;
const study = someStudy({
  ...{ arms: ['natural', 'better', 'trade'], tasks, photos: 6, budgets: [100, 200], gain },
  noise: { photo: 0.02, seed: 0.01, both: 0.01 },
});

describe('the forest plot', () => {
  const rows = [
    { label: 'one', value: 0.05, interval: [-0.05, 0.15] as const },
    { label: '<two>', value: -0.1, interval: null },
  ];
  const svg = forestChart(rows, {
    width: 600,
    labelWidth: 100,
    digits: 3,
    intervals: true,
    aim: 0.1,
  }).text;

  it('writes every row with its numbers', () => {
    const words = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    for (const wanted of ['one', '&lt;two&gt;', '+0.050 [−0.050, +0.150]', '−0.100'])
      assert.ok(words.includes(wanted), `${wanted} in ${words}`);
  });

  it('draws marks, intervals, 0 and the aim where they belong', () => {
    const [min, max] = spanOf(rows, 0.1);
    const x = (value: number) => 100 + ((value - min) / (max - min)) * (600 - 100 - 172);
    const paths = [...svg.matchAll(/<path d="([^"]*)"([^>]*)>/g)].map(([, path, look]) => ({
      look: look as string,
      at: ((path as string).match(/-?\d+(\.\d+)?/g) ?? []).map(Number),
    }));
    const spans = paths.filter(({ look }) => look.includes('stroke="var(--bar0)"'));
    assert.equal(spans.length, 1, 'no line where there is no interval');
    const [span] = spans;
    assert.ok(Math.abs((span?.at[0] as number) - x(-0.05)) < 1, `${span?.at}`);
    assert.ok(Math.abs((span?.at[2] as number) - x(0.15)) < 1, `${span?.at}`);
    const upright = paths.filter(({ look }) => look.includes('stroke="var(--faint)"'));
    for (const value of [0, 0.1])
      assert.ok(
        upright.some(({ at }) => Math.abs((at[0] as number) - x(value)) < 1),
        `${value}`,
      );
    const marks = [...svg.matchAll(/translate?\(?|matrix\([\d.]+,0,0,[\d.]+,([\d.]+),/g)]
      .map(([, at]) => Number(at))
      .filter(Number.isFinite);
    for (const { value } of rows)
      assert.ok(
        marks.some((at) => Math.abs(at - x(value)) < 1),
        `${value} in ${marks}`,
      );
  });

  it('spans round ends around 0, the aim and all intervals', () => {
    for (const [values, aim] of [
      [[0.003], 0.1],
      [[-7, 12], undefined],
      [[], undefined],
      [[0], 0],
    ] as const) {
      const some = values.map((value) => ({ label: '', value, interval: null }));
      const [min, max, interval] = spanOf(some, aim);
      assert.ok(min <= Math.min(0, ...values) && max >= Math.max(aim ?? 0, ...values) && min < max);
      assert.ok(interval > 0 && (max - min) / interval < 9, `${min} ${max} ${interval}`);
    }
  });
});

describe('the heat map', () => {
  it('has no shade within 0.02 dB and three beyond', () => {
    assert.deepEqual([0.019, 0.02, -0.1, 0.3, -0.29, null].map(shadeOf), [
      'even',
      'gain1',
      'loss2',
      'gain3',
      'loss2',
      'unknown',
    ]);
  });
});

describe('the page of a study', () => {
  it('tells what was found, by numbers', async () => {
    const text = textOf(await pageOf({ ...study, crops: await someCrops(tasks) }));
    assert.match(text, /Study made-up/);
    assert.match(
      text,
      /Arms: 3; seeds: 0, 1, 2; steps: 100 and 200; 4 tasks on 6 held-out photographs/,
    );
    assert.match(text, /100 steps: one arm meets the goal: better \(\+0\.1\d\d dB over natural/);
    assert.match(text, /seed 0 made|natural \(baseline\) rule of natural/);
    assert.match(text, /better \+0\.1\d\d ± 0\.0\d\d \[\+0\.1\d\d, \+0\.1\d\d\] &lt; 0\.001/);
    assert.match(text, /evensr study studies\/made-up\.yaml/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object|null/);
  });

  it('loads nothing, names every picture and drawing, and every id once', async () => {
    const page = await pageOf({ ...study, crops: await someCrops(tasks) });
    for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g))
      assert.match(url as string, /^(data:|#)/);
    assert.doesNotMatch(page, /@import|url\((?!#)|<iframe|<object|<embed/);
    assert.match(page, /Content-Security-Policy" content="default-src 'none'; img-src data:; /);
    const images = page.match(/<img [^>]*>/g) ?? [];
    assert.equal(images.length, 4 * 4);
    for (const image of images) assert.match(image, / alt="[^"]{5,}" width="\d+" height="\d+"/);
    for (const [figure] of page.matchAll(/<div role="img"[^>]*>/g))
      assert.match(figure, / aria-label="[^"]{10,}"/);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(id), id);
  });

  it('escapes names wherever they stand', async () => {
    const hostile = `"><script>alert('x')</script><img src=x onerror=alert(1)>\u0000\u202e`;
    const input = someStudy({ arms: [hostile, 'b'], tasks: [hostile, 'c'] });
    const page = await pageOf({
      ...input,
      name: hostile,
      photos: input.photos.map(() => ({ name: hostile })),
      commands: [hostile],
      crops: await someCrops([hostile]),
    });
    assert.equal(page.match(/<script/g)?.length, 1);
    assert.ok(!page.includes('<img src=x'));
    assert.doesNotMatch(page, /(?!\s)[\p{Cc}\p{Cf}]/u);
  });

  it('says in its place what is missing', async () => {
    const text = textOf(await pageOf({ ...study, runs: [], specialists: null, start: null }));
    assert.match(text, /no arm can be compared with natural yet/);
    assert.match(text, /18 of 18 runs not finished/);
    assert.match(text, /Shares over time .* No run is finished yet/);
    assert.match(text, /There are no crops/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object/);
  });

  it('is whole with one seed, one photograph and one task', async () => {
    const text = textOf(await pageOf(someStudy({ seeds: [1], photos: 1, tasks: ['only'] })));
    assert.match(text, /With one seed and one photograph no error can be given/);
    assert.match(text, /other \+0\.100 – – –/, 'a difference without an interval');
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object/);
  });
});

describe('tables of a study', () => {
  const results = summariseStudy(study, options);

  it('stand in Markdown that can be read by itself', () => {
    const text = markdownOf({ ...study, commands: ['a ```` b'] }, results);
    assert.match(text, /^# Study made-up\n\nMade by evensr 0\.0\.0\. Arms: 3; seeds: 0, 1, 2;/);
    assert.match(text, /`````\na ```` b\n`````/);
    for (const heading of ['## Found', '## What was run', '### Costs', '## How the numbers'])
      assert.ok(text.includes(heading), heading);
    const lines = text.split('\n');
    let columns = 0;
    for (const line of lines) {
      if (!line.startsWith('|')) columns = 0;
      else {
        const found = line.split(/(?<!\\)\|/).length;
        if (columns > 0) assert.equal(found, columns, line);
        columns = found;
      }
    }
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object|null/);
    const odd = someStudy({ arms: ['a|b\nc', '<d>'] });
    const escaped = markdownOf(odd, summariseStudy(odd, options));
    assert.ok(escaped.includes('| a\\|b c (baseline) |') && escaped.includes('| \\<d\\> |'));
  });

  it('hold all numbers unrounded as CSV', () => {
    const files = csvFiles(results);
    const rowsOf = (name: string) =>
      (files[name] as string)
        .trimEnd()
        .split('\r\n')
        .map((line) => line.split(','));
    for (const name of Object.keys(files)) {
      const [header = [], ...rows] = rowsOf(name);
      for (const row of rows) assert.equal(row.length, header.length, name);
      assert.doesNotMatch(files[name] as string, /NaN|Infinity|undefined|null/);
    }
    const differences = rowsOf('differences.csv');
    const main = differences.find((row) => row.slice(0, 4).join() === 'better,200,psnrY,macro');
    const arm = results.arms.find((one) => one.arm === 'better' && one.budget === 200);
    const { value, p } = arm?.against?.measures.psnrY?.macro ?? {};
    assert.equal(main?.[4], String(value));
    assert.equal(main?.[12], String(p));
    assert.equal(main?.[13], String(arm?.against?.adjustedP));
    // Three measures; two arms against the baseline, two budgets; four tasks and both means.
    assert.equal(differences.length, 1 + 3 * 2 * 2 * 6);
    assert.equal(rowsOf('seeds.csv').length, 1 + 3 * 2 * 3);
    const odd = csvFiles({
      ...results,
      arms: results.arms.map((one) => ({ ...one, arm: 'a,"b"' })),
    });
    assert.match(odd['arms.csv'] as string, /^"a,""b""",100,3,0,/m);
  });

  it('are written with the page and JSON, and replaced', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'evensr-study-')), 'results');
    try {
      const partial = { ...study, runs: study.runs.slice(0, 5), crops: await someCrops(tasks) };
      await writeResults(folder, partial, summariseStudy(partial, options));
      await writeResults(folder, study, results);
      assert.deepEqual(readdirSync(folder).sort(), [
        ...['arms.csv', 'differences.csv', 'index.html', 'results.json', 'results.md'],
        ...['seeds.csv', 'transfer.csv', 'values.csv'],
      ]);
      const read = (name: string) => readFileSync(join(folder, name), 'utf8');
      assert.deepEqual(JSON.parse(read('results.json')), JSON.parse(JSON.stringify(results)));
      assert.equal(read('results.md'), markdownOf(study, results));
      assert.match(read('index.html'), /^<!doctype html>/);
    } finally {
      rmSync(join(folder, '..'), { recursive: true, force: true });
    }
  });
});

describe('crops of a study', () => {
  it('keep small pictures without loss, to be shown enlarged', async () => {
    const [crop] = await encodeCrops(await someCrops(['clean']));
    const [lq, bicubic] = crop?.pictures ?? [];
    assert.match(lq?.picture.source ?? '', /^data:image\/png/);
    assert.match(bicubic?.picture.source ?? '', /^data:image\/webp/);
    assert.deepEqual([lq?.picture.width, bicubic?.picture.width], [24, 96]);
    const bytes = Buffer.from((lq?.picture.source ?? '').split(',')[1] ?? '', 'base64');
    const [own] = await someCrops(['clean']);
    assert.deepEqual(
      await sharp(bytes).raw().toBuffer(),
      await sharp(own?.pictures[0]?.png).raw().toBuffer(),
    );
  });
});
