import { fixedRule } from '../rule.ts';

export const uniform = fixedRule('uniform', 'the same share for every task', ({ taskIds }) =>
  taskIds.map(() => 1 / taskIds.length),
);
