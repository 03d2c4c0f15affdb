/** Before a peer is timed: does it compute what the native core computes? */
import { PeerError } from '../peer.ts';
import type { Dtype } from './cases.ts';
import type { NetworkResult } from './own.ts';
import type { Choice, NetworkPeer } from './peer.ts';
import type { NetworkWork } from './work.ts';

/** Steps whose losses are compared: the first ones show Adam's updates, too. */
export const comparedSteps = 3;

/**
 * How far results may lie apart, relative to their 2-norm. In fp32 gradients, and losses after an update, are
 * allowed more: an activation whose input is within rounding of 0 may take either slope. PyTorch's gradients of
 * contiguous and channels_last tensors lie up to 1.3e-5 apart in the same cases.
 */
export const tolerances: Record<Dtype, { output: number; step: number }> = {
  fp32: { output: 1e-5, step: 5e-5 },
  bf16: { output: 2e-2, step: 2e-2 },
};

/**
 * A GAN's gradients pass signs of the differences of features and largest values of windows, so that rounding
 * decides more often: so many times the distance of other steps.
 */
const ganFactor = 10;

/** A peer computes something else. */
export class Disagreement extends PeerError {}

/** ||theirs - own|| / ||own|| in the 2-norm; infinite for another length, NaN for what is not finite. */
export function relativeDistance(own: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (own.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < own.length; i++) {
    const value = own[i] as number;
    difference += ((theirs[i] as number) - value) ** 2;
    norm += value ** 2;
  }
  return Math.sqrt(difference / norm);
}

/** Distances of a peer's output, losses and gradients, by name. */
export type Distances = Readonly<Record<string, number>>;

/** Compares what the peer computes from the same weights. Throws Disagreement, PeerError. */
export async function compareResults(
  peer: NetworkPeer,
  work: NetworkWork,
  own: NetworkResult,
): Promise<Distances> {
  const { dtype, name } = work.found;
  const { output, step: plain } = tolerances[dtype === 'bf16' ? dtype : peer.dtype];
  const step = work.gan ? ganFactor * plain : plain;
  const distances: Record<string, number> = {};
  const compare = (
    what: string,
    allowed: number,
    ...[ours, theirs]: [ArrayLike<number>, ArrayLike<number>]
  ) => {
    const distance = relativeDistance(ours, theirs);
    distances[what] = distance;
    if (distance <= allowed) return;
    const far = `${distance.toExponential(1)} > ${allowed}`;
    throw new Disagreement(peer.name, `its ${what} of ${name} differ from evensr's: ${far}`);
  };
  const losses = await peer.check(comparedSteps);
  compare('pixels', output, own.output, work.read('output'));
  if (own.gradients) {
    compare('gradients', step, own.gradients, work.read('gradients'));
    for (const [name, ours] of Object.entries(own.losses))
      compare(name === 'loss' ? 'losses' : `${name} losses`, step, ours, losses[name] ?? []);
  }
  if (own.discriminatorGradients) {
    const theirs = work.read('discriminatorGradients');
    compare("discriminator's gradients", step, own.discriminatorGradients, theirs);
  }
  return distances;
}

/** The variants that a peer tried, the fastest first; its only one when it names no trials. */
function byTime({ variant, trials }: Choice): string[] {
  const tried = Object.entries(trials).sort(([, a], [, b]) => a - b);
  return tried.length > 0 ? tried.map(([name]) => name) : [variant];
}

/**
 * The fastest variant that `compare` does not reject with a Disagreement: a compiler may be fast and
 * wrong. Those before it are left out, with the reason. Rejects with the Disagreement of the last one.
 */
export async function fastestThatAgrees(
  choice: Choice,
  begin: (variant: string) => Promise<void>,
  compare: () => Promise<Distances>,
): Promise<{ choice: Choice; distances: Distances }> {
  const leftOut = { ...choice.leftOut };
  const variants = byTime(choice);
  for (let at = 0; ; at++) {
    const variant = variants[at] as string;
    try {
      if (variant !== choice.variant) await begin(variant);
      return { choice: { ...choice, variant, leftOut }, distances: await compare() };
    } catch (error) {
      if (!(error instanceof Disagreement) || at === variants.length - 1) throw error;
      leftOut[variant] = error.message;
    }
  }
}
