import type { BalanceRule } from './rule.ts';

/** A number that only one rule knows: its default, its range (both ends belong to it) and its meaning. */
export interface Constant {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly about: string;
}

export type Constants = Readonly<Record<string, number>>;

/** A constant that is wrong: its name, what is wrong with it, and what would be right. */
export interface ConstantProblem {
  readonly name: string;
  readonly problem: string;
  readonly hint: string;
}

/** Every constant of a rule as one line of text. */
export function constantsText({ name, constants }: BalanceRule): string {
  const lines = Object.entries(constants).map(
    ([key, { value, low, high, about }]) => `${key} (${value}, from ${low} to ${high}): ${about}`,
  );
  return lines.length > 0 ? lines.join('; ') : `${name} has none`;
}

/** What is wrong with the constants that are given to a rule. */
export function constantProblems(rule: BalanceRule, given: Constants): ConstantProblem[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const known = Object.hasOwn(rule.constants, name) ? rule.constants[name] : undefined;
    const hint = constantsText(rule);
    if (!known) return [{ name, problem: `is no constant of ${rule.name}`, hint }];
    const fits = value >= known.low && value <= known.high;
    return fits
      ? []
      : [{ name, problem: `is ${value}, not in [${known.low}, ${known.high}]`, hint }];
  });
}

/** The constants of a rule, those that are not given at their defaults. */
export function completeConstants({ constants }: BalanceRule, given: Constants): Constants {
  const defaults = Object.entries(constants).map(([name, { value }]) => [name, value]);
  return { ...Object.fromEntries(defaults), ...given };
}
