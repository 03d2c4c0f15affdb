/** Runs one case in this process and sends its result to the parent. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { native } from '../src/native.ts';
import { type CaseResult, percentile } from './case.ts';
import { cases } from './cases.ts';

const resolutionMs = 1;

function peerResult(name: string, peerTimes: readonly number[], times: readonly number[]) {
  const sorted = peerTimes.toSorted((a, b) => a - b);
  const ratios = peerTimes.map((time, i) => time / (times[i] as number)).sort((a, b) => a - b);
  return {
    name,
    medianMs: percentile(sorted, 0.5),
    p10Ms: percentile(sorted, 0.1),
    p90Ms: percentile(sorted, 0.9),
    ratio: percentile(ratios, 0.5),
  };
}

async function timeCase(name: string, seconds: number): Promise<CaseResult> {
  const found = cases.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no benchmark is called ${name}`);
  const prepared = await found.prepare();
  await prepared.check();
  const peakGflops = await native.measurePeak(native.info().threads);
  const { peer } = prepared;
  for (let i = 0; i < 3; i++) await prepared.once();
  for (let i = 0; peer && i < 2; i++) await peer.once();

  let eventLoopP99Ms = 0;
  let eventLoopMaxMs = 0;
  const times: number[] = [];
  const peerTimes: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (times.length < 20 || performance.now() < end) {
    // One for each sample: what was blocked while the peer ran must not count.
    const delay = monitorEventLoopDelay({ resolution: resolutionMs });
    delay.enable();
    times.push(await prepared.once());
    delay.disable();
    eventLoopP99Ms = Math.max(eventLoopP99Ms, delay.percentile(99) / 1e6 - resolutionMs);
    eventLoopMaxMs = Math.max(eventLoopMaxMs, delay.max / 1e6 - resolutionMs);
    if (peer) peerTimes.push(await peer.once());
  }

  const sorted = times.toSorted((a, b) => a - b);
  const medianMs = percentile(sorted, 0.5);
  const gflops = (prepared.gflop / medianMs) * 1000;
  return {
    name,
    work: found.work,
    samples: times.length,
    medianMs,
    p10Ms: percentile(sorted, 0.1),
    p90Ms: percentile(sorted, 0.9),
    imagesPerSecond: (prepared.images / medianMs) * 1000,
    gflops,
    ofPeak: gflops / peakGflops,
    peakGflops,
    eventLoopP99Ms,
    eventLoopMaxMs,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
    ...(peer ? { peer: peerResult(peer.name, peerTimes, times) } : {}),
  };
}

const [name, seconds] = process.argv.slice(2);
process.send?.(await timeCase(name ?? '', Number(seconds ?? 5)));
