import { focalWeights } from './focal.ts';
import { kpi, smoothEach } from './kpi.ts';
import type { BalanceContext, Observation } from './rule.ts';
import { nextShares } from './shares.ts';

export interface FocalState {
  /** Smoothed probe PSNR of each task in dB; null before its first probe. */
  readonly psnr: readonly (number | null)[];
  readonly shares: readonly number[];
}

export interface FocalUpdate {
  readonly state: FocalState;
  readonly report: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The beginning of that chain: nothing measured, samples at the anchor. */
export function startFocal(context: BalanceContext): FocalUpdate {
  const unknown = context.taskIds.map(() => null);
  return { state: { psnr: unknown, shares: [...context.anchor] }, report: {} };
}

/**
 * Probe PSNR -> moving average -> KPI -> focal weight -> shares, the chain that the quota and the
 * loss-weight rule have in common. Without references no KPI can be formed and the shares move back
 * to the anchor.
 */
export function updateFocal(
  context: BalanceContext,
  state: FocalState,
  observation: Observation,
): FocalUpdate {
  const { config, anchor, references } = context;
  const psnr = smoothEach(state.psnr, observation.probePsnr, config.emaWeight);
  const kpis = psnr.map((value, task) => kpi(value, references[task] ?? null, config.epsilon));
  const focal = focalWeights(kpis, config.gamma, anchor);
  const shares = nextShares(anchor, focal, state.shares, config);
  const known = focal.map((weight, task) => (kpis[task] === null ? null : weight));
  return { state: { psnr, shares }, report: { psnr, kpi: kpis, focal: known } };
}
