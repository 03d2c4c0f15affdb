import type { BalanceConfig } from './config.ts';

/** What does not change during a run. Arrays hold one entry a task, in the same order everywhere. */
export interface BalanceContext {
  readonly taskIds: readonly string[];
  /** Natural masses; they sum to 1. */
  readonly masses: readonly number[];
  /** The anchor as shares. */
  readonly anchor: readonly number[];
  /** PSNR in dB that a specialist reaches; null while unknown. */
  readonly references: readonly (number | null)[];
  readonly config: BalanceConfig;
}

/** What was measured since the last update. */
export interface Observation {
  /** Steps taken so far. */
  readonly step: number;
  /** Mean training loss of the samples since the last update; null for a task without any. */
  readonly losses: readonly (number | null)[];
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
  /** Plain data that the next update goes on from. */
  readonly state: State;
  /** What the decision came from, by name, for the log. */
  readonly report: Readonly<Record<string, readonly (number | null)[]>>;
}

/** A way to balance the tasks: pure functions, so a run can resume from `state` alone. */
export interface BalanceRule<State = unknown> {
  readonly name: string;
  /** One line for people who choose among the rules. */
  readonly summary: string;
  /** Whether `update` has anything to do; without it `start` decides for the whole run. */
  readonly adaptive: boolean;
  start(context: BalanceContext): Decision<State>;
  update(context: BalanceContext, state: State, observation: Observation): Decision<State>;
}

/** A rule that decides once, at the start. */
export function fixedRule(
  name: string,
  summary: string,
  shares: (context: BalanceContext) => readonly number[],
): BalanceRule<null> {
  const start = (context: BalanceContext): Decision<null> => ({
    shares: shares(context),
    lossWeights: context.taskIds.map(() => 1),
    state: null,
    report: {},
  });
  return { name, summary, adaptive: false, start, update: start };
}
