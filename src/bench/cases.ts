/** The pipelines that are timed against peers. */
import { sampleCompatBatch } from '../degradation/compat.ts';
import type { Recipe } from '../degradation/recipe.ts';
import { sampleRecipe } from '../degradation/sample.ts';
import { type DegradationSpace, realEsrganSpace, spaceDefaults } from '../degradation/space.ts';
import type { PeerName } from './degrade-peer.ts';

export interface DegradeCase {
  readonly name: string;
  /** Side of the gt crops in pixels. */
  readonly side: number;
  readonly usm: boolean;
  /** How many images every contender degrades in one sample of time. */
  readonly images: number;
  /** Images that the peer handles together. */
  readonly peerBatch: number;
  readonly peers: readonly PeerName[];
  recipes(): Recipe[];
}

export const scale = 4;
const seed = 1;

/**
 * Real-ESRGAN's draws, a batch of 12 at a time as its training does: decisions that are taken once a
 * batch hold for the peer and for us, so that both do the same work.
 */
function compatRecipes(images: number, size: number): Recipe[] {
  return Array.from({ length: images / size }, (_, batch) =>
    sampleCompatBatch(realEsrganSpace, { seed, batch, size, scale }),
  ).flat();
}

/** Draws with every decision taken for each image. */
export function sampledRecipes(space: DegradationSpace, images: number): Recipe[] {
  return Array.from({ length: images }, (_, index) => sampleRecipe(space, { seed, index, scale }));
}

function realEsrganCase(side: number, usm: boolean): DegradeCase {
  // The dense USM of the reference takes a second for an image: fewer of them, in smaller batches.
  const [images, peerBatch] = usm ? [12, 4] : [side > 256 ? 24 : 48, 12];
  return {
    name: `degrade/${side}${usm ? '+usm' : ''}`,
    ...{ side, usm, images, peerBatch, peers: ['torch'] },
    recipes: () => compatRecipes(images, peerBatch),
  };
}

/** With OpenCV at its best, and with blurs as the published code computes them. */
const bsrganPeers: readonly PeerName[] = ['opencv', 'scipy'];

/** BSRGAN draws and degrades image by image, in the data loader's processes. */
const bsrganCase: DegradeCase = {
  ...{ name: 'bsrgan/400', side: 400, usm: false, images: 48, peerBatch: 1, peers: bsrganPeers },
  recipes: () => sampledRecipes(spaceDefaults.bsrgan, 48),
};

export const degradeCases: readonly DegradeCase[] = [
  realEsrganCase(256, false),
  realEsrganCase(256, true),
  realEsrganCase(400, false),
  realEsrganCase(400, true),
  bsrganCase,
];
