import { smooth } from '../kpi.ts';
import { type BalanceContext, type BalanceRule, plainRule, volume } from '../rule.ts';
import { approach } from '../shares.ts';

interface CurriculumState {
  /** PSNR of each task at its first probe: what makes it easy or hard. */
  readonly firstPsnr: readonly (number | null)[];
  readonly shares: readonly number[];
}

/** c(s) = min(1, sqrt(s (1 - c0^2) / S + c0^2)) (Platanios et al., NAACL 2019). */
export function competence(
  step: number,
  { start, steps }: { start: number; steps: number },
): number {
  return Math.min(1, Math.sqrt((step * (1 - start ** 2)) / steps + start ** 2));
}

/** 1 for the easiest tasks: those before which less than `part` of the mass lies; the first always. */
function admitted(
  { masses }: BalanceContext,
  firstPsnr: readonly (number | null)[],
  part: number,
): boolean[] {
  const ease = (task: number) => firstPsnr[task] ?? Number.POSITIVE_INFINITY;
  const easiest = masses.map((_, task) => task).sort((a, b) => ease(b) - ease(a) || a - b);
  const isIn = masses.map(() => false);
  let before = 0;
  for (const task of easiest) {
    if (before >= part && before > 0) break;
    isIn[task] = true;
    before += masses[task] as number;
  }
  return isIn;
}

/**
 * Easy tasks first: tasks are admitted by the PSNR of their first probes as competence grows, at their
 * natural masses; the others are held at their floor until then.
 */
export const curriculum: BalanceRule<CurriculumState> = {
  ...plainRule,
  name: 'curriculum',
  summary: 'easy tasks first, all of them once competence has grown',
  steers: 'shares',
  decides: 'at updates',
  constants: {
    start: { value: 0.3, low: 0.01, high: 1, about: 'part of the mass admitted at the beginning' },
    steps: { value: 20_000, low: 1, high: 1e12, about: 'steps until every task is admitted' },
  },
  start: (context) =>
    volume(context.anchor, {
      firstPsnr: context.taskIds.map(() => null),
      shares: context.anchor,
    }),
  update(context, state, { step, probePsnr }) {
    const { anchor, masses, config, constants } = context;
    const firstPsnr = state.firstPsnr.map((known, task) =>
      known === null ? smooth(null, probePsnr[task], 1) : known,
    );
    const part = competence(step, constants as { start: number; steps: number });
    const isIn = admitted(context, firstPsnr, part);
    const wanted = masses.map((mass, task) => (isIn[task] ? mass : 0));
    const shares = approach(anchor, state.shares, wanted, config);
    return volume(shares, { firstPsnr, shares }, { admitted: isIn.map(Number) });
  },
};
