import type { BalanceConfig } from './config.ts';
import type { Constant, Constants } from './constants.ts';
import type { Need } from './needs.ts';
import type { Objective } from './objective.ts';

/** A value a task of the rows for one a task of the columns: (T, T). */
export type TaskMatrix = readonly (readonly number[])[];

/** What does not change during a run. Arrays hold one entry a task, in the same order everywhere. */
export interface BalanceContext {
  readonly taskIds: readonly string[];
  /** Natural masses; they sum to 1. */
  readonly masses: readonly number[];
  /** The anchor as shares. */
  readonly anchor: readonly number[];
  /** PSNR in dB that a specialist reaches; null while unknown. */
  readonly references: readonly (number | null)[];
  /** PSNR in dB of the specialist of task t (row) on the probes of task u (column). */
  readonly transfer: TaskMatrix | null;
  /** `config.shares`, summing to 1. */
  readonly shares: readonly number[] | null;
  /** Number of recipes in each task, of every group of `config.groups`. */
  readonly groups: TaskMatrix | null;
  /** The rule's own constants, every one of them. */
  readonly constants: Constants;
  /** What the rule is to pursue; null for a rule that has no objective. */
  readonly objective: Objective | null;
  /** Of the run, for rules that draw. */
  readonly seed: number;
  readonly config: BalanceConfig;
}

/** What a caller can measure beside losses and probes. Rules that use one of these say so in `needs`. */
export interface Measured {
  /**
   * How far a step on task t (row) goes down the loss of task u (column): the dot product of the
   * gradients or their cosine, t's as the optimizer shapes it, u's of the log-MSE on its probes.
   */
  readonly alignments?: TaskMatrix;
  /** Probe PSNR in dB of a network trained for as long by natural sampling. */
  readonly naturalPsnr?: readonly (number | null)[];
  /** `BalanceContext.transfer`, measured anew. */
  readonly transfer?: TaskMatrix;
}

/** What was measured since the last update. */
export interface Observation extends Measured {
  /** Steps taken so far; 0 for a rule that is asked at every step. */
  readonly step: number;
  /** Mean training loss of the samples since the last update; null for a task without any. */
  readonly losses: readonly (number | null)[];
  /** The losses of those samples after the step: for rules of every step that need them. */
  readonly lossesAfter?: readonly (number | null)[];
  /** Mean PSNR in dB on the fixed probes; null or not finite for a task without one. */
  readonly probePsnr: readonly (number | null)[];
}

/**
 * What a rule decides. A rule on the volume of data moves `shares` and leaves the weights at 1; a rule
 * on the loss moves `lossWeights` and leaves the shares at the anchor.
 */
export interface Decision<State> {
  /** Share of each task in the samples; they sum to 1. */
  readonly shares: readonly number[];
  /** Factor on the losses of each task's samples; their mean over the samples is 1. */
  readonly lossWeights: readonly number[];
  /** Plain data that the next update goes on from, the same after JSON. */
  readonly state: State;
  /** What the decision came from, by name, for the log. */
  readonly report: Readonly<Record<string, readonly (number | null)[]>>;
}

/**
 * A way to balance the tasks: pure functions, so a run can resume from `state` alone.
 *
 * Rules that move shares by what they observe keep them within [floor, ceiling] times the anchor, and
 * each within the step limit of the last; rules that decide once give the shares of their definition.
 */
export interface BalanceRule<State = unknown> {
  readonly name: string;
  /** One line for people who choose among the rules. */
  readonly summary: string;
  readonly steers: 'shares' | 'loss';
  /** When `update` is called: never, since `start` decides for the whole run, now and then, or each step. */
  readonly decides: 'once' | 'at updates' | 'every step';
  /** What a run must provide before its first step. */
  readonly needs: readonly Need[];
  /** Objectives that it can pursue, its default first. */
  readonly objectives: readonly Objective[];
  /** Constants that no other rule has (`balance.constants`). */
  readonly constants: Readonly<Record<string, Constant>>;
  start(context: BalanceContext): Decision<State>;
  update(context: BalanceContext, state: State, observation: Observation): Decision<State>;
}

/** What most rules do without. */
export const plainRule = { needs: [], objectives: [], constants: {} } as const;

/** A decision on the volume of data. */
export function volume<State>(
  shares: readonly number[],
  state: State,
  report: Decision<State>['report'] = {},
): Decision<State> {
  return { shares, lossWeights: shares.map(() => 1), state, report };
}

/** A rule that decides on the shares once, at the start. */
export function fixedRule(
  name: string,
  summary: string,
  shares: (context: BalanceContext) => readonly number[],
  more: Partial<Pick<BalanceRule, 'needs' | 'constants'>> = {},
): BalanceRule<null> {
  const start = (context: BalanceContext) => volume(shares(context), null);
  return {
    ...plainRule,
    name,
    summary,
    steers: 'shares',
    decides: 'once',
    ...more,
    start,
    update: start,
  };
}
