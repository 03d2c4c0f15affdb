// Pictures of a report at three widths, light and dark: the whole page, or the screens that the named
// sections begin:
// node scripts/screenshots.mjs REPORT.html FOLDER [SECTION...]
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { schemes, startChromium, widths } from '../dist/test/browser.js';

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

const [report, folder, ...sections] = process.argv.slice(2);
if (!report || !folder) fail('usage: npm run screenshots -- REPORT.html FOLDER [SECTION...]');
const { browser, reason } = await startChromium();
if (!browser) fail(`no pictures: ${reason}`);

async function picture(page, name) {
  for (const section of sections) {
    const element = await page.$(`#${section}`);
    if (!element) throw new Error(`the report has no section ${section}`);
    const path = join(folder, `${name}-${section}.webp`);
    await element.evaluate((node) => node.scrollIntoView());
    await page.screenshot({ path, type: 'webp', quality: 80 });
    process.stdout.write(`${path}\n`);
  }
  if (sections.length > 0) return;
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  process.stdout.write(`${path}\n`);
}

mkdirSync(folder, { recursive: true });
try {
  for (const width of widths) {
    for (const scheme of schemes) {
      const page = await browser.newPage();
      await page.setViewport({ width, height: Math.max(640, Math.round(width * 0.6)) });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(pathToFileURL(resolve(report)).href);
      await picture(page, `report-${width}-${scheme}`);
      await page.close();
    }
  }
} finally {
  await browser.close();
}
