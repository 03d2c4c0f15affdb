/** When a run measures the transfer matrix itself. */
import type { TrainConfig } from './config.ts';

export interface TransferPlan {
  /** Steps of the specialist of each task. */
  specialistSteps: number;
  /** Least number of steps from one measurement to the next; null: it is measured once. */
  every: number | null;
}

/** Nothing when the matrix is given, or there is none. */
export function transferPlanOf({
  balance: { transfer },
}: Pick<TrainConfig, 'balance'>): TransferPlan | null {
  if (transfer === null || typeof transfer === 'string') return null;
  const { specialistSteps, every } = transfer as Partial<TransferPlan>;
  return typeof specialistSteps === 'number' ? { specialistSteps, every: every ?? null } : null;
}

/** Whether an update of the shares after `step` steps measures first; `last`: the step of the last measurement. */
export function isTransferDue(
  step: number,
  last: number | undefined,
  config: Pick<TrainConfig, 'balance'>,
): boolean {
  const plan = transferPlanOf(config);
  if (!plan || last === undefined) return plan !== null;
  return plan.every !== null && step - last >= plan.every;
}

/** How often a run of so many steps measures it. */
export function transferMeasurements(steps: number, config: Pick<TrainConfig, 'balance'>): number {
  const { warmup, every } = config.balance;
  let [count, last] = [0, undefined as number | undefined];
  for (let step = warmup || every; step <= steps; step += every) {
    if (!isTransferDue(step, last, config)) continue;
    last = step;
    count++;
  }
  return count;
}
