/**
 * `npm run bench [-- NAME…] [--seconds N] [--out FILE]`: every case in a process of its own, its
 * result checked before it is timed, against the fp32 peak measured in the same process.
 */
import { fork, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { native } from '../src/native.ts';
import type { CaseResult } from './case.ts';
import { cases } from './cases.ts';

function runCase(name: string, seconds: string): Promise<CaseResult> {
  const runner = fileURLToPath(new URL('./run-case.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(runner, [name, seconds]);
    let result: CaseResult | undefined;
    child.on('message', (message) => {
      result = message as CaseResult;
    });
    child.on('exit', (code) =>
      result ? resolve(result) : reject(new Error(`${name} failed with exit code ${code}`)),
    );
  });
}

/** Share of the last ten seconds in which somebody waited for a CPU; NaN where Linux does not say. */
function cpuPressure(): number {
  try {
    return Number(/some avg10=([\d.]+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
}

function machine() {
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
  const { threads, simd, onednn } = native.info();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads,
    simd,
    onednn,
    node: process.versions.node,
    commit: commit.status === 0 ? commit.stdout.trim() : 'unknown',
    date: new Date().toISOString().slice(0, 10),
    cpuPressureBefore: cpuPressure(),
  };
}

const columns: [string, number, (result: CaseResult) => string][] = [
  ['case', 20, (r) => r.name],
  ['median ms', 10, (r) => r.medianMs.toFixed(1)],
  ['p10-p90', 15, (r) => `${r.p10Ms.toFixed(1)}-${r.p90Ms.toFixed(1)}`],
  ['images/s', 9, (r) => r.imagesPerSecond.toFixed(0)],
  ['GFLOP/s', 9, (r) => r.gflops.toFixed(0)],
  ['of peak', 8, (r) => `${(100 * r.ofPeak).toFixed(0)} %`],
  ['loop p99/max ms', 16, (r) => `${r.eventLoopP99Ms.toFixed(1)}/${r.eventLoopMaxMs.toFixed(1)}`],
  ['RSS MB', 7, (r) => r.peakMemoryMb.toFixed(0)],
  ['peer', 26, ({ peer }) => (peer ? `${peer.name} ${peer.medianMs.toFixed(1)} ms` : '')],
  ['ratio', 6, ({ peer }) => (peer ? peer.ratio.toFixed(2) : '')],
];

const row = (cells: string[]) =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(columns[i]?.[1] ?? 0)))
    .join(' ');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '5' }, out: { type: 'string' } },
});
const names = positionals.length > 0 ? positionals : cases.map((found) => found.name);
const host = machine();
console.log(
  `${host.cpu}, ${host.threads} threads, ${host.simd}, oneDNN ${host.onednn}, ${host.commit}`,
);
if (host.cpuPressureBefore > 5) {
  console.log(
    `CPU pressure ${host.cpuPressureBefore} %: something else is running, do not publish this`,
  );
}
console.log(row(columns.map(([title]) => title)));
const results: CaseResult[] = [];
for (const name of names) {
  const result = await runCase(name, values.seconds);
  results.push(result);
  console.log(row(columns.map(([, , text]) => text(result))));
}
if (values.out) {
  writeFileSync(values.out, `${JSON.stringify({ machine: host, results }, null, 2)}\n`);
}
