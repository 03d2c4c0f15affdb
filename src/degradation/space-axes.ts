/** Axes that tell apart what `classic` and `realsr` do; other spaces' recipes have one value there. */
import type { Axis } from './axes.ts';
import type { Recipe } from './recipe.ts';

/** By its operations: 0 neither blur nor noise, 1 blur, 2 noise. */
function kindOf({ operations }: Recipe): number {
  if (operations.some(({ op }) => op === 'noise')) return 2;
  return operations.some(({ op }) => op === 'blur') ? 1 : 0;
}

function downscaleOf({ operations }: Recipe): number {
  return Number(operations.some((found) => found.op === 'blur' && found.kernel === 'bank'));
}

function patchOf({ operations }: Recipe): number {
  const found = operations.find((operation) => operation.op === 'inject');
  return found ? found.patch : -1;
}

export const spaceAxes: readonly Axis[] = [
  {
    name: 'kind',
    label: 'kind of classic (0 bicubic, 1 BD, 2 DN)',
    of: kindOf,
    kinds: [
      { word: 'bicubic', look: 'bicubic interpolation' },
      { word: 'bd', look: 'blur and decimation' },
      { word: 'dn', look: 'bicubic interpolation and noise' },
    ],
  },
  {
    name: 'downscale',
    label: 'how it is shrunk (0 bicubic, 1 estimated kernel)',
    of: downscaleOf,
    kinds: [
      { word: 'bicubic', look: 'bicubic interpolation' },
      { word: 'kernel', look: 'estimated blur kernel and decimation' },
    ],
  },
  {
    name: 'noisePatch',
    label: 'number in the noise bank, whose noise rises (-1 none)',
    of: patchOf,
    levels: {
      1: [
        { word: 'quiet', look: 'the less noisy half of the noise bank' },
        { word: 'noisy', look: 'the noisier half of the noise bank' },
      ],
    },
  },
];
