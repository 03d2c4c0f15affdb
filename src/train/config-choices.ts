/** Values of the configuration that take a line each to choose among. */
import { objectiveNames, objectives } from '../balance/objective.ts';
import { balanceRules } from '../balance/rules/index.ts';

/** Names that stand for something that takes a line to say, by the key that they are a value of. */
const choices = new Map([
  ['balance.rule', balanceRules.map(({ name, summary }) => `${name}: ${summary}`)],
  ['balance.objective', objectiveNames.map((name) => `${name}: ${objectives[name]}`)],
]);

/** Every name that a key can hold, with its line; nothing for other keys. */
export function choiceLines(key: string): string {
  return (choices.get(key) ?? []).map((line) => `\n  ${line}`).join('');
}
