/** What a balance rule asks of the other keys of `balance`. */
import { constantProblems } from '../balance/constants.ts';
import { absentKeys, needs } from '../balance/needs.ts';
import { balanceRule } from '../balance/rules/index.ts';
import { trainableRules } from './config-balance.ts';
import { type Finding, findingAt } from './config-issues.ts';
import type { TrainConfig } from './config-schema.ts';

/** What the rule cannot do without, and values that it has no use for. */
export function checkBalance({ balance }: TrainConfig): Finding[] {
  const rule = balanceRule(balance.rule);
  const absent = absentKeys(rule, balance).map((need) => {
    const { about, source } = needs[need];
    const message = `${rule.name} needs ${about}`;
    return { ...findingAt('balance.rule', message), hint: `give ${source}` };
  });
  const constants = constantProblems(rule, balance.constants).map(({ name, problem, hint }) => ({
    ...findingAt(`balance.constants.${name}`, problem),
    hint,
  }));
  const { objective } = balance;
  if (objective === null || rule.objectives.includes(objective)) return [...absent, ...constants];
  const others = trainableRules.filter(({ objectives: able }) => able.includes(objective));
  const message = `${rule.name} does not pursue ${objective}, ${others.map(({ name }) => name).join(', ')} does`;
  return [...absent, ...constants, findingAt('balance.objective', message)];
}
