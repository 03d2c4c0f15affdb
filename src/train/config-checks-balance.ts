/** What a balance rule asks of the other keys of `balance`. */
import { constantProblems } from '../balance/constants.ts';
import { absentKeys, needs } from '../balance/needs.ts';
import type { BalanceRule } from '../balance/rule.ts';
import { balanceRule, balanceRules } from '../balance/rules/index.ts';
import { type Finding, findingAt } from './config-issues.ts';
import type { TrainConfig } from './config-schema.ts';

/** What a run cannot measure for the rule as it is configured. */
function absentInRun(
  { name, needs: needed }: BalanceRule,
  balance: TrainConfig['balance'],
  training: TrainConfig['training'],
): (Finding & { hint: string })[] {
  if (needed.includes('naturalPsnr') && balance.natural === null) {
    const message = `${name} needs ${needs.naturalPsnr.about}`;
    const hint = 'give balance.natural: the folder of a run by the rule natural, alike in the rest';
    return [{ ...findingAt('balance.rule', message), hint }];
  }
  if (needed.includes('lossesAfter') && training.loss.gan) {
    const message = `${name} needs ${needs.lossesAfter.about}, which a run with an adversarial loss does not compute`;
    const hint = 'leave training.loss.gan out, or choose another rule';
    return [{ ...findingAt('balance.rule', message), hint }];
  }
  return [];
}

/** What the rule cannot do without, and values that it has no use for. */
export function checkBalance({ balance, training }: TrainConfig): Finding[] {
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
  absent.push(...absentInRun(rule, balance, training));
  const { objective } = balance;
  if (objective === null || rule.objectives.includes(objective)) return [...absent, ...constants];
  const others = balanceRules.filter(({ objectives: able }) => able.includes(objective));
  const message = `${rule.name} does not pursue ${objective}, ${others.map(({ name }) => name).join(', ')} ${others.length > 1 ? 'do' : 'does'}`;
  return [...absent, ...constants, findingAt('balance.objective', message)];
}
