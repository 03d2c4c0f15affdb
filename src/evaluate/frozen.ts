/**
 * Frozen-seed test sets: which crop of which photograph is degraded how, as a pure function of a seed.
 * Every network is scored on the same images, and all tasks on the same crops.
 */
import type { Recipe } from '../degradation/recipe.ts';
import type { Task } from '../degradation/region.ts';
import { sampleRecipe } from '../degradation/sample.ts';
import { leastGtSide } from '../degradation/smallest.ts';
import type { DegradationSpace } from '../degradation/space.ts';
import { EvensrError, exitCodes } from '../errors.ts';
import type { CropRequest } from '../native.ts';
import { Random, streams } from '../rng.ts';

/** Id of the set of plain draws from the whole space. */
export const naturalSet = 'natural';

export interface FrozenSet {
  id: string;
  /** Stands for the set in random keys: the set's draws do not depend on which others are made. */
  key: number;
  /** Absent for the natural mixture. */
  task?: Task;
}

export interface FrozenSample {
  set: FrozenSet;
  photo: number;
  /** How many samples of this set the photograph has had before. */
  repetition: number;
  /** Of the gt crop, without its margin. */
  top: number;
  left: number;
  /** With `drawSeed`, what the recipe was drawn by (SampleOptions). */
  index: number;
  drawSeed: number;
  recipe: Recipe;
}

export interface FrozenPlan {
  photos: readonly { height: number; width: number; name: string }[];
  space: DegradationSpace;
  sets: readonly FrozenSet[];
  scale: number;
  /** Side of the gt crop, a multiple of the scale. */
  crop: number;
  /** lq pixels around it that are degraded with it; every photograph must hold both. */
  margin: number;
  samplesPerSet: number;
  seed: number;
}

/** The natural mixture and every task, in this order. */
export function allSets(tasks: readonly Task[]): FrozenSet[] {
  return [
    { id: naturalSet, key: 0 },
    ...tasks.map((task, index) => ({ id: task.id, key: index + 1, task })),
  ];
}

/**
 * The sets with these ids, in their own order.
 * @throws E_TASK when an id is not known
 */
export function chooseSets(sets: readonly FrozenSet[], ids: readonly string[]): FrozenSet[] {
  const unknown = ids.find((id) => !sets.some((set) => set.id === id));
  if (unknown !== undefined) {
    throw new EvensrError('E_TASK', exitCodes.usage, `there is no task ${unknown}`, {
      hint: `known: ${sets.map((set) => set.id).join(', ')}`,
    });
  }
  return sets.filter((set) => ids.includes(set.id));
}

/** Side of the gt crop together with its margin, which is given in lq pixels. */
export function sideWithMargin(crop: number, margin: number, scale: number): number {
  return crop + 2 * margin * scale;
}

/** Throws E_CROP unless gt crops of this side can be degraded: a multiple of the scale, not too small. */
export function requireCrop(
  crop: number,
  { scale, margin, space }: { scale: number; margin: number; space: DegradationSpace },
): void {
  const least = Math.max(scale, leastGtSide(space, scale) - 2 * margin * scale);
  if (crop % scale === 0 && crop >= least) return;
  const rounded = Math.ceil(Math.max(crop, least) / scale) * scale;
  const problem =
    crop < least ? `is too small, ${least} is the least` : `is no multiple of ${scale}`;
  throw new EvensrError('E_CROP', exitCodes.usage, `a gt crop of ${crop} ${problem}`, {
    hint: `for example --crop ${rounded}`,
  });
}

/** Side of SSIM's window. */
const leastScored = 11;

/** Throws E_CROP unless enough of a crop is left to be scored when `border` pixels are cut off. */
export function requireBorder(border: number, crop: number): void {
  const most = Math.floor((crop - leastScored) / 2);
  if (border <= most) return;
  const problem = `a border of ${border} leaves too little of a gt crop of ${crop} to be scored`;
  throw new EvensrError('E_CROP', exitCodes.usage, problem, { hint: `at most --border ${most}` });
}

/** More crops of one photograph would repeat. */
export const cropsPerPhoto = 2 ** 20;
const setSize = 2 ** 32;

/** Recipes come from a seed of their own, so that no test image repeats a draw of training. */
function recipeSeed(seed: number): number {
  return new Random(seed, streams.evaluation, 2 ** 52).integer(2 ** 53);
}

/**
 * The `ordinal`-th sample of any set, a pure function of the plan: samples of a set go round the
 * photographs. `index` numbers the sample among all sets, as the random keys do.
 */
export function frozenSampler(plan: Omit<FrozenPlan, 'sets' | 'samplesPerSet'>) {
  const { photos, space, scale, crop, margin, seed } = plan;
  const side = sideWithMargin(crop, margin, scale);
  const drawSeed = recipeSeed(seed);
  return (set: FrozenSet, ordinal: number): FrozenSample => {
    const photo = ordinal % photos.length;
    const repetition = Math.floor(ordinal / photos.length);
    const { height, width } = photos[photo] as { height: number; width: number };
    const random = new Random(seed, streams.evaluation, photo * cropsPerPhoto + repetition);
    const top = margin * scale + random.integer(height - side + 1);
    const left = margin * scale + random.integer(width - side + 1);
    const index = set.key * setSize + ordinal;
    const task = set.task === undefined ? {} : { task: set.task };
    const recipe = sampleRecipe(space, { seed: drawSeed, index, scale, ...task });
    return { set, photo, repetition, top, left, index, drawSeed, recipe };
  };
}

/** All samples of a plan, set after set. */
export function freezeSamples(plan: FrozenPlan): FrozenSample[] {
  const sample = frozenSampler(plan);
  return plan.sets.flatMap((set) =>
    Array.from({ length: plan.samplesPerSet }, (_, ordinal) => sample(set, ordinal)),
  );
}

/** Upright crops with their margins, as the addon cuts them; `photo` counts in the pack. */
export function cropRequest(
  places: readonly { photo: number; top: number; left: number }[],
  { crop, margin, scale }: { crop: number; margin: number; scale: number },
): CropRequest {
  const around = margin * scale;
  const crops = Int32Array.from(
    places.flatMap(({ photo, top, left }) => [photo, top - around, left - around, 0, 0, 0]),
  );
  return { size: sideWithMargin(crop, margin, scale), margin, crops };
}
