import { EvensrError, exitCodes } from '../errors.ts';

/** Where the quotas rest: natural masses, equal shares, or a share for every task. */
export type Anchor = 'natural' | 'uniform' | Readonly<Record<string, number>>;

/** Every constant of the balance rules. */
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
}

/** What a configuration leaves out. Update and warm-up intervals are those of long runs. */
export const balanceDefaults: BalanceConfig = Object.freeze({
  rule: 'quota',
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
  key: 'anchor' | 'references',
  values: Readonly<Record<string, number | null>>,
  taskIds: readonly string[],
): void {
  const hint = `tasks: ${taskIds.join(', ')}`;
  for (const [id, value] of Object.entries(values)) {
    if (!taskIds.includes(id)) refuse(key, `names ${id}, which is no task`, hint);
    if (value !== null && !Number.isFinite(value)) refuse(key, `of ${id} is ${value}`, hint);
  }
  if (key === 'references') return;
  const missing = taskIds.find((id) => !((values[id] ?? 0) > 0));
  if (missing) refuse(key, `needs a share above 0 for ${missing}`, hint);
}

/**
 * Fills in defaults and checks every constant.
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
  const { anchor, references } = complete;
  if (typeof anchor === 'object') checkNames('anchor', anchor, taskIds);
  else if (anchor !== 'natural' && anchor !== 'uniform') {
    refuse('anchor', `is ${anchor}`, 'give natural, uniform or a share for every task');
  }
  if (references) checkNames('references', references, taskIds);
  return complete;
}
