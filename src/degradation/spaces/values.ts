/** What the keys of a space hold. */

/** A closed interval [low, high] that a parameter is drawn from uniformly. */
export type Range = readonly [number, number];

/** Probabilities of alternatives, by name; they sum to 1. */
export type Probabilities<Name extends string> = Readonly<Record<Name, number>>;

/** The bound base + perScale x scale of a range, whose scale is that of the recipe. */
export interface Linear {
  readonly base: number;
  readonly perScale: number;
}
