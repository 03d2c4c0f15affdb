/**
 * The decisions of TGSR (Zhang et al., "Real-World Image Super-Resolution as Multi-Task Learning", NeurIPS
 * 2023): which fixed recipes a shared network is not good at, and which of them belong together. What the
 * formula of the indicator is could not be read; ours is the ratio of losses that its description suggests.
 */

/** What TGSR uses, as far as it is known; the thresholds are taken to be in dB. */
export const tgsrThresholds = [0.8, 0.6, 0.4, 0.2] as const;
export const tgsrFlaggedShare = 0.4;

const finiteMean = (values: readonly number[]): number | null => {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? null : finite.reduce((a, b) => a + b, 0) / finite.length;
};

/**
 * Performance indicator of a recipe: mean loss of the fine-tuned network over that of the network it began
 * from, on the same batches, those of the last iterations. Near 1 or above it: fine-tuning did not help,
 * the recipe is solved already.
 * @param before,after loss of each of these batches; pairs that are not both finite are left out
 * @returns null when nothing can be said
 */
export function indicatorOf(before: readonly number[], after: readonly number[]): number | null {
  const usable = before.map((loss, i) => Number.isFinite(loss) && Number.isFinite(after[i]));
  const mean = (losses: readonly number[]) => finiteMean(losses.filter((_, i) => usable[i]));
  const [first, last] = [mean(before), mean(after)];
  return first === null || last === null || !(first > 0) ? null : last / first;
}

/**
 * The recipes that improve most: those with the lowest indicators, as many as `share` of all (rounded), in
 * rising order of their numbers. Of equal indicators the first come first; those without one are never
 * flagged.
 */
export function flaggedRecipes(indicators: readonly (number | null)[], share: number): number[] {
  const known = indicators.flatMap((indicator, recipe) =>
    indicator === null ? [] : [{ recipe, indicator }],
  );
  known.sort((a, b) => a.indicator - b.indicator || a.recipe - b.recipe);
  const count = Math.round(share * indicators.length);
  return known
    .slice(0, count)
    .map(({ recipe }) => recipe)
    .sort((a, b) => a - b);
}

/**
 * What joint fine-tuning on some recipes gains on each of them, in dB; null where it is not known. Nothing
 * when it was stopped.
 */
export type GainsOf = (
  recipes: readonly number[],
  round: number,
) => Promise<readonly (number | null)[] | undefined>;

export interface Round {
  readonly threshold: number;
  /** The recipes that were trained on, and what each gained in dB. */
  readonly recipes: readonly number[];
  readonly gains: readonly (number | null)[];
  /** Those above the threshold: the group. */
  readonly group: readonly number[];
}

/**
 * TGSR's grouping. In every round the network is fine-tuned on all recipes that are in no group yet;
 * those that gain more than the round's threshold form a group and leave. Where no recipe left, the next
 * round trains on the same ones: its gains are those of the round before, and are not asked for again.
 * @returns nothing when `gainsOf` returned nothing
 */
export async function groupRecipes(
  flagged: readonly number[],
  thresholds: readonly number[],
  gainsOf: GainsOf,
): Promise<Round[] | undefined> {
  const rounds: Round[] = [];
  let left = [...flagged];
  for (const [number, threshold] of thresholds.entries()) {
    if (left.length === 0) break;
    const last = rounds.at(-1);
    const known = last && last.group.length === 0 ? last.gains : await gainsOf(left, number);
    if (!known) return undefined;
    const isAbove = (_: number, i: number) => (known[i] ?? Number.NEGATIVE_INFINITY) > threshold;
    const group = left.filter(isAbove);
    rounds.push({ threshold, recipes: left, gains: known, group });
    left = left.filter((_, i) => !isAbove(_, i));
  }
  return rounds;
}
