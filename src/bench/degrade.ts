/** The parts of `evensr bench degrade`, each measured on its own. */
import type { Recipe } from '../degradation/recipe.ts';
import { type DegradationSpace, realEsrganSpace, spaceDefaults } from '../degradation/space.ts';
import type { OperatorProfile } from '../native.ts';
import { checkOperators, checkPipeline } from './agreement.ts';
import { type DegradeCase, sampledRecipes } from './cases.ts';
import { type Contender, contest, type Patience } from './contest.ts';
import { DegradePeer, type PeerName } from './degrade-peer.ts';
import { floorOfAll, type Hardware, measureHardware } from './floor.ts';
import { GtFile, mostPictures } from './gt.ts';
import { type OperatorLine, operatorLines } from './operators.ts';
import { OwnRun } from './own-run.ts';
import type { PeerOptions } from './peer.ts';
import { PeerSet } from './peers.ts';
import type { RecordedCase } from './record.ts';
import { pairedRatio, summaryOf } from './statistics.ts';

export interface PeerNews {
  /** A contender that is there, and in how many trials its operators gave what evensr's give. */
  onReady(peer: DegradePeer, trials: number): void;
  /** One that is left out from now on, and why, in one line. */
  onLeftOut(name: string, reason: string): void;
}

/** The contenders whose operators give what ours give. */
export function startPeers(
  names: readonly PeerName[],
  options: PeerOptions,
  { onReady, onLeftOut }: PeerNews,
): Promise<PeerSet<DegradePeer>> {
  return PeerSet.start(names, {
    start: (name) => DegradePeer.start(name, options),
    admit: async (peer) => onReady(peer, await checkOperators(peer)),
    onLeftOut,
  });
}

/** How many of a case's recipes the peer's whole pipeline is compared on. */
const comparedRecipes = 3;

/** Share of the hardware's floor that a time of so many milliseconds for an image comes to. */
function shareOfFloor(
  profile: readonly OperatorProfile[],
  { images, threads, median }: { images: number; threads: number; median: number },
  hardware: Hardware,
): number {
  return floorOfAll(profile, hardware) / images / threads / (median * 1e6);
}

async function prepared(peer: DegradePeer, found: DegradeCase, gt: GtFile, recipes: Recipe[]) {
  const levels = gt.pictures[0] as Uint8Array;
  const { side, usm, images, peerBatch: batch } = found;
  await checkPipeline(peer, recipes.slice(0, comparedRecipes), { levels, side });
  await peer.prepare({ gt: gt.path, side, batch, usm, recipes });
  const contender: Contender = { once: async () => (await peer.once()) / images };
  return contender;
}

export interface ContestOptions {
  threads: number;
  patience: Patience;
  /** Images of ours in one call: enough of them keep all threads busy to its end. */
  leastBatch: number;
}

/** Times one pipeline against its peers: checked first, then in turn. Throws E_RESULT, PeerError. */
export async function timeCase(
  found: DegradeCase,
  peers: readonly DegradePeer[],
  { threads, patience, leastBatch }: ContestOptions,
): Promise<RecordedCase> {
  const gt = new GtFile(found.side, found.images);
  try {
    const recipes = found.recipes();
    const run = new OwnRun(gt, recipes, { usm: found.usm, threads, leastBatch });
    await run.check();
    const profile = await run.profile();
    const hardware = await measureHardware(found.side);
    const contenders: Contender[] = [run];
    for (const peer of peers) contenders.push(await prepared(peer, found, gt, recipes));
    const [own = [], ...theirs] = await contest(contenders, patience);
    const time = summaryOf(own);
    const { images } = run;
    return {
      ...{ name: found.name, unit: 'ms/image', ...time },
      floorShare: shareOfFloor(profile, { images, threads, median: time.median }, hardware),
      peers: peers.map(({ name, version }, at) => ({
        ...{ name, version, median: summaryOf(theirs[at] ?? []).median },
        ratio: pairedRatio(theirs[at] ?? [], own),
      })),
    };
  } finally {
    gt.dispose();
  }
}

/** A pipeline whose operators are timed; every decision is drawn for each image. */
export interface OperatorPipeline {
  readonly space: DegradationSpace;
  readonly side: number;
  readonly usm: boolean;
}

export const operatorPipelines: readonly OperatorPipeline[] = [
  { space: realEsrganSpace, side: 256, usm: true },
  { space: spaceDefaults.bsrgan, side: 400, usm: false },
];

/** The operators of a pipeline on one thread, from `rounds` profiles of a batch. */
export async function timeOperators(
  { space, side, usm }: OperatorPipeline,
  { images, rounds }: { images: number; rounds: number },
): Promise<{ lines: OperatorLine[]; hardware: Hardware }> {
  const gt = new GtFile(side, mostPictures);
  try {
    const recipes = sampledRecipes(space, images);
    const run = new OwnRun(gt, recipes, { usm, threads: 1, leastBatch: images });
    const profiles: (readonly OperatorProfile[])[] = [];
    await run.profile();
    for (let round = 0; round < rounds; round++) profiles.push(await run.profile());
    const hardware = await measureHardware(side);
    return { lines: operatorLines(profiles, images, hardware), hardware };
  } finally {
    gt.dispose();
  }
}
