/** Which task the samples of a set are of: whole numbers that follow shares, at every length of the set. */
import { apportion } from '../balance/quota.ts';
import { EvensrError, exitCodes } from '../errors.ts';

/** Shares are kept in so many parts at most, and the order of the tasks repeats after as many samples. */
const mostParts = 100_000;

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Numbers that are whole when multiplied by this are kept as they are. */
const decimals = [1, 10, 100, 1000, 10_000, 100_000];

/** Whole numbers in the ratio of the weights: exact where a hundred thousand parts are enough. */
function partsOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  for (const factor of decimals) {
    const parts = weights.map((weight) => Math.round(weight * factor));
    const isExact = parts.every((part, i) => part > 0 && part / factor === weights[i]);
    const common = parts.reduce(gcd, 0);
    const smallest = parts.map((part) => part / common);
    if (isExact && smallest.reduce((a, b) => a + b, 0) <= mostParts) return smallest;
  }
  return weights.map((weight) => Math.max(1, Math.round((weight / sum) * mostParts)));
}

/**
 * The order of tasks whose shares are in the ratio of `weights`: a pure function of the sample's number.
 * Among the first n samples a task never has a whole sample more or less than its share of them.
 */
export class Schedule {
  /** After so many samples it repeats. */
  readonly period: number;
  readonly #tasks: Uint16Array;
  /** For every sample of a period, how many of its task came before in the period. */
  readonly #before: Uint32Array;
  readonly #parts: readonly number[];

  /** Throws E_USAGE unless there are weights and all of them are finite and above 0. */
  constructor(weights: readonly number[]) {
    const isUsable = (weight: number) => weight > 0 && Number.isFinite(weight);
    if (weights.length === 0 || !weights.every(isUsable)) {
      const problem = `quotas ${weights.join(', ')} are no shares`;
      throw new EvensrError('E_USAGE', exitCodes.usage, problem, {
        hint: 'give numbers above 0',
      });
    }
    this.#parts = partsOf(weights);
    this.period = this.#parts.reduce((a, b) => a + b, 0);
    this.#tasks = new Uint16Array(this.period);
    this.#before = new Uint32Array(this.period);
    const shares = this.#parts.map((part) => part / this.period);
    const counts = this.#parts.map(() => 0);
    let credits = this.#parts.map(() => 0);
    for (let sample = 0; sample < this.period; sample++) {
      const next = apportion(shares, credits, 1);
      credits = next.credits;
      const task = next.counts.indexOf(1);
      this.#tasks[sample] = task;
      this.#before[sample] = counts[task] as number;
      counts[task] = (counts[task] as number) + 1;
    }
  }

  /** The task of a sample, and how many samples of that task came before. */
  at(sample: number): { task: number; ordinal: number } {
    const position = sample % this.period;
    const task = this.#tasks[position] as number;
    const rounds = Math.floor(sample / this.period);
    const ordinal = rounds * (this.#parts[task] as number) + (this.#before[position] as number);
    return { task, ordinal };
  }

  /** The most samples that one task has among the first `samples`. */
  most(samples: number): number {
    const largest = Math.max(...this.#parts);
    return Math.ceil((samples / this.period) * largest) + 1;
  }
}
