import { EvensrError, exitCodes } from '../errors.ts';
import { type BalanceConfig, completeConfig } from './config.ts';
import { completeConstants, constantProblems } from './constants.ts';
import { type Measurement, requireNeeds } from './needs.ts';
import type { Objective } from './objective.ts';
import type { BalanceContext, BalanceRule } from './rule.ts';
import { anchorShares } from './shares.ts';

export interface TaskMass {
  readonly id: string;
  /** Natural mass, in any unit. */
  readonly mass: number;
}

function refuse(text: string, hint: string): never {
  throw new EvensrError('E_BALANCE', exitCodes.usage, `balance: ${text}`, { hint });
}

function checkMasses(tasks: readonly TaskMass[]): void {
  const bad = tasks.find(({ mass }) => !(mass >= 0 && Number.isFinite(mass)));
  if (bad) refuse(`the mass of ${bad.id} is ${bad.mass}`, 'masses are finite and not negative');
  if (tasks.every(({ mass }) => mass === 0))
    refuse('no task has a mass', 'give one that is above 0');
}

function objectiveOf(rule: BalanceRule, { objective }: BalanceConfig): Objective | null {
  if (objective === null) return rule.objectives[0] ?? null;
  if (rule.objectives.includes(objective)) return objective;
  const known = rule.objectives.join(', ') || 'none';
  return refuse(`${rule.name} does not pursue ${objective}`, `its objectives: ${known}`);
}

/**
 * All that a rule is told at its start, tasks sorted by id.
 * @throws E_BALANCE, E_BALANCE_NEEDS
 */
export function balanceContext(
  tasks: readonly TaskMass[],
  rule: BalanceRule,
  {
    config: given = {},
    seed,
    provides = [],
  }: { config?: Partial<BalanceConfig>; seed: number; provides?: readonly Measurement[] },
): BalanceContext {
  const sorted = tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const taskIds = sorted.map((task) => task.id);
  const config = completeConfig(given, taskIds);
  checkMasses(tasks);
  const wrong = constantProblems(rule, config.constants)[0];
  if (wrong) refuse(`constants.${wrong.name} ${wrong.problem}`, wrong.hint);
  requireNeeds(rule, config, provides);
  const { anchor, references, transfer, shares, groups } = config;
  const masses = anchorShares(
    'natural',
    taskIds,
    sorted.map((task) => task.mass),
  );
  return {
    taskIds,
    masses,
    anchor: anchorShares(anchor, taskIds, masses),
    references: taskIds.map((id) => references?.[id] ?? null),
    transfer:
      transfer && taskIds.map((id) => taskIds.map((other) => transfer[id]?.[other] as number)),
    shares: shares && anchorShares(shares, taskIds, masses),
    groups: groups?.map((counts) => taskIds.map((id) => counts[id] ?? 0)) ?? null,
    constants: completeConstants(rule, config.constants),
    objective: objectiveOf(rule, config),
    seed,
    config,
  };
}
