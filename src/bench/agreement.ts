/** Before a peer is timed: do its operators, and its whole pipeline, give what ours give? */
import { packRecipes } from '../degradation/pack.ts';
import type { Operation, Recipe } from '../degradation/recipe.ts';
import { native } from '../native.ts';
import { type DegradePeer, type PeerName, received, sent } from './degrade-peer.ts';
import { picture, planesOf } from './gt.ts';
import { PeerError } from './peer.ts';

const size = { height: 80, width: 96 };

/** The upper left of a picture, (3, height, width) in [0, 1]. */
function testImage(): Float32Array {
  const side = Math.max(size.height, size.width);
  const planes = planesOf(picture(side, 2), side);
  const image = new Float32Array(3 * size.height * size.width);
  for (let row = 0; row < 3 * size.height; row++) {
    const from = (Math.floor(row / size.height) * side + (row % size.height)) * side;
    image.set(planes.subarray(from, from + size.width), row * size.width);
  }
  return image;
}

export interface Trial {
  name: string;
  operation: Operation | 'usm';
  /** How far results may differ on [0, 1] before they are rounded to 8 bits … */
  tolerance: number;
  /** … in all but this share of the values: what rounds the other way at a tie. */
  ties: number;
}

const kernel = {
  ...{ kernelSize: 21, sigmaX: 2.6, sigmaY: 0.9, theta: 0.6, beta: 1.7, omega: 1.3 },
  ...{ shift: 0, index: 0 },
};
const kernels = [
  ...(['iso', 'aniso', 'generalizedIso', 'generalizedAniso'] as const),
  ...(['plateauIso', 'plateauAniso', 'sinc'] as const),
];

const blurs = (names: readonly (typeof kernels)[number][]): Trial[] =>
  names.map((name) => ({
    name: `blur ${name}`,
    operation: { op: 'blur', stage: 1, ...kernel, kernel: name },
    tolerance: 4e-6,
    ties: 0,
  }));

type Mode = 'area' | 'bilinear' | 'bicubic' | 'cvArea' | 'cvLinear' | 'cvCubic' | 'matlabBicubic';

const resizes = (modes: readonly Mode[], tolerance: number): Trial[] =>
  modes.flatMap((mode) =>
    [0.37, 1.27].map(
      (factor): Trial => ({
        name: `resize ${mode} x${factor}`,
        operation: { op: 'resize', stage: 1, mode, of: 'input', factor },
        tolerance,
        ties: 0,
      }),
    ),
  );

const jpegs = (backend: 'diffjpeg' | 'libjpeg', qualities: readonly number[]): Trial[] =>
  qualities.map((quality) => ({
    name: `${backend} at quality ${quality}`,
    operation: { op: 'jpeg', stage: 1, quality, backend, subsampling: '420' },
    tolerance: backend === 'libjpeg' ? 0 : 1e-4,
    ties: backend === 'libjpeg' ? 0 : 1e-3,
  }));

const ofBsrgan: readonly Trial[] = [
  ...blurs(['iso', 'aniso']),
  ...resizes(['cvArea', 'cvLinear', 'cvCubic', 'matlabBicubic'], 1e-5),
  ...jpegs('libjpeg', [40, 85]),
];

const trials: Record<PeerName, readonly Trial[]> = {
  torch: [
    ...blurs(kernels),
    ...resizes(['area', 'bilinear', 'bicubic'], 4e-6),
    ...jpegs('diffjpeg', [33.3, 71.9]),
    { name: 'usm', operation: 'usm', tolerance: 1e-5, ties: 1e-3 },
  ],
  opencv: ofBsrgan,
  scipy: ofBsrgan,
};

function recipeOf(operation: Operation): Recipe {
  return { seed: [1, 2], graySeed: [1, 2], scale: 1, operations: [operation] };
}

/** Our result: USM's as it is, others rounded to 8 bits. */
async function ours(image: Float32Array, operation: Trial['operation']): Promise<Float32Array> {
  const recipe = operation === 'usm' ? { ...recipeOf(clamp), operations: [] } : recipeOf(operation);
  const batch = await native.synthesizeFrom(image, { batch: 1, ...size }, packRecipes([recipe]), {
    usm: operation === 'usm',
    threads: 1,
    steps: recipe.operations.length,
  });
  const result = operation === 'usm' ? batch.gt() : batch.lq();
  batch.dispose();
  return result;
}

const clamp: Operation = { op: 'clamp', stage: 1 };

/** Share of the values that differ by more than `tolerance`; `rounding`: ours are rounded to 8 bits. */
export function shareBeyond(
  own: Float32Array,
  theirs: Float32Array,
  { tolerance, rounding }: { tolerance: number; rounding: boolean },
): number {
  if (own.length !== theirs.length) return 1;
  const room = tolerance + (rounding ? 0.5 / 255 : 0) + 1e-7;
  let beyond = 0;
  for (const [i, value] of own.entries()) {
    const other = theirs[i] as number;
    const expected = rounding ? Math.min(1, Math.max(0, other)) : other;
    if (!(Math.abs(value - expected) <= room)) beyond++;
  }
  return beyond / own.length;
}

function refuse(peer: DegradePeer, what: string, share: number): never {
  const much = `${(100 * share).toFixed(3)} % of the values`;
  throw new PeerError(peer.name, `its ${what} differs from evensr's at ${much}`);
}

/** Compares every operator that both have; how many trials that were. Throws PeerError. */
export async function checkOperators(peer: DegradePeer): Promise<number> {
  const image = testImage();
  const line = sent(image, [3, size.height, size.width]);
  for (const { name, operation, tolerance, ties } of trials[peer.name]) {
    const recipe = operation === 'usm' ? 'usm' : recipeOf(operation);
    const theirs = received(await peer.check(line, recipe));
    const own = await ours(image, operation);
    const rounding = operation !== 'usm';
    const share = shareBeyond(own, theirs, { tolerance, rounding });
    if (share > ties) refuse(peer, name, share);
  }
  return trials[peer.name].length;
}

/** How much of a picture the JPEGs of a recipe may round the other way, by more than a level. */
const pipelineShare = 0.02;

/** Compares recipes as a whole, their noise left out. Throws PeerError. */
export async function checkPipeline(
  peer: DegradePeer,
  recipes: readonly Recipe[],
  { levels, side }: { levels: Uint8Array; side: number },
): Promise<void> {
  const planes = planesOf(levels, side);
  for (const [number, recipe] of recipes.entries()) {
    const quiet = { ...recipe, operations: recipe.operations.filter(({ op }) => op !== 'noise') };
    const theirs = received(await peer.check(sent(planes, [3, side, side]), quiet));
    const batch = await native.synthesizeFrom(
      planes,
      { batch: 1, height: side, width: side },
      packRecipes([quiet]),
      { usm: false, threads: 1 },
    );
    const share = shareBeyond(batch.lq(), theirs, { tolerance: 1 / 255, rounding: true });
    batch.dispose();
    if (share > pipelineShare) refuse(peer, `recipe ${number}`, share);
  }
}
