/** Contenders that degrade pictures. */
import type { Recipe } from '../degradation/recipe.ts';
import { type PeerOptions, PeerProcess } from './peer.ts';

/** The contenders and their scripts. */
const peerScripts = {
  torch: 'realesrgan.py',
  opencv: 'bsrgan.py',
  scipy: 'bsrgan_published.py',
} as const;

export type PeerName = keyof typeof peerScripts;

export const peerNames = Object.freeze(Object.keys(peerScripts)) as readonly PeerName[];

/** A planar image (3, H, W) as a line can hold it: float32 in base64. */
export interface SentImage {
  shape: number[];
  values: string;
}

export interface PeerWork {
  /** File of the gt crops: raw uint8, (N, side, side, 3). */
  gt: string;
  side: number;
  /** Images that the peer handles together. */
  batch: number;
  usm: boolean;
  recipes: readonly Recipe[];
}

export class DegradePeer extends PeerProcess<PeerName> {
  /** @throws PeerError when Python or a module is not there */
  static start(name: PeerName, options: PeerOptions): Promise<DegradePeer> {
    return new DegradePeer(name, peerScripts[name], options).greeted();
  }

  async prepare(work: PeerWork): Promise<void> {
    await this.ask('prepare', work);
  }

  /** What the recipe makes of an image, not rounded to 8 bits; `usm` sharpens it. */
  async check(image: SentImage, recipe: Recipe | 'usm'): Promise<SentImage> {
    return (await this.ask('check', { image, recipe })) as SentImage;
  }
}

export function sent(values: Float32Array, shape: number[]): SentImage {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return { shape, values: bytes.toString('base64') };
}

export function received(image: SentImage): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(image.values, 'base64')).buffer);
}
