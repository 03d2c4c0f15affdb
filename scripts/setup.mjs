// Makes a checkout ready to run: system packages, npm packages, native addon, TypeScript.
// Says what it is about to do, and does nothing in under a second when all is there. With --emulated
// also the CUDA kernels for the CPU, which the tests run.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { has, installCommand, installWithApt, mayInstall, problemOf } from './system.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const say = (text) => process.stderr.write(`evensr setup: ${text}\n`);

function fail(text) {
  say(text);
  process.exit(2);
}

/** Runs a command quietly; what it printed is shown only when it fails. */
function run(command, args, env = {}) {
  const problem = problemOf(command, args, env);
  if (problem) fail(problem);
}

/** Debian and Ubuntu names of what the build needs, each with the sign that it is there. */
const systemPackages = [
  { name: 'g++', present: () => has('g++') || has('c++') },
  { name: 'cmake', present: () => has('cmake') },
  { name: 'make', present: () => has('make') || has('ninja') },
];

function installSystemPackages() {
  const missing = systemPackages.filter((entry) => !entry.present()).map((entry) => entry.name);
  if (missing.length === 0) return;
  if (!has('apt-get')) {
    fail(`missing: ${missing.join(', ')}. Install them with your package manager, then run again.`);
  }
  if (!mayInstall()) {
    fail(`missing system packages. Run this, then try again:\n  sudo ${installCommand(missing)}`);
  }
  say(`installing system packages: ${missing.join(', ')}`);
  const problem = installWithApt(missing);
  if (problem) fail(problem);
}

function filesBelow(folder, found = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) filesBelow(path, found);
    else if (entry.isFile()) found.push(path);
  }
  return found;
}

/** Hash of names, sizes and times: enough to see that a source changed, fast enough for every run. */
function stampOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (!existsSync(path)) continue;
    for (const file of statSync(path).isDirectory() ? filesBelow(path).sort() : [path]) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${file}\0${size}\0${mtimeMs}\0`);
    }
  }
  return hash.digest('hex');
}

/** Runs `work` unless it was done for the same sources before and `output` is still there. */
function whenChanged(name, sources, output, work) {
  const stampFile = join('build', 'stamps', name);
  const stamp = stampOf(sources);
  const done =
    existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
  if (done) return;
  work();
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function installNpmPackages() {
  const installed = 'node_modules/.package-lock.json';
  whenChanged('npm', ['package-lock.json'], installed, () => {
    say('installing npm packages (npm ci), about half a minute');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      ONNXRUNTIME_NODE_INSTALL: 'skip',
    });
  });
}

function buildNative() {
  const flags = (process.env.EVENSR_CMAKE_FLAGS ?? '').split(' ').filter(Boolean);
  if (process.argv.includes('--emulated')) flags.push('--CDEVENSR_EMULATED=ON');
  const sources = ['native', 'cuda', 'cmake', 'CMakeLists.txt'];
  const addon = 'build/native/Release/evensr.node';
  whenChanged(`native${flags.join('')}`, sources, addon, () => {
    say('building the native addon (cmake), a minute or two, with nvcc some more');
    run('node_modules/.bin/cmake-js', ['compile', '-O', 'build/native', '-p', '2', ...flags]);
  });
}

function buildTypeScript() {
  const sources = ['src', 'test', 'benchmarks', 'tsconfig.json'];
  whenChanged('typescript', sources, 'dist/src/cli.js', () => {
    say('compiling TypeScript');
    rmSync('dist', { recursive: true, force: true });
    run('node_modules/.bin/tsc', ['-p', '.']);
  });
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 17))
  fail(`Node ${process.versions.node} is too old: 20.17 or newer is needed`);
installSystemPackages();
installNpmPackages();
buildNative();
buildTypeScript();
