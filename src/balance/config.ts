import { EvensrError, exitCodes } from '../errors.ts';
import { type Objective, objectiveNames, objectives } from './objective.ts';
import { psnrLimit } from './transfer.ts';

/** Where the quotas rest: natural masses, equal shares, or a share for every task. */
export type Anchor = 'natural' | 'uniform' | Readonly<Record<string, number>>;

/** Every setting of the balance rules. */
export interface BalanceConfig {
  /** Name of a rule in rules/index.ts. */
  readonly rule: string;
  /** Power of the focal weight on the distance to the reference. */
  readonly gamma: number;
  /** Weight of the newest probe PSNR in its moving average, in (0, 1]. */
  readonly emaWeight: number;
  /** KPIs stay within [epsilon, 1 - epsilon]. */
  readonly epsilon: number;
  /** Part of every share that no weight moves, in [0, 1]. */
  readonly lambda: number;
  /** Bounds of a share in multiples of its anchor: floor <= 1 <= ceiling. */
  readonly floor: number;
  readonly ceiling: number;
  /** Greatest factor by which one update moves a share, above 1. */
  readonly stepLimit: number;
  readonly anchor: Anchor;
  /** Steps at the anchor before the first update, and steps between updates. */
  readonly warmup: number;
  readonly every: number;
  /** PSNR in dB that a specialist of the task reaches; null or absent while unknown. */
  readonly references: Readonly<Record<string, number | null>> | null;
  /** Constants that only this rule has; those left out are at the rule's defaults. */
  readonly constants: Readonly<Record<string, number>>;
  /** What the rule is to pursue; null takes the first of its objectives. */
  readonly objective: Objective | null;
  /** Task -> PSNR in dB of its specialist on every task. */
  readonly transfer: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
  /** Share of every task, for a rule that replays them; any positive multiple of shares will do. */
  readonly shares: Readonly<Record<string, number>> | null;
  /** Of every group of fixed recipes: task -> how many of them lie in it; other tasks have none. */
  readonly groups: readonly Readonly<Record<string, number>>[] | null;
}

/** What a configuration leaves out. Update and warm-up intervals are those of long runs. */
export const balanceDefaults: BalanceConfig = Object.freeze({
  rule: 'natural',
  gamma: 0.5,
  emaWeight: 0.3,
  epsilon: 1e-3,
  lambda: 0.3,
  floor: 0.5,
  ceiling: 3,
  stepLimit: 1.5,
  anchor: 'natural',
  warmup: 2000,
  every: 1000,
  references: null,
  constants: {},
  objective: null,
  transfer: null,
  shares: null,
  groups: null,
});

function refuse(key: string, problem: string, hint: string): never {
  throw new EvensrError('E_BALANCE', exitCodes.usage, `balance: ${key} ${problem}`, { hint });
}

type NumberKey = {
  [Key in keyof BalanceConfig]: BalanceConfig[Key] extends number ? Key : never;
}[keyof BalanceConfig];

const limits: Record<NumberKey, { test: (value: number) => boolean; text: string }> = {
  gamma: { test: (v) => v >= 0 && v <= 10, text: 'must lie in [0, 10]' },
  emaWeight: { test: (v) => v > 0 && v <= 1, text: 'must lie in (0, 1]' },
  epsilon: { test: (v) => v > 0 && v < 0.5, text: 'must lie in (0, 0.5)' },
  lambda: { test: (v) => v >= 0 && v <= 1, text: 'must lie in [0, 1]' },
  floor: { test: (v) => v >= 0 && v <= 1, text: 'must lie in [0, 1]' },
  ceiling: { test: (v) => v >= 1 && Number.isFinite(v), text: 'must be at least 1' },
  stepLimit: { test: (v) => v > 1 && Number.isFinite(v), text: 'must be greater than 1' },
  warmup: { test: (v) => Number.isSafeInteger(v) && v >= 0, text: 'must be a whole number' },
  every: { test: (v) => Number.isSafeInteger(v) && v > 0, text: 'must be a positive whole number' },
};

function checkNames(
  key: string,
  values: Readonly<Record<string, number | null>>,
  taskIds: readonly string[],
): void {
  const hint = `tasks: ${taskIds.join(', ')}`;
  for (const [id, value] of Object.entries(values)) {
    if (!taskIds.includes(id)) refuse(key, `names ${id}, which is no task`, hint);
    if (value !== null && !Number.isFinite(value)) refuse(key, `of ${id} is ${value}`, hint);
  }
}

function checkShares(
  key: 'anchor' | 'shares',
  shares: Readonly<Record<string, number>>,
  taskIds: readonly string[],
): void {
  checkNames(key, shares, taskIds);
  const missing = taskIds.find((id) => !((shares[id] ?? 0) > 0));
  const hint = `tasks: ${taskIds.join(', ')}`;
  if (missing) refuse(key, `needs a share above 0 for ${missing}`, hint);
}

function checkGroups(
  groups: NonNullable<BalanceConfig['groups']>,
  taskIds: readonly string[],
): void {
  const hint = 'give groups of at least one recipe each';
  if (groups.length === 0) refuse('groups', 'has none', hint);
  for (const counts of groups) {
    checkNames('groups', counts, taskIds);
    const isCount = (count: number) => Number.isSafeInteger(count) && count > 0;
    if (Object.keys(counts).length === 0 || !Object.values(counts).every(isCount)) {
      refuse('groups', `has a group of ${JSON.stringify(counts)}`, hint);
    }
  }
}

function checkTransfer(
  transfer: NonNullable<BalanceConfig['transfer']>,
  taskIds: readonly string[],
): void {
  const hint = `tasks: ${taskIds.join(', ')}`;
  for (const [id, row] of Object.entries(transfer)) {
    if (!taskIds.includes(id)) refuse('transfer', `names ${id}, which is no task`, hint);
    checkNames(`transfer.${id}`, row, taskIds);
    const far = Object.keys(row).find((other) => Math.abs(row[other] as number) > psnrLimit);
    if (far) refuse(`transfer.${id}`, `of ${far} is ${row[far]}`, 'give PSNR in dB');
  }
  for (const id of taskIds) {
    const missing = taskIds.find((other) => transfer[id]?.[other] === undefined);
    if (missing) refuse('transfer', `has no PSNR of the specialist of ${id} on ${missing}`, hint);
  }
}

/**
 * Fills in defaults and checks every value but the constants that only the rule knows.
 * @throws E_BALANCE naming the key
 */
export function completeConfig(
  config: Partial<BalanceConfig>,
  taskIds: readonly string[],
): BalanceConfig {
  const complete = { ...balanceDefaults, ...config };
  for (const [key, { test, text }] of Object.entries(limits)) {
    const value = complete[key as NumberKey];
    if (!test(value)) refuse(key, `is ${value}`, text);
  }
  const { anchor, references, objective, transfer, shares, groups } = complete;
  if (typeof anchor === 'object') checkShares('anchor', anchor, taskIds);
  else if (anchor !== 'natural' && anchor !== 'uniform') {
    refuse('anchor', `is ${anchor}`, 'give natural, uniform or a share for every task');
  }
  if (objective !== null && !objectiveNames.includes(objective)) {
    const known = objectiveNames.map((name) => `${name}: ${objectives[name]}`);
    refuse('objective', `is ${objective}`, known.join('; '));
  }
  if (references) checkNames('references', references, taskIds);
  if (shares) checkShares('shares', shares, taskIds);
  if (groups) checkGroups(groups, taskIds);
  if (transfer) checkTransfer(transfer, taskIds);
  return complete;
}
