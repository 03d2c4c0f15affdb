import { EvensrError, exitCodes } from '../errors.ts';
import type { BalanceConfig } from './config.ts';
import type { BalanceRule } from './rule.ts';

/**
 * What a rule cannot do without, beside losses and probe PSNR: where it comes from. A key of the
 * configuration, or something that is measured and handed to `Balancer.update`.
 */
export const needs = {
  references: {
    key: 'references',
    about: 'the PSNR of a specialist of each task',
    source: 'balance.references: {specialistSteps: 400}, a file of `tasks measure`, or task -> dB',
  },
  transfer: {
    key: 'transfer',
    about: 'the PSNR of the specialist of each task on every task',
    source:
      'balance.transfer: {specialistSteps: 100}, a file of `tasks measure`, or task -> {task: dB}',
  },
  shares: {
    key: 'shares',
    about: 'the share of each task',
    source: 'balance.shares: task -> share',
  },
  groups: {
    key: 'groups',
    about: 'groups of fixed recipes',
    source: 'balance.groups: the file that `evensr tasks group RUN` writes',
  },
  alignments: {
    key: null,
    about: 'the alignments of the gradients of all tasks',
    source: 'measured.alignments of Balancer.update',
  },
  naturalPsnr: {
    key: null,
    about: 'the probe PSNR that natural sampling gives at the same step',
    source: 'measured.naturalPsnr of Balancer.update',
  },
  lossesAfter: {
    key: null,
    about: "the losses of a step's batch after that step",
    source: 'the third argument of Balancer.record',
  },
} as const;

export type Need = keyof typeof needs;

/** Needs that are, or in the case of the transfer can be, measured while a network trains. */
export type Measurement =
  | { [Name in Need]: (typeof needs)[Name]['key'] extends null ? Name : never }[Need]
  | 'transfer';

/** What the rule needs of the configuration and does not find there. */
export function absentKeys(
  rule: BalanceRule,
  config: Pick<BalanceConfig, 'shares'> & {
    readonly references: unknown;
    readonly transfer: unknown;
    readonly groups: unknown;
  },
): Need[] {
  return rule.needs.filter((need) => {
    const { key } = needs[need];
    return key !== null && config[key] === null;
  });
}

/** What somebody who trains would have to measure for the rule, and does not say to. */
export function absentMeasurements(
  rule: BalanceRule,
  provided: readonly Measurement[] = [],
): Need[] {
  return rule.needs.filter(
    (need) => needs[need].key === null && !provided.includes(need as Measurement),
  );
}

/**
 * References may come later, since a run can measure them itself.
 * @throws E_BALANCE_NEEDS naming what provides it
 */
export function requireNeeds(
  rule: BalanceRule,
  config: BalanceConfig,
  provided: readonly Measurement[],
): void {
  const given = absentKeys(rule, config).filter((need) => !provided.includes(need as Measurement));
  const absent = [...given, ...absentMeasurements(rule, provided)];
  const first = absent.find((need) => need !== 'references');
  if (!first) return;
  const { about, source } = needs[first];
  const text = `balance: ${rule.name} needs ${about}`;
  throw new EvensrError('E_BALANCE_NEEDS', exitCodes.usage, text, { hint: `give ${source}` });
}
