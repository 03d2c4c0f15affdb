/** Which group, and which of its members, every sample is of: a pure function of its number. */
import { Random, streams } from '../rng.ts';

export interface Place {
  /** Number of the group, in the order in which they were given. */
  readonly group: number;
  /** How many samples of this group came before. */
  readonly ordinal: number;
  /** Number within the group. */
  readonly member: number;
}

/**
 * A group drawn uniformly, then a member of it uniformly, with exact counts: every block of G samples holds
 * each of the G groups once, and every n samples of a group of n hold each member once, in orders that are
 * drawn anew for each block and each of those rounds. So the counts of two groups, and of two members of
 * a group, never differ by more than one sample.
 */
export class GroupSchedule {
  readonly #seed: number;
  readonly #sizes: readonly number[];
  readonly #orders = new Map<number, { round: number; order: readonly number[] }>();

  /** @param sizes members of each group, at least one */
  constructor(seed: number, sizes: readonly number[]) {
    this.#seed = seed;
    this.#sizes = sizes;
  }

  at(sample: number): Place {
    const groups = this.#sizes.length;
    const ordinal = Math.floor(sample / groups);
    const group = this.#order(0, ordinal, groups)[sample % groups] as number;
    const size = this.#sizes[group] as number;
    const order = this.#order(1 + group, Math.floor(ordinal / size), size);
    return { group, ordinal, member: order[ordinal % size] as number };
  }

  /** Round number `round` of what is drawn from a list: the groups (0), or the members of group n (1 + n). */
  #order(list: number, round: number, length: number): readonly number[] {
    const kept = this.#orders.get(list);
    if (kept?.round === round) return kept.order;
    const random = new Random(this.#seed, streams.groups, round, list);
    const order = random.shuffle(Array.from({ length }, (_, i) => i));
    this.#orders.set(list, { round, order });
    return order;
  }
}

/** Random numbers of one sample, apart from those that order groups and members. */
export function randomOfSample(seed: number, sample: number): Random {
  return new Random(seed, streams.groupNoise, sample);
}
