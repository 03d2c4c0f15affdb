import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { renderPage } from '../../src/report/page/page.ts';
import { gridOf, shadeOf } from '../../src/report/page/sections/results.ts';
import { emptyRun, modelOf, someRun } from '../report-kit.ts';

/** What is read of a page: its words, without tags, style and script. */
const textOf = (page: string) =>
  page
    .replace(/<(style|script|svg)\b.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

const grid = ['small-clean', 'small-very-noisy', 'full-clean', 'full-very-noisy'];

describe('the page of a report', () => {
  it('tells the numbers of a run', () => {
    const text = textOf(renderPage(modelOf([someRun()])));
    assert.match(text, /Training report: some /);
    assert.match(text, /made 2026-01-02 03:04 UTC/);
    assert.match(text, /mean PSNR 28\.50 dB/);
    assert.match(text, /over bicubic \+3\.50 dB/);
    assert.match(text, /better than bicubic 2 of 2/);
    assert.match(text, /lowest task 28\.00 dB clean/);
    assert.match(text, /time 1 min/);
    assert.match(text, /speed at last 123 images\/s, network 75 % of a step/);
    assert.match(text, /at no line of the log had a task more than 0\.25 samples too few/);
    assert.match(text, /1,234 parameters/);
    assert.match(text, /noisy 29\.00 mean 28\.50/, 'heat map of PSNR');
    assert.match(text, /clean \+3\.00 noisy \+4\.00 mean \+3\.50/, 'heat map of the gain');
    assert.match(text, /bicubic 25\.25 dB, result 26\.50 dB \(\+1\.25\)/);
  });

  it('loads nothing, and lets only its own script run', () => {
    const page = renderPage(modelOf([someRun(), someRun({ name: 'other', letter: 'B' })]));
    for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g))
      assert.match(url as string, /^(data:|#)/);
    assert.doesNotMatch(page, /@import|url\((?!#)|<iframe|<object|<embed/);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    assert.match(policy, /^default-src 'none'; img-src data:; /);
    const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => script);
    assert.equal(scripts.length, 1);
    const hash = createHash('sha256')
      .update(scripts[0] as string)
      .digest('base64');
    assert.ok(policy.includes(`script-src 'sha256-${hash}'`), policy);
  });

  it('gives every picture a text, every drawing a description, every id once', () => {
    const page = renderPage(modelOf([someRun({ tasks: grid, levels: 2 })]));
    const images = page.match(/<img [^>]*>/g) ?? [];
    assert.ok(images.length > 20);
    for (const image of images) assert.match(image, / alt="[^"]{5,}"/);
    for (const [figure] of page.matchAll(/<div role="img"[^>]*>/g))
      assert.match(figure, / aria-label="[^"]{10,}"/);
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    for (const [, id] of page.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(id), id);
  });

  it('escapes names and texts from files wherever they stand', () => {
    const hostile = `"><script>alert('x')</script><img src=x onerror=alert(1)>\u0000\u202e`;
    const run = someRun({ name: hostile, letter: hostile, tasks: [hostile, 'b'], photo: hostile });
    const warnings = [{ time: hostile, code: hostile, text: hostile }];
    const events = {
      value: { ...(run.events as { value: object }).value, status: hostile, warnings },
    };
    const facts = { ...run, configText: { value: hostile }, events } as typeof run;
    const missing = { ...emptyRun({ name: 'b', letter: 'B' }), pictures: { missing: hostile } };
    for (const page of [
      renderPage(modelOf([facts], facts)),
      renderPage(modelOf([facts, missing], missing)),
    ]) {
      assert.equal(page.match(/<script/g)?.length, 1);
      assert.ok(!page.includes('<img src=x'));
      assert.doesNotMatch(page, /(?!\s)[\p{Cc}\p{Cf}]/u);
      for (const [tag] of page.matchAll(/<img [^>]*>/g))
        assert.match(tag, /^<img src="data:[^"]*" alt="[^"]*" width="\d+" height="\d+">$/);
    }
  });

  it('says in its place what is missing', () => {
    const text = textOf(renderPage(modelOf([emptyRun({ name: 'gone' })])));
    assert.match(text, /settings cannot be shown\. config\.yaml: cannot be opened/);
    assert.match(text, /There are no pictures\. pictures: cannot be opened/);
    assert.match(text, /no metrics have been written/);
    assert.match(text, /No speed is known\. report\.jsonl: cannot be opened/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object/);
  });

  it('says so while nothing is measured yet', () => {
    const run = someRun();
    const entries = [
      { step: 10, loss: 0.1, tasks: { clean: { share: 0.5 }, noisy: { share: 0.5 } } },
    ];
    const early = { ...run, metrics: { value: { entries, damaged: 0 } } };
    for (const facts of [early, { ...run, metrics: { value: { entries: [], damaged: 0 } } }]) {
      const text = textOf(renderPage(modelOf([facts as typeof run])));
      assert.match(text, /the probes have not been measured yet/);
      assert.doesNotMatch(text, /NaN|undefined|Infinity|\[object/);
    }
  });

  it('shows what the loss consists of, and the discriminator, where there is one', () => {
    const run = someRun();
    const tasks = { clean: { share: 0.5 }, noisy: { share: 0.5 } };
    const line = (step: number) => ({
      ...{ step, loss: 0.9, tasks },
      parts: { pixel: 0.02 * step, perceptual: 0.8, gan: 0.7 },
      discriminator: { loss: 1.25, real: 0.6, fake: 0.65 },
    });
    const metrics = { value: { entries: [line(1), line(2)], damaged: 0 } };
    const text = textOf(renderPage(modelOf([{ ...run, metrics } as typeof run])));
    for (const title of ['Pixel loss', 'Perceptual loss', 'Adversarial loss'])
      assert.match(text, new RegExp(title));
    const page = renderPage(modelOf([{ ...run, metrics } as typeof run]));
    assert.match(page, /loss of the discriminator from 1\.25 at step 1 to 1\.25 at step 2/);
    assert.match(page, /pixel loss from 0\.03 at step 1/);
    const plain = textOf(renderPage(modelOf([run])));
    assert.doesNotMatch(plain, /Pixel loss|Loss of the discriminator/);
  });

  it('does not compare with bicubic on photographs that have changed', () => {
    const run = someRun();
    const pictures = {
      value: { ...(run.pictures as { value: object }).value, psnr: { clean: 20 } },
    };
    const text = textOf(renderPage(modelOf([{ ...run, pictures } as unknown as typeof run])));
    assert.match(text, /some: bicubic cannot be compared\. The photographs are not those/);
    assert.match(text, /over bicubic – see below/);
  });

  it('shows runs side by side, and the gain over the baseline', () => {
    const base = someRun({ name: 'natural', letter: 'B', psnr: 27.5 });
    const page = renderPage(modelOf([someRun({ name: 'quota', letter: 'A' }), base], base));
    const text = textOf(page);
    assert.match(text, /Training report: quota and natural/);
    assert.match(
      text,
      /Gain over B · natural .*A · quota clean \+0\.50 noisy \+0\.50 mean \+0\.50/,
    );
    assert.match(text, /A 28\.00 dB , B 27\.50 dB/);
    assert.match(text, /result of A 26\.50 dB \(\+1\.25\) , result of B/);
    assert.match(page, /stroke="var\(--run1\)"[^>]*stroke-dasharray/);
    const other = someRun({ name: 'other', letter: 'B', key: 'other probes' });
    const unlike = textOf(renderPage(modelOf([someRun({ letter: 'A' }), other], other)));
    assert.match(unlike, /A · some was measured on other probes: PSNR cannot be compared/);
  });

  it('shows runs of different tasks apart', () => {
    const other = someRun({ name: 'grid', letter: 'B', tasks: grid, levels: 2 });
    const page = renderPage(modelOf([someRun({ letter: 'A' }), other], other));
    const text = textOf(page);
    assert.match(
      text,
      /have different tasks, so they are shown apart: A with 2 tasks; B with 4 tasks/,
    );
    assert.match(text, /The tasks of B · grid are others: PSNR cannot be compared/);
    for (const id of ['group1-quotas', 'group2-quotas']) assert.ok(page.includes(`id="${id}"`), id);
  });
});

describe('heat maps', () => {
  it('lay tasks out as the grid that they are', () => {
    const tasks = grid.map((id) => ({ id }));
    assert.deepEqual(gridOf(tasks, 2), {
      columns: ['clean', 'very-noisy'],
      rows: [
        { name: 'small', ids: grid.slice(0, 2), columns: ['clean', 'very-noisy'] },
        { name: 'full', ids: grid.slice(2), columns: ['clean', 'very-noisy'] },
      ],
    });
    for (const levels of [0, 1, 3, 4])
      assert.deepEqual(
        gridOf(tasks, levels).rows.map(({ name }) => name),
        grid,
      );
  });

  it('shade by size, and by sign', () => {
    const gain = (value: number | null) => shadeOf(value, { type: 'gain' });
    assert.deepEqual([-0.8, -0.1, 0.05, 0.31, null].map(gain), [
      'loss3',
      'loss1',
      'even',
      'gain2',
      'unknown',
    ]);
    const level = (value: number) => shadeOf(value, { type: 'psnr', range: [20, 30] });
    assert.deepEqual([20, 25, 30].map(level), ['level0', 'level2', 'level4']);
    assert.equal(shadeOf(20, { type: 'psnr', range: [20, 20] }), 'level2');
  });
});
