/** Times one network against its peers: first compared, then in turn, then the memory of each. */
import { native } from '../../native.ts';
import { macsPerPixel } from '../../network/macs.ts';
import { contest, type Patience } from '../contest.ts';
import type { MemoryPeak, RecordedCase, RecordedPeer } from '../record.ts';
import { pairedRatio, summaryOf } from '../statistics.ts';
import { comparedSteps, compareResults, fastestThatAgrees } from './agreement.ts';
import type { NetworkCase } from './cases.ts';
import { ownMemory } from './memory.ts';
import { type NetworkResult, OwnNetwork } from './own.ts';
import type { Choice, NetworkPeer, Search } from './peer.ts';
import type { Shares } from './shares.ts';
import { NetworkWork } from './work.ts';

/** Steps or pictures of a process whose memory is watched: the first ones make what later ones use. */
const memoryRounds = 2;

const profiledRounds = 2;

export interface NetworkContestOptions {
  threads: number;
  patience: Patience;
  search: Search;
  /** One line about what a peer chose and how near its results are. */
  onChosen(line: string): void;
}

/**
 * Arithmetic of one step or batch in GFLOP, as direct convolutions need it (a multiply-add is two). A
 * training step has three convolutions for each: forward, and the gradients of input and weights.
 */
export function directGflop({ job, shape }: NetworkCase, macs: number): number {
  const passes = job === 'train' ? 3 : 1;
  return 2e-9 * passes * macs * shape.batch * shape.side ** 2;
}

/** Of what a GAN's step has beside its generator. */
function ganGflop({ found: { shape }, gan, spec }: NetworkWork): number {
  const pixels = shape.batch * (shape.side * spec.scale) ** 2;
  return gan ? 2e-9 * gan.macsPerGtPixel() * pixels : 0;
}

async function prepared(
  peer: NetworkPeer,
  work: NetworkWork,
  own: NetworkResult,
  { search, onChosen }: NetworkContestOptions,
): Promise<Choice> {
  await peer.prepare(work.forPeers());
  const { choice, distances } = await fastestThatAgrees(
    await peer.choose(search),
    (variant) => peer.begin(variant),
    () => compareResults(peer, work, own),
  );
  const texts = [
    ...Object.entries(distances).map(([what, far]) => `${what} ${far.toExponential(1)} apart`),
    ...Object.entries(choice.leftOut).map(([name, why]) => `${name} left out: ${why}`),
    ...Object.entries(choice.trials).map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`),
  ];
  onChosen(`peer ${peer.name} ${peer.version}: ${choice.variant}; ${texts.join(', ')}`);
  return choice;
}

interface Timed {
  /** GFLOP/s of all threads. */
  peak: number;
  own: number[];
  /** Of each peer. */
  theirs: number[][];
  choices: Choice[];
}

/** Compares everybody with our own results, then takes turns. */
async function timed(
  work: NetworkWork,
  peers: readonly NetworkPeer[],
  options: NetworkContestOptions,
): Promise<Timed> {
  const network = await OwnNetwork.start(work);
  try {
    const result = await network.result(comparedSteps);
    const choices: Choice[] = [];
    for (const peer of peers) choices.push(await prepared(peer, work, result, options));
    const peak = await native.measurePeak(work.threads);
    // A training step follows another; a picture may be the only one.
    const patience = { ...options.patience, warmUps: work.found.job === 'train' ? 1 : 0 };
    const [own = [], ...theirs] = await contest([network, ...peers], patience);
    return { peak, own, theirs, choices };
  } finally {
    network.dispose();
  }
}

/** Apart from what is timed: clocks cost a little. */
async function sharesIn(work: NetworkWork): Promise<Shares> {
  const network = await OwnNetwork.start(work, { profile: true });
  try {
    return await network.shares(profiledRounds);
  } finally {
    network.dispose();
  }
}

/** Nothing on a system that does not tell the memory of a process. */
const known = (memory: MemoryPeak) => (memory.peak > 0 ? { memory } : {});

/** Throws PeerError, E_MEMORY. */
export async function timeNetworkCase(
  found: NetworkCase,
  peers: readonly NetworkPeer[],
  options: NetworkContestOptions,
): Promise<RecordedCase> {
  const { threads } = options;
  const work = new NetworkWork(found, threads);
  try {
    await work.share();
    const { peak, own, theirs, choices } = await timed(work, peers, options);
    const shares = await sharesIn(work);
    const memory = await ownMemory({ found, threads, rounds: memoryRounds });
    const recorded: RecordedPeer[] = [];
    for (const [at, peer] of peers.entries()) {
      const { variant, leftOut } = choices[at] as Choice;
      const times = theirs[at] ?? [];
      recorded.push({
        ...{ name: peer.name, version: peer.version, variant, median: summaryOf(times).median },
        ratio: pairedRatio(times, own),
        ...(Object.keys(leftOut).length > 0 ? { leftOut } : {}),
        ...known(await peer.memory(work.forPeers(), variant, memoryRounds)),
      });
    }
    const time = summaryOf(own);
    const gflop = directGflop(found, macsPerPixel(work.spec)) + ganGflop(work);
    const gflops = (1000 * gflop) / time.median;
    return {
      ...{ name: found.name, unit: found.job === 'train' ? 'ms/step' : 'ms/picture', ...time },
      ...{ floorShare: gflops / peak, gflops, shares, ...known(memory), peers: recorded },
    };
  } finally {
    work.dispose();
  }
}
