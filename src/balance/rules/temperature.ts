import { fixedRule } from '../rule.ts';

/**
 * p ~ m^(1 / tau), from the natural masses (tau 1) to equal shares (tau to infinity): the sampling of
 * multilingual corpora in fairseq (Arivazhagan et al., arXiv 1907.05019), whose tau 1.5 is the default.
 */
export const temperature = fixedRule(
  'temperature',
  'natural masses to the power 1 / tau',
  ({ masses, constants }) => {
    const powers = masses.map((mass) => mass ** (1 / (constants.tau as number)));
    const total = powers.reduce((sum, power) => sum + power, 0);
    return powers.map((power) => power / total);
  },
  { constants: { tau: { value: 1.5, low: 1, high: 1000, about: '1 is natural sampling' } } },
);
