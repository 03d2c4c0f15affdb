// Pictures of a report at three widths, light and dark: node scripts/screenshots.mjs REPORT.html FOLDER
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { schemes, startChromium, widths } from '../dist/test/browser.js';

const [report, folder] = process.argv.slice(2);
if (!report || !folder) {
  process.stderr.write('usage: npm run screenshots -- REPORT.html FOLDER\n');
  process.exit(2);
}
const { browser, reason } = await startChromium();
if (!browser) {
  process.stderr.write(`no pictures: ${reason}\n`);
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
try {
  for (const width of widths) {
    for (const scheme of schemes) {
      const page = await browser.newPage();
      await page.setViewport({ width, height: 900, deviceScaleFactor: 1 });
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await page.goto(pathToFileURL(resolve(report)).href);
      const path = join(folder, `report-${width}-${scheme}.png`);
      await page.screenshot({ path, fullPage: true });
      process.stdout.write(`${path}\n`);
      await page.close();
    }
  }
} finally {
  await browser.close();
}
