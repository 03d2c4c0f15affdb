/** The steps after which a rule that decides at updates does so: at the end of warm-up, then regularly. */
export function isUpdate(
  step: number,
  { warmup, every }: { readonly warmup: number; readonly every: number },
): boolean {
  return step > 0 && step >= warmup && (step - warmup) % every === 0;
}

/** All of them in a run of `steps` steps. */
export function updateSteps(
  steps: number,
  updates: { readonly warmup: number; readonly every: number },
): number[] {
  const found: number[] = [];
  const first = updates.warmup || updates.every;
  for (let step = first; step <= steps; step += updates.every) found.push(step);
  return found;
}
