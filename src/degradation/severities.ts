/** How bad a degradation is, in the few numbers that a network can be asked to estimate. */
import { bottleneck, effectiveNoise, noiseInLq } from './axes.ts';
import type { Recipe } from './recipe.ts';

export const severityNames = ['bottleneck', 'noise', 'noiseInLq'] as const;
export type SeverityName = (typeof severityNames)[number];

/** An 8-bit deviation that few draws of Real-ESRGAN's space exceed. */
const strongNoise = 30;

/** The axes of the same names, in units that make them about as large: from 0 to 1, noise rarely more. */
const severities: Record<SeverityName, (recipe: Recipe) => number> = {
  bottleneck,
  noise: (recipe) => effectiveNoise(recipe) / strongNoise,
  noiseInLq: (recipe) => noiseInLq(recipe) / strongNoise,
};

/** Of each recipe the named severities, one recipe after the other. */
export function severitiesOf(
  recipes: readonly Recipe[],
  names: readonly SeverityName[],
): Float32Array {
  return Float32Array.from(
    recipes.flatMap((recipe) => names.map((name) => severities[name](recipe))),
  );
}
