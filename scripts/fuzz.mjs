// Fuzzes the degradation engine under the address and undefined-behaviour sanitizers:
// npm run fuzz -- [--recipes N] [--images N] [--seed N] [--jobs N]
// The defaults are the long run: an hour or less on two cores. Job j runs its share with seed + j.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { buildFuzzer, findSanitizer } from '../dist/test/programs.js';

const fail = (text) => {
  process.stderr.write(`${text}\n`);
  process.exit(2);
};

const defaults = { recipes: '10000000', images: '2000000', seed: '1', jobs: '2' };
const options = Object.fromEntries(
  Object.entries(defaults).map(([name, value]) => [name, { type: 'string', default: value }]),
);
const { values } = parseArgs({ options });
const [recipes, images, seed, jobs] = Object.keys(defaults).map((name) => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 0) fail(`--${name} ${values[name]} is no count`);
  return value;
});

const compiler = findSanitizer();
if (!compiler) fail('no g++ with libasan');
const program = await buildFuzzer(compiler);
const started = Date.now();

const endOf = (job) =>
  new Promise((resolve) => {
    const share = (count) => String(Math.floor(count / jobs) + (job < count % jobs ? 1 : 0));
    const words = [String(seed + job), share(recipes), share(images)];
    spawn(program, words, { stdio: 'inherit' }).on('exit', (code) => resolve(code ?? 1));
  });

const codes = await Promise.all(Array.from({ length: jobs }, (_, job) => endOf(job)));
const findings = codes.filter((code) => code !== 0).length;
const seconds = ((Date.now() - started) / 1000).toFixed(0);
process.stdout.write(
  `${compiler.version}: ${recipes} recipes and ${images} images in ${seconds} s from seed ${seed}, ` +
    `${findings === 0 ? 'no finding' : `${findings} of ${jobs} jobs ended with a finding`}\n`,
);
process.exitCode = findings === 0 ? 0 : 1;
