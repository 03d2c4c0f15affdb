import type { PictureInfo } from './picture.ts';

/** Names that sharp gives to the colour spaces of rows. */
export type ColourSpace = 'b-w' | 'grey16' | 'srgb' | 'rgb16';

/** Where numbers of this kind pass through sharp unchanged. */
export function spaceOf({ channels, depth }: Pick<PictureInfo, 'channels' | 'depth'>): ColourSpace {
  if (channels > 2) return depth === 16 ? 'rgb16' : 'srgb';
  return depth === 16 ? 'grey16' : 'b-w';
}
