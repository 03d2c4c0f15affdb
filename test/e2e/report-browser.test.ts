import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'puppeteer-core';
import { renderPage } from '../../src/report/page/page.ts';
import { openPage, schemes, startChromium, widths } from '../browser.ts';
import { modelOf, someRun } from '../report-kit.ts';
import { Workbench } from './train-kit.ts';

// Started here already: where it does not start the test is skipped and says why.
const chromium = await startChromium();
const why = 'reason' in chromium && chromium.reason;
const checks = readFileSync(new URL('../../../test/page-checks.js', import.meta.url), 'utf8');

/** Calls one of the functions of page-checks.js in the page. */
async function check<Result>(page: Page, call: string): Promise<Result> {
  return (await page.evaluate(`pageChecks.${call}`)) as Result;
}

interface Slider {
  at: string;
  clip: string;
  said: string;
  left: string;
}

describe('a report in a browser', { skip: why }, () => {
  let place: Workbench;
  let browser: Browser;
  before(async () => {
    if ('reason' in chromium) return;
    browser = chromium.browser;
    place = await Workbench.create();
    const trained = await place.train('tiny.yaml', '-o', 'run', '--set', 'log.report=true');
    assert.equal(trained.code, 0, trained.stderr);
  });
  after(async () => {
    await browser?.close();
    place?.remove();
  });

  /** The report as people open it, and all that went wrong meanwhile. */
  const open = (width: number, scheme: string, report = 'run/report.html') =>
    openPage(browser, place.path(report), { width, scheme, scripts: checks });

  for (const width of widths) {
    for (const scheme of schemes) {
      it(`is whole and readable at ${width} pixels, ${scheme}`, async () => {
        const { page, problems } = await open(width, scheme);
        await check(page, 'openDetails()');
        const { images, ...found } = await check<Record<string, unknown>>(page, 'contents()');
        assert.ok(Number(images) > 50, `${images} pictures`);
        const dark = scheme === 'dark';
        assert.deepEqual(found, { broken: 0, silent: 0, flat: 0, overflow: 0, dark });
        const { seen, pale } = await check<{ seen: number; pale: string[] }>(
          page,
          'paleTexts(4.5)',
        );
        assert.ok(seen > 300, `${seen} texts`);
        assert.deepEqual(pale, []);
        assert.deepEqual(problems, []);
        await page.close();
      });
    }
  }

  const slider = (page: Page) => check<Slider>(page, 'slider()');

  const pictureOf = async (page: Page) =>
    Buffer.from((await (await page.$('.stage'))?.screenshot()) ?? []).toString('base64');

  it('has sliders that move by key and by pointer, and change what is seen', async () => {
    const { page, problems } = await open(768, 'light');
    await (await page.$('.stage'))?.scrollIntoView();
    assert.equal((await slider(page)).at, '50%');
    const before = await pictureOf(page);

    await page.focus('.stage input');
    for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
    const moved = await slider(page);
    assert.deepEqual([moved.at, moved.said], ['70%', '70 % bicubic']);
    assert.match(moved.clip, /inset\(0px 30% 0px 0px\)|inset\(0px calc\(30%\) 0px 0px\)/);
    assert.notEqual(await pictureOf(page), before);

    const box = await (await page.$('.stage'))?.boundingBox();
    assert.ok(box);
    const y = box.y + box.height / 2;
    await page.mouse.move(box.x + box.width * 0.7, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.25, y, { steps: 4 });
    await page.mouse.up();
    const at = Number.parseFloat((await slider(page)).at);
    assert.ok(Math.abs(at - 25) < 3, `${at} %`);

    await page.select('.choice label:first-child select', 'gt');
    assert.match((await slider(page)).left, /^ground truth of /);
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('has room for many tasks, several runs and long names', async () => {
    const long = `${'endless'.repeat(30)}.png`;
    const tasks = Array.from({ length: 40 }, (_, at) => `noise-from-${at}-to-${at + 1}`);
    const runs = ['A', 'B', 'C', 'D', 'E'].map((letter) =>
      someRun({ name: `${letter}${'x'.repeat(99)}`, letter, tasks, photo: long }),
    );
    writeFileSync(place.path('full.html'), renderPage(modelOf(runs, runs[0])));
    for (const width of widths) {
      const { page, problems } = await open(width, 'light', 'full.html');
      await check(page, 'openDetails()');
      const { overflow } = await check<{ overflow: number }>(page, 'contents()');
      assert.equal(overflow, 0, `${width} pixels`);
      assert.deepEqual(problems, []);
      await page.close();
    }
  });

  it('shows the pictures side by side where scripts are off', async () => {
    const page = await browser.newPage();
    await page.setJavaScriptEnabled(false);
    await page.goto(pathToFileURL(place.path('run/report.html')).href);
    assert.equal((await page.$$('.stage')).length, 0);
    assert.equal((await page.$$('[data-compare] .versions img')).length, 9 * 4);
    await page.close();
  });
});
