import type { Constants } from '../constants.ts';
import { gapOf, smooth } from '../kpi.ts';
import { type BalanceRule, plainRule, volume } from '../rule.ts';
import { approach } from '../shares.ts';

interface TgsrState {
  /** Group of each task from 1, 0 for a task in none; null until they are formed. */
  readonly groups: readonly number[] | null;
  readonly shares: readonly number[];
}

interface ThresholdConstants {
  readonly highest: number;
  readonly lowest: number;
  readonly groups: number;
}

/** Evenly spaced from the highest to the lowest; one group has the highest. */
function thresholdsOf({ highest, lowest, groups }: ThresholdConstants): number[] {
  const count = Math.floor(groups);
  const step = count > 1 ? (highest - lowest) / (count - 1) : 0;
  return Array.from({ length: count }, (_, index) => highest - step * index);
}

/**
 * Group of each task from 1, by falling thresholds on its improvement in dB: a task is in the first group
 * whose threshold it passes. 0 for a task that passes none or whose improvement is unknown.
 */
export function improvementGroups(
  improvements: readonly (number | null)[],
  thresholds: readonly number[],
): number[] {
  return improvements.map(
    (gain) => thresholds.findIndex((threshold) => gain !== null && gain > threshold) + 1,
  );
}

/**
 * Shares of drawing a group uniformly, then a task of it uniformly. The whole space, at its natural masses,
 * is one group more, kept against forgetting; groups without tasks are none.
 */
export function groupShares(groups: readonly number[], masses: readonly number[]): number[] {
  const sizes = new Map<number, number>();
  for (const group of groups) if (group > 0) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const share = 1 / (sizes.size + 1);
  return masses.map((mass, task) => {
    const size = sizes.get(groups[task] as number);
    return share * (mass + (size === undefined ? 0 : 1 / size));
  });
}

/**
 * Task grouping after TGSR (Zhang et al., NeurIPS 2023) for the tasks of a grid: improvement is what a
 * specialist gains on a task over the shared network at the first update, and groups stay as they are
 * formed then. TGSR itself groups fixed recipes: tgsr-recipes.ts.
 */
export const tgsr: BalanceRule<TgsrState> = {
  ...plainRule,
  name: 'tgsr',
  summary: 'tasks grouped by what a specialist gains, the same share for every group',
  steers: 'shares',
  decides: 'at updates',
  needs: ['references'],
  constants: {
    highest: { value: 0.8, low: 0, high: 100, about: 'threshold of the first group, in dB' },
    lowest: { value: 0.2, low: 0, high: 100, about: 'threshold of the last group, in dB' },
    groups: { value: 4, low: 1, high: 100, about: 'groups, their thresholds evenly spaced' },
  },
  start: ({ anchor }) => volume(anchor, { groups: null, shares: anchor }),
  update({ anchor, masses, references, config, constants }, state, { probePsnr }) {
    const thresholds = thresholdsOf(constants as Constants & ThresholdConstants);
    const gains = references.map((reference, task) =>
      gapOf(smooth(null, probePsnr[task], 1), reference),
    );
    const known = gains.some((gain) => gain !== null);
    const groups = state.groups ?? (known ? improvementGroups(gains, thresholds) : null);
    const wanted = groups ? groupShares(groups, masses) : masses;
    const shares = approach(anchor, state.shares, wanted, config);
    return volume(shares, { groups, shares }, groups ? { group: groups } : {});
  },
};
