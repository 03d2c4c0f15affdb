import { fixedRule } from '../rule.ts';

/** Every task counts the same, however rare it is in the space. */
export const uniform = fixedRule('uniform', 'the same share for every task', ({ taskIds }) =>
  taskIds.map(() => 1 / taskIds.length),
);
