/**
 * Learning rates, with the timing of BasicSR: its scheduler steps before every iteration from the
 * second, so that at iteration n its counter is n - 1 and a milestone m acts from iteration m + 1.
 */

export type Schedule =
  | { type: 'constant' }
  | { type: 'multistep'; milestones: readonly number[]; factor: number }
  | { type: 'cosine'; minimum: number; periods: number };

export interface LearningRateOptions {
  /** The rate before any schedule. */
  learningRate: number;
  schedule: Schedule;
  /** Steps of the whole run: where the last cosine period ends. */
  steps: number;
  /** Steps over which the rate rises linearly from 0; the schedule's own value is ignored meanwhile. */
  warmup: number;
}

/**
 * The learning rate of a step, counted from 1.
 *
 * Multi-step: eta_0 factor^(milestones <= n - 1). Cosine with restarts (SGDR, arXiv 1608.03983, eq.
 * 5): eta_min + (eta_0 - eta_min) (1 + cos(pi (t - t_0) / T)) / 2 with t = n - 1 and periods closed on
 * the right, as in BasicSR: the last step of a period is its lowest, and after a restart the rate
 * begins one step below eta_0. Warm-up as BasicSR's `warmup_iter`: eta_0 n / warmup for n < warmup.
 */
export function learningRateAt(step: number, options: LearningRateOptions): number {
  const { learningRate, schedule, warmup } = options;
  if (step < warmup) return (learningRate / warmup) * step;
  const counter = step - 1;
  switch (schedule.type) {
    case 'constant':
      return learningRate;
    case 'multistep': {
      const passed = schedule.milestones.filter((milestone) => milestone <= counter).length;
      return learningRate * schedule.factor ** passed;
    }
    case 'cosine': {
      const period = options.steps / schedule.periods;
      const index = Math.max(0, Math.ceil(counter / period) - 1);
      const position = (counter - index * period) / period;
      const range = learningRate - schedule.minimum;
      return schedule.minimum + 0.5 * range * (1 + Math.cos(Math.PI * position));
    }
  }
}
