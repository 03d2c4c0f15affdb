/** Slack for the rounding of credits that are carried over millions of samples. */
const slack = 1e-9;

/**
 * The task that gets the next sample. `credits` already include its share of it; ties go to the first.
 *
 * Tijdeman, "The chairman assignment problem" (Discrete Mathematics 32, 1980): among the tasks whose
 * credit is at least d = 1 / (2 T - 2), serve the one that can wait least before it passes 1 - d.
 */
function nextTask(credits: readonly number[], shares: readonly number[]): number {
  const least = credits.length > 1 ? 1 / (2 * credits.length - 2) : 0;
  let chosen = -1;
  let chosenWait = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let task = 0; task < credits.length; task++) {
    const credit = credits[task] as number;
    if (credit > (credits[largest] as number)) largest = task;
    if (credit < least - slack) continue;
    const wait = Math.floor((1 - least - credit + slack) / (shares[task] as number));
    const owedMore = wait === chosenWait && credit > (credits[chosen] as number);
    if (chosen >= 0 && wait >= chosenWait && !owedMore) continue;
    chosen = task;
    chosenWait = wait;
  }
  return chosen >= 0 ? chosen : largest;
}

export interface Apportioned {
  /** Samples of each task in the batch; they sum to the batch size. */
  readonly counts: number[];
  /** What each task is owed after it: requested minus realised samples so far. */
  readonly credits: number[];
}

/**
 * The whole numbers of samples that shares (summing to 1) ask for in the next batch. Every task
 * collects its share of each sample as credit and pays 1 for a sample; what is left is carried over.
 *
 * Largest remainders alone let a task fall behind by more than a sample when shares are small; in this
 * order requested and realised counts never differ by more than 1 - 1 / (2 T - 2) while the shares stay
 * as they are, and the carried credit keeps the sum exact when they change.
 */
export function apportion(
  shares: readonly number[],
  credits: readonly number[],
  batchSize: number,
): Apportioned {
  const left = [...credits];
  const counts = shares.map(() => 0);
  for (let sample = 0; sample < batchSize; sample++) {
    for (let task = 0; task < left.length; task++) {
      left[task] = (left[task] as number) + (shares[task] as number);
    }
    const task = nextTask(left, shares);
    counts[task] = (counts[task] as number) + 1;
    left[task] = (left[task] as number) - 1;
  }
  return { counts, credits: left };
}
