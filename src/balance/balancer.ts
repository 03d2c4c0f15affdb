import { EvensrError, exitCodes } from '../errors.ts';
import { type BalanceConfig, balanceDefaults } from './config.ts';
import { balanceContext, type TaskMass } from './context.ts';
import type { Measurement } from './needs.ts';
import type { BalanceContext, BalanceRule, Decision, Measured } from './rule.ts';
import { balanceRule } from './rules/index.ts';
import { QuotaSampler, type SampleCounts, type SamplerState } from './sampler.ts';
import { LossTracker, type TrackerState } from './tracker.ts';
import { isUpdate } from './updates.ts';

/** Everything that balancing needs to resume; plain data. */
export interface BalancerState {
  readonly rule: string;
  readonly decision: Decision<unknown>;
  readonly sampler: SamplerState;
  readonly tracker: TrackerState;
}

/** One task as people watch it. */
export interface TaskStatus {
  readonly id: string;
  /** Share of the samples now asked for, and the factor on its losses. */
  readonly share: number;
  readonly lossWeight: number;
  readonly anchor: number;
  readonly reference: number | null;
  /** Moving average of the training loss. */
  readonly loss: number | null;
  readonly notFinite: number;
  /** Samples recorded since the rule's last update, those that were not finite left out. */
  readonly recorded: number;
  readonly requested: number;
  readonly realised: number;
  /** What the rule reported at its last update, for example `psnr`, `kpi` and `focal`. */
  readonly report: Readonly<Record<string, number | null>>;
}

export interface BalancerOptions {
  readonly config?: Partial<BalanceConfig>;
  readonly seed: number;
  readonly batchSize: number;
  readonly provides?: readonly Measurement[];
}

/**
 * Balances the tasks of a run: hands out the task of every sample, collects losses, and lets a rule
 * set shares or loss weights from time to time. Deterministic, and independent of the tasks' order.
 */
export class Balancer {
  readonly rule: BalanceRule;
  readonly #taskIds: readonly string[];
  readonly #context: BalanceContext;
  readonly #sampler: QuotaSampler;
  readonly #tracker: LossTracker;
  #decision: Decision<unknown>;

  /**
   * @param tasks ids and natural masses
   * @param options.provides what `update` and `record` will be given beside losses and probes
   * @throws E_BALANCE for a value outside its range, E_BALANCE_RULE for an unknown rule, E_BALANCE_NEEDS
   *   for a rule that needs what neither the configuration nor `provides` has
   */
  constructor(tasks: readonly TaskMass[], options: BalancerOptions) {
    this.#taskIds = tasks.map((task) => task.id);
    this.rule = balanceRule(options.config?.rule ?? balanceDefaults.rule);
    this.#context = balanceContext(tasks, this.rule, options);
    this.#decision = this.rule.start(this.#context);
    this.#sampler = new QuotaSampler(this.#byId(this.#decision.shares), options);
    this.#tracker = new LossTracker(this.#context.taskIds);
  }

  #byId<Value>(values: readonly Value[]): Record<string, Value> {
    return Object.fromEntries(this.#context.taskIds.map((id, task) => [id, values[task] as Value]));
  }

  /** Task ids of batch number `batch` (from 0); batches are asked for in order. */
  next(batch: number): string[] {
    return this.#sampler.next(batch);
  }

  /** Factors on the samples' losses, or nothing when all of them are 1. */
  lossWeights(taskIds: readonly string[]): Float32Array | undefined {
    const weights = this.#byId(this.#decision.lossWeights);
    if (this.#decision.lossWeights.every((weight) => weight === 1)) return undefined;
    return Float32Array.from(taskIds, (id) => weights[id] as number);
  }

  /**
   * Takes in the losses of one step, (B), in the order of the tasks that its batch was given. A rule that
   * decides at every step does it here: its new loss weights hold from the next step on.
   *
   * @param lossesAfter of the same batch once more, after the step: for rules that need them
   */
  record(
    taskIds: readonly string[],
    losses: ArrayLike<number>,
    lossesAfter?: ArrayLike<number>,
  ): void {
    this.#tracker.record(taskIds, losses);
    if (this.rule.decides !== 'every step') return;
    const means = (values: ArrayLike<number>) => {
      const tracker = new LossTracker(this.#context.taskIds);
      tracker.record(taskIds, values);
      return this.#context.taskIds.map((id) => tracker.mean(id));
    };
    this.#decision = this.rule.update(this.#context, this.#decision.state, {
      step: 0,
      losses: means(losses),
      ...(lossesAfter ? { lossesAfter: means(lossesAfter) } : {}),
      probePsnr: this.#context.taskIds.map(() => null),
    });
  }

  /** Whether the rule wants to be updated after `step` steps: at the end of warm-up, then regularly. */
  isDue(step: number): boolean {
    return this.rule.decides === 'at updates' && isUpdate(step, this.#context.config);
  }

  /**
   * Lets the rule decide anew after `step` steps. New loss weights hold from the next step on, new
   * shares from the batch after the next one, since that one may have been drawn already.
   *
   * @param probePsnr mean PSNR in dB on the probes of each task
   * @param measured what else the rule needs, in the order of the tasks sorted by id
   */
  update(
    step: number,
    probePsnr: Readonly<Record<string, number | null>>,
    measured: Measured = {},
  ): void {
    const { taskIds } = this.#context;
    this.#decision = this.rule.update(this.#context, this.#decision.state, {
      ...measured,
      step,
      losses: taskIds.map((id) => this.#tracker.mean(id)),
      probePsnr: taskIds.map((id) => probePsnr[id] ?? null),
    });
    this.#sampler.setShares(this.#byId(this.#decision.shares), step + 1);
    this.#tracker.restart();
  }

  /** Every task, in the order given at the start. */
  status(): TaskStatus[] {
    const { anchor, references } = this.#context;
    const { shares, lossWeights, report } = this.#decision;
    const counts = this.#sampler.counts();
    return this.#taskIds.map((id) => {
      const task = this.#context.taskIds.indexOf(id);
      const reported = Object.entries(report).map(([name, values]) => [name, values[task] ?? null]);
      return {
        id,
        share: shares[task] as number,
        lossWeight: lossWeights[task] as number,
        anchor: anchor[task] as number,
        reference: references[task] ?? null,
        loss: this.#tracker.average(id),
        notFinite: this.#tracker.notFinite(id),
        recorded: this.#tracker.count(id),
        ...(counts[id] as SampleCounts),
        report: Object.fromEntries(reported),
      };
    });
  }

  /** State after `step` steps, also when the batch after them has been drawn already. */
  stateAfter(step: number): BalancerState {
    return structuredClone({
      rule: this.rule.name,
      decision: this.#decision,
      sampler: this.#sampler.stateAt(step),
      tracker: this.#tracker.toJSON(),
    });
  }

  /**
   * Goes on from what stateAfter returned.
   * @throws E_BALANCE when the state is of another rule or other tasks
   */
  restore(state: BalancerState): void {
    if (state.rule !== this.rule.name) {
      const text = `balance: the saved state is of rule ${state.rule}, not ${this.rule.name}`;
      throw new EvensrError('E_BALANCE', exitCodes.usage, text, { hint: 'resume with its rule' });
    }
    this.#sampler.restore(state.sampler);
    this.#tracker.restore(state.tracker);
    this.#decision = structuredClone(state.decision);
  }
}
