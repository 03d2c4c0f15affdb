import { EvensrError, exitCodes } from '../../errors.ts';
import type { BalanceRule } from '../rule.ts';
import { lossWeight } from './loss-weight.ts';
import { natural } from './natural.ts';
import { quota } from './quota.ts';
import { uniform } from './uniform.ts';

/** Every rule that `balance.rule` can name, the default first. A new one is a file beside this and a line here. */
export const balanceRules: readonly BalanceRule[] = [quota, natural, uniform, lossWeight];

/** @throws E_BALANCE_RULE listing the known rules */
export function balanceRule(name: string): BalanceRule {
  const rule = balanceRules.find((candidate) => candidate.name === name);
  if (rule) return rule;
  throw new EvensrError('E_BALANCE_RULE', exitCodes.usage, `balance: no rule named ${name}`, {
    hint: balanceRules.map((known) => `${known.name}: ${known.summary}`).join('; '),
  });
}
