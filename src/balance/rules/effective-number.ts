import { fixedRule } from '../rule.ts';
import { sumOf } from '../sums.ts';

/**
 * Class-balanced weights 1 / E_n, E_n = (1 - beta^n) / (1 - beta) the effective number of n samples (Cui
 * et al., CVPR 2019), as volume: p ~ m / E_n, which has the expected gradient of the weights under natural
 * sampling. n = m x samples, since a degradation space has no number of samples of its own. beta 0 is
 * natural sampling, beta towards 1 the same share for every task.
 */
export const effectiveNumber = fixedRule(
  'effective-number',
  'natural masses over the effective number of samples',
  ({ masses, constants }) => {
    const { beta, samples } = constants as { beta: number; samples: number };
    const wanted = masses.map((mass) =>
      mass > 0 ? (mass * (1 - beta)) / (1 - beta ** (mass * samples)) : 0,
    );
    const total = sumOf(wanted);
    return wanted.map((share) => share / total);
  },
  {
    constants: {
      beta: { value: 0.999, low: 0, high: 1 - 1e-9, about: '0 is natural sampling' },
      samples: { value: 10_000, low: 1, high: 1e12, about: 'samples that the masses are parts of' },
    },
  },
);
