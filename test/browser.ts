/** A headless browser for tests and screenshots: the Chromium that the machine has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Its executable: $EVENSR_CHROMIUM, or one on the PATH; nothing without any. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return process.env.EVENSR_CHROMIUM ?? found.find((file) => existsSync(file));
}

/** Starts it without a window, or says why it does not start. The caller closes it. */
export async function startChromium(): Promise<{ browser: Browser } | { reason: string }> {
  const executablePath = chromiumPath();
  if (!executablePath) return { reason: 'there is no Chromium (scripts/browser.mjs installs one)' };
  try {
    return { browser: await launch(executablePath) };
  } catch (error) {
    return {
      reason: `${executablePath} does not start: ${(error as Error).message.split('\n')[0]}`,
    };
  }
}

async function launch(executablePath: string): Promise<Browser> {
  return await puppeteer.launch({
    executablePath,
    // Its sandbox needs rights that containers do not give; it only ever opens our own files.
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars'],
  });
}

export const widths = [360, 768, 1280] as const;
export const schemes = ['light', 'dark'] as const;

/** A page of ours as people open it, with `scripts` run in it, and all that went wrong meanwhile. */
export async function openPage(
  browser: Browser,
  path: string,
  { width, scheme, scripts }: { width: number; scheme: string; scripts: string },
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const file = pathToFileURL(path).href;
  const problems: string[] = [];
  page.on('console', (message) => problems.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`error: ${String(error)}`));
  page.on('requestfailed', (request) => problems.push(`failed: ${request.url().slice(0, 80)}`));
  page.on('request', (request) => {
    const url = request.url();
    if (url !== file && !url.startsWith('data:')) problems.push(`request: ${url}`);
  });
  await page.setViewport({ width, height: 800 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(file, { waitUntil: 'load' });
  await page.evaluate(scripts);
  return { page, problems };
}
