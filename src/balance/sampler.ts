import { EvensrError, exitCodes } from '../errors.ts';
import { Random, streams } from '../rng.ts';
import { apportion } from './quota.ts';

/** All that the sampler needs to go on: plain data, arrays in the order of `taskIds`. */
export interface SamplerState {
  readonly taskIds: readonly string[];
  /** Number of the next batch. */
  readonly batch: number;
  readonly shares: readonly number[];
  /** Shares that take over from a later batch on, in order. */
  readonly pending: readonly { readonly from: number; readonly shares: readonly number[] }[];
  /** Requested minus realised samples so far. */
  readonly credits: readonly number[];
  /** Samples handed out so far. */
  readonly realised: readonly number[];
}

/**
 * Hands out the tasks of each batch: exact quotas with carried remainders, never a multinomial draw.
 * The order of the tasks it is given does not matter: inside they are sorted by id.
 */
export class QuotaSampler {
  readonly #seed: number;
  readonly #batchSize: number;
  #state: SamplerState;
  /** The state one batch earlier, since the loop draws a batch ahead of the one it trains. */
  #before: SamplerState | undefined;

  /** @param shares of every task, by id, summing to 1 */
  constructor(
    shares: Readonly<Record<string, number>>,
    options: { seed: number; batchSize: number },
  ) {
    const taskIds = Object.keys(shares).sort();
    this.#seed = options.seed;
    this.#batchSize = options.batchSize;
    this.#state = {
      taskIds,
      batch: 0,
      shares: taskIds.map((id) => shares[id] as number),
      pending: [],
      credits: taskIds.map(() => 0),
      realised: taskIds.map(() => 0),
    };
  }

  /** Sets new shares (by id, summing to 1) for the batches from number `from` on. */
  setShares(shares: Readonly<Record<string, number>>, from: number): void {
    const change = { from, shares: this.#state.taskIds.map((id) => shares[id] as number) };
    const added = (state: SamplerState) => ({ ...state, pending: [...state.pending, change] });
    this.#state = added(this.#state);
    this.#before = this.#before && added(this.#before);
  }

  /**
   * Task ids of the next batch, shuffled by its number. Batches are drawn in order, each once.
   * @throws E_BALANCE for a batch that is not the next one
   */
  next(batch: number): string[] {
    const state = this.#state;
    if (batch !== state.batch) {
      const text = `balance: batch ${batch} was asked for, the next one is ${state.batch}`;
      throw new EvensrError('E_BALANCE', exitCodes.bug, text);
    }
    const due = state.pending.filter(({ from }) => from <= batch);
    const shares = due.at(-1)?.shares ?? state.shares;
    const { counts, credits } = apportion(shares, state.credits, this.#batchSize);
    this.#before = state;
    this.#state = {
      taskIds: state.taskIds,
      batch: batch + 1,
      shares,
      pending: state.pending.slice(due.length),
      credits,
      realised: state.realised.map((count, task) => count + (counts[task] as number)),
    };
    const ids = state.taskIds.flatMap((id, task) => new Array<string>(counts[task] ?? 0).fill(id));
    return new Random(this.#seed, streams.shuffle, batch).shuffle(ids);
  }

  /**
   * The state from which batch number `batch` is the next one: now, or one batch ago.
   * @throws E_BALANCE for any other batch
   */
  stateAt(batch: number): SamplerState {
    const state = [this.#state, this.#before].find((candidate) => candidate?.batch === batch);
    if (state) return structuredClone(state);
    throw new EvensrError('E_BALANCE', exitCodes.bug, `balance: no state of batch ${batch}`);
  }

  /**
   * Goes on from a state of a sampler of the same tasks.
   * @throws E_BALANCE when the tasks differ
   */
  restore(state: SamplerState): void {
    if (state.taskIds.join() !== this.#state.taskIds.join()) {
      throw new EvensrError('E_BALANCE', exitCodes.usage, 'balance: the saved tasks differ', {
        hint: `saved: ${state.taskIds.join(', ')}; now: ${this.#state.taskIds.join(', ')}`,
      });
    }
    this.#state = structuredClone(state);
    this.#before = undefined;
  }

  /** Samples requested and realised so far, by id. */
  counts(): Record<string, SampleCounts> {
    return sampleCounts(this.#state);
  }
}

/** Samples of a task: as its shares ask for, and as they were handed out. */
export interface SampleCounts {
  readonly requested: number;
  readonly realised: number;
}

/** Samples requested and realised by the state's batch, by id. */
export function sampleCounts({
  taskIds,
  credits,
  realised,
}: SamplerState): Record<string, SampleCounts> {
  return Object.fromEntries(
    taskIds.map((id, task) => {
      const count = realised[task] as number;
      return [id, { requested: count + (credits[task] as number), realised: count }];
    }),
  );
}
