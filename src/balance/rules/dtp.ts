import { focalWeights } from '../focal.ts';
import { kpi, smoothEach } from '../kpi.ts';
import { equalWeights, weighted } from '../loss-weights.ts';
import { type BalanceRule, plainRule } from '../rule.ts';

interface DtpState {
  readonly psnr: readonly (number | null)[];
}

/**
 * Dynamic task prioritization (Guo et al., ECCV 2018): weights -(1 - k)^gamma log k of the tasks' losses, k
 * the KPI. Unlike `loss-weight` the sum is over tasks, and no anchor or bound holds the weights.
 */
export const dtp: BalanceRule<DtpState> = {
  ...plainRule,
  name: 'dtp',
  summary: 'loss weights by dynamic task prioritization, without bounds',
  steers: 'loss',
  decides: 'at updates',
  needs: ['references'],
  start: (context) => equalWeights(context, { psnr: context.taskIds.map(() => null) }),
  update(context, state, { probePsnr }) {
    const { references, config } = context;
    const psnr = smoothEach(state.psnr, probePsnr, config.emaWeight);
    const kpis = psnr.map((value, task) => kpi(value, references[task] ?? null, config.epsilon));
    const equal = kpis.map(() => 1 / kpis.length);
    const focal = focalWeights(kpis, config.gamma, equal);
    return weighted(context, focal, { psnr }, { psnr, kpi: kpis, focal });
  },
};
