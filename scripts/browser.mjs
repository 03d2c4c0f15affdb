// Sees to a Chromium for the browser test and for screenshots. Never fails: without one the test skips.
import { chromiumPath } from '../dist/test/browser.js';
import { has, installCommand, installWithApt, mayInstall } from './system.mjs';

const say = (text) => process.stderr.write(`evensr test: ${text}\n`);
const packages = ['chromium'];

if (!chromiumPath()) {
  if (!has('apt-get')) say('no Chromium: the browser test will be skipped');
  else if (!mayInstall())
    say(`no Chromium: the browser test will be skipped; sudo ${installCommand(packages)}`);
  else {
    say('installing Chromium for the browser test (about 100 MB, once)');
    const problem = installWithApt(packages);
    if (problem)
      say(`Chromium could not be installed, the browser test will be skipped\n${problem}`);
  }
}
