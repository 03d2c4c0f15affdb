import { EvensrError, exitCodes } from '../../errors.ts';
import type { BalanceRule } from '../rule.ts';
import { amtl } from './amtl.ts';
import { constrained } from './constrained.ts';
import { curriculum } from './curriculum.ts';
import { dro } from './dro.ts';
import { dtp } from './dtp.ts';
import { dwa } from './dwa.ts';
import { effectiveNumber } from './effective-number.ts';
import { equal } from './equal.ts';
import { famo } from './famo.ts';
import { gls } from './gls.ts';
import { groupDro } from './group-dro.ts';
import { imtlL } from './imtl-l.ts';
import { lossWeight } from './loss-weight.ts';
import { marginalGain } from './marginal-gain.ts';
import { natural } from './natural.ts';
import { plateau } from './plateau.ts';
import { quota } from './quota.ts';
import { replay } from './replay.ts';
import { rlw } from './rlw.ts';
import { stch } from './stch.ts';
import { temperature } from './temperature.ts';
import { tgsr } from './tgsr.ts';
import { tgsrRecipes } from './tgsr-recipes.ts';
import { transferMatrix } from './transfer-matrix.ts';
import { uncertainty } from './uncertainty.ts';
import { uniform } from './uniform.ts';

const volumeRules: readonly BalanceRule[] = [
  ...[quota, natural, uniform, temperature, effectiveNumber, replay],
  ...[curriculum, tgsr, tgsrRecipes, dro, plateau, transferMatrix, marginalGain, constrained],
];

const lossRules: readonly BalanceRule[] = [
  ...[lossWeight, equal, dtp, dwa, amtl],
  ...[uncertainty, imtlL, rlw, gls, stch, groupDro, famo],
];

/** Every rule, the default first. A new one is a file beside this and its name in a list. */
export const balanceRules: readonly BalanceRule[] = [...volumeRules, ...lossRules];

/** The rules by name, each with its line, as errors list them. */
export function ruleLines(rules: readonly BalanceRule[] = balanceRules): string {
  return rules.map(({ name, summary }) => `${name}: ${summary}`).join('; ');
}

/** @throws E_BALANCE_RULE listing the known rules */
export function balanceRule(name: string): BalanceRule {
  const rule = balanceRules.find((candidate) => candidate.name === name);
  if (rule) return rule;
  throw new EvensrError('E_BALANCE_RULE', exitCodes.usage, `balance: no rule named ${name}`, {
    hint: ruleLines(),
  });
}
