/**
 * p-values adjusted for there being several comparisons (Holm, "A simple sequentially rejective multiple
 * test procedure", 1979): below 0.05 they keep the chance of any false finding among all below 5 %.
 * Unknown ones stay unknown and do not count.
 */
export function holm(values: readonly (number | null)[]): (number | null)[] {
  const known = values
    .flatMap((p, at) => (p === null ? [] : [{ p, at }]))
    .sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = values.map(() => null);
  let largest = 0;
  for (const [rank, { p, at }] of known.entries()) {
    largest = Math.max(largest, Math.min(1, (known.length - rank) * p));
    adjusted[at] = largest;
  }
  return adjusted;
}
