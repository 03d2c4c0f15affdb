import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'puppeteer-core';
import { summariseStudy } from '../../src/study/results.ts';
import { writeResults } from '../../src/study/write-results.ts';
import { openPage, schemes, startChromium, widths } from '../browser.ts';
import { someCrops, someStudy } from '../study-kit.ts';

// Started here already: where it does not start the test is skipped and says why.
const chromium = await startChromium();
const why = 'reason' in chromium && chromium.reason;
const checks = readFileSync(new URL('../../../test/page-checks.js', import.meta.url), 'utf8');

/** Calls one of the functions of page-checks.js in the page. */
async function check<Result>(page: Page, call: string): Promise<Result> {
  return (await page.evaluate(`pageChecks.${call}`)) as Result;
}

describe('the page of a study in a browser', { skip: why }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'evensr-study-page-'));
  let browser: Browser;
  before(async () => {
    if ('reason' in chromium) return;
    browser = chromium.browser;
    const tasks = ['small', 'medium', 'full-size'].flatMap((size) =>
      ['clean', 'noisy', 'very-noisy'].map((noise) => `${size}-${noise}`),
    );
    const arms = ['natural', 'one', 'conditioned-marginal-gain', 'endless'.repeat(12)];
    const study = someStudy({
      ...{ arms, tasks, photos: 9 },
      gain: (arm, task) => (arm === 'natural' ? 0 : (task - 4) / 10),
      noise: { photo: 0.1, seed: 0.05, both: 0.02 },
    });
    const input = { ...study, crops: await someCrops(tasks, ['lq', 'bicubic', ...arms, 'gt']) };
    await writeResults(folder, input, summariseStudy(input, { resamples: 100, seed: 0 }));
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page as people open it, and all that went wrong meanwhile. */
  const open = (width: number, scheme: string) =>
    openPage(browser, join(folder, 'index.html'), { width, scheme, scripts: checks });

  for (const width of widths) {
    for (const scheme of schemes) {
      it(`is whole and readable at ${width} pixels, ${scheme}`, async () => {
        const { page, problems } = await open(width, scheme);
        await check(page, 'openDetails()');
        const { images, ...found } = await check<Record<string, unknown>>(page, 'contents()');
        assert.ok(Number(images) > 60, `${images} pictures`);
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
});
