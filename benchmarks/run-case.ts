/** Runs one case in this process and sends its result to the parent. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pairedRatio, summaryOf } from '../src/bench/statistics.ts';
import { native } from '../src/native.ts';
import type { CaseResult, PreparedCase } from './case.ts';
import { cases } from './cases.ts';

const resolutionMs = 1;

/** Times the case and its peer in turn, and how long the event loop was blocked by the case. */
async function sample({ once, peer }: PreparedCase, seconds: number) {
  for (let i = 0; i < 3; i++) await once();
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
    times.push(await once());
    delay.disable();
    eventLoopP99Ms = Math.max(eventLoopP99Ms, delay.percentile(99) / 1e6 - resolutionMs);
    eventLoopMaxMs = Math.max(eventLoopMaxMs, delay.max / 1e6 - resolutionMs);
    if (peer) peerTimes.push(await peer.once());
  }
  return { times, peerTimes, eventLoopP99Ms, eventLoopMaxMs };
}

async function timeCase(name: string, seconds: number): Promise<CaseResult> {
  const found = cases.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no benchmark is called ${name}`);
  const prepared = await found.prepare();
  await prepared.check();
  const peakGflops = await native.measurePeak(native.info().threads);
  const { times, peerTimes, ...eventLoop } = await sample(prepared, seconds);
  const { peer, unit, images, gflop } = prepared;
  const time = summaryOf(times);
  const floor = prepared.floor ?? (1000 * gflop) / peakGflops;
  const peers = peer
    ? [
        {
          ...{ name: peer.name, version: peer.version, median: summaryOf(peerTimes).median },
          ratio: pairedRatio(peerTimes, times),
        },
      ]
    : [];
  return {
    recorded: { name, unit, ...time, floorShare: floor / time.median, peers },
    imagesPerSecond: (images / time.median) * 1000,
    gflops: (gflop / time.median) * 1000,
    ...eventLoop,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024,
  };
}

const [name, seconds] = process.argv.slice(2);
process.send?.(await timeCase(name ?? '', Number(seconds ?? 5)));
