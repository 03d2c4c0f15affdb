import { fixedRule } from '../rule.ts';

/** Samples as the degradation space yields them: plain Real-ESRGAN. */
export const natural = fixedRule(
  'natural',
  'plain sampling from the space',
  (context) => context.masses,
);
