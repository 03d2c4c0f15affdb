import { gapOf, smoothEach } from '../kpi.ts';
import { softmax } from '../loss-weights.ts';
import { type BalanceRule, plainRule, volume } from '../rule.ts';
import { approach } from '../shares.ts';

interface DroState {
  readonly psnr: readonly (number | null)[];
  readonly shares: readonly number[];
}

/**
 * Online distributionally robust sampling: log p += eta max(excess, 0), normalised, then mixed with the
 * anchor, p = (1 - mix) p + mix m. The update of DoReMi (Xie et al., NeurIPS 2023) straight on
 * the quotas, the excess being the gap to the specialist in dB; DoReMi mixes with equal shares. A task of
 * unknown gap has no excess.
 */
export const dro: BalanceRule<DroState> = {
  ...plainRule,
  name: 'dro',
  summary: 'shares grow exponentially with the gap to the specialist (DoReMi, online)',
  steers: 'shares',
  decides: 'at updates',
  needs: ['references'],
  constants: {
    eta: { value: 0.5, low: 0, high: 100, about: 'growth of the log share a dB of gap' },
    mix: { value: 1e-4, low: 0, high: 1, about: 'part of the anchor in every share' },
  },
  start: ({ anchor, taskIds }) => volume(anchor, { psnr: taskIds.map(() => null), shares: anchor }),
  update({ anchor, references, config, constants }, state, { probePsnr }) {
    const { eta, mix } = constants as { eta: number; mix: number };
    const psnr = smoothEach(state.psnr, probePsnr, config.emaWeight);
    const excess = psnr.map((value, task) =>
      Math.max(gapOf(value, references[task] ?? null) ?? 0, 0),
    );
    const grown = softmax(
      state.shares.map((share, task) => Math.log(share) + eta * (excess[task] as number)),
    );
    const wanted = grown.map((share, task) => (1 - mix) * share + mix * (anchor[task] as number));
    const shares = approach(anchor, state.shares, wanted, config);
    return volume(shares, { psnr, shares }, { psnr, excess });
  },
};
