/**
 * The damage of classical super-resolution (as in RDN, arXiv 1802.08797): MATLAB's bicubic
 * interpolation, BD (blur and decimation), DN (bicubic and noise).
 */
import type { Random } from '../../rng.ts';
import type { Operation } from '../recipe.ts';
import { noMix, pick, resizeToLq } from './draws.ts';
import { gaussianBlur } from './shuffled.ts';
import type { Probabilities } from './values.ts';

export interface ClassicSpace {
  readonly name: 'classic';
  readonly kindProbabilities: Probabilities<'bicubic' | 'BD' | 'DN'>;
  /** The Gaussian before the decimation. */
  readonly BD: { readonly size: number; readonly sigma: number };
  /** Standard deviation of Gaussian noise, in 8-bit units. */
  readonly DN: { readonly level: number };
}

export const classic: ClassicSpace = {
  name: 'classic',
  kindProbabilities: { bicubic: 1 / 3, BD: 1 / 3, DN: 1 / 3 },
  BD: { size: 7, sigma: 1.6 },
  DN: { level: 30 },
};

/** The operations of one recipe: one or two. */
export function drawClassic(
  random: Random,
  { kindProbabilities, BD, DN }: ClassicSpace,
): Operation[] {
  switch (pick(random, kindProbabilities)) {
    case 'bicubic':
      return [resizeToLq(1, 'matlabBicubic')];
    case 'BD': {
      const { size: kernelSize, sigma } = BD;
      return [gaussianBlur({ stage: 1, kernelSize, sigma, shift: 0 }), resizeToLq(1, 'decimate')];
    }
    case 'DN':
      return [
        resizeToLq(1, 'matlabBicubic'),
        {
          op: 'noise',
          stage: 1,
          type: 'gaussian',
          level: DN.level,
          channels: 'colour',
          mix: noMix,
          vals: 0,
        },
      ];
  }
}
