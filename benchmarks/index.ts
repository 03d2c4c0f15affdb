/**
 * `npm run bench [-- NAME…] [--seconds N] [--out FILE]`: every case in a process of its own, its
 * result checked before it is timed, against the fp32 peak measured in the same process.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { busyAbove, cpuPressure } from '../src/bench/pressure.ts';
import { type BenchmarkRecord, describeMachine, type RecordedPeer } from '../src/bench/record.ts';
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

const columns: [string, number, (result: CaseResult) => string][] = [
  ['case', 20, ({ recorded }) => recorded.name],
  ['median', 18, ({ recorded }) => `${recorded.median.toFixed(2)} ${recorded.unit}`],
  ['p10-p90', 17, ({ recorded: { p10, p90 } }) => `${p10.toFixed(2)}-${p90.toFixed(2)}`],
  ['images/s', 9, (r) => r.imagesPerSecond.toFixed(0)],
  ['GFLOP/s', 9, (r) => r.gflops.toFixed(0)],
  ['of floor', 8, ({ recorded }) => `${(100 * recorded.floorShare).toFixed(0)} %`],
  ['loop p99/max ms', 16, (r) => `${r.eventLoopP99Ms.toFixed(1)}/${r.eventLoopMaxMs.toFixed(1)}`],
  ['RSS MB', 7, (r) => r.peakMemoryMb.toFixed(0)],
  ['peer', 26, ({ recorded: { peers } }) => peers.map(peerText).join()],
  ['ratio', 6, ({ recorded: { peers } }) => peers.map(({ ratio }) => ratio.toFixed(2)).join()],
];

const peerText = ({ name, median }: RecordedPeer) => `${name} ${median.toFixed(1)}`;

const row = (cells: string[]) =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(20) : cell.padStart(columns[i]?.[1] ?? 0)))
    .join(' ');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '5' }, out: { type: 'string' } },
});
const names = positionals.length > 0 ? positionals : cases.map((found) => found.name);
const about = describeMachine(native.info().threads);
const pressure = cpuPressure();
console.log(`${about.cpu}; ${about.machine}; commit ${about.commit}`);
if (pressure > busyAbove) {
  console.log(`CPU pressure ${pressure} %: something else is running, nothing is recorded`);
}
console.log(row(columns.map(([title]) => title)));
const results: CaseResult[] = [];
for (const name of names) {
  const result = await runCase(name, values.seconds);
  results.push(result);
  console.log(row(columns.map(([, , text]) => text(result))));
}
if (values.out && !(pressure > busyAbove)) {
  const record: BenchmarkRecord = { ...about, cases: results.map(({ recorded }) => recorded) };
  writeFileSync(values.out, `${JSON.stringify(record, null, 2)}\n`);
}
