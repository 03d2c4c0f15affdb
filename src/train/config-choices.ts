/** Values of the configuration that take a line each to choose among. */
import { absentMeasurements, needs } from '../balance/needs.ts';
import { objectiveNames, objectives } from '../balance/objective.ts';
import { balanceRules } from '../balance/rules/index.ts';
import { trainableRules } from './config-balance.ts';

/** Names that stand for something that takes a line to say, by the key that they are a value of. */
const choices = new Map([
  ['balance.rule', trainableRules.map(({ name, summary }) => `${name}: ${summary}`)],
  ['balance.objective', objectiveNames.map((name) => `${name}: ${objectives[name]}`)],
]);

/** Every name that a key can hold, with its line; nothing for other keys. */
export function choiceLines(key: string): string {
  return (choices.get(key) ?? []).map((line) => `\n  ${line}`).join('');
}

/** A rule that exists, but not for training: it needs what training does not measure. */
export function libraryRule(value: unknown): { message: string; hint: string } | undefined {
  const rule = balanceRules.find(({ name }) => name === value);
  const [need] = rule ? absentMeasurements(rule) : [];
  if (!rule || !need) return undefined;
  const { about, source } = needs[need];
  return {
    message: `balance.rule: ${rule.name} needs ${about}, which training does not measure`,
    hint: `a program of your own can give it: ${source}`,
  };
}
