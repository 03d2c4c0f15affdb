/** Numbers and findings of a study in words, for its page and its Markdown. */
import { percent, signed, whole } from '../../report/page/format.ts';
import type { ArmResult, StudyResults } from '../results.ts';
import type { Difference } from './crossed.ts';
import { type Condition, type GoalVerdict, goalLimits } from './goal.ts';
import { type MeasureKey, measures } from './measures.ts';

export const unknown = '–';

/** A number with the digits of its measure; a dash where it is unknown. */
export function valueText(value: number | null | undefined, key: MeasureKey): string {
  return fixed(value, measures[key].digits);
}

export function fixed(value: number | null | undefined, digits: number): string {
  return isKnown(value) ? value.toFixed(digits).replace('-', '−') : unknown;
}

export function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

export function wholeText(value: number | null | undefined): string {
  return isKnown(value) ? whole(value) : unknown;
}

export function shareText(value: number | null | undefined): string {
  return isKnown(value) ? percent(value) : unknown;
}

/** `+0.013 ± 0.004`: a difference and its standard error. */
export function differenceText(difference: Difference | undefined, key: MeasureKey): string {
  if (!isKnown(difference?.value)) return unknown;
  const { differenceDigits: digits } = measures[key];
  const error = difference.standardError;
  const value = signed(difference.value, digits);
  return error === null ? value : `${value} ± ${error.toFixed(digits)}`;
}

/** `[−0.02, +0.05]`. */
export function intervalText(interval: CrossedInterval, digits: number): string {
  return interval ? `[${signed(interval[0], digits)}, ${signed(interval[1], digits)}]` : unknown;
}

type CrossedInterval = readonly [number, number] | null | undefined;

/** A p-value to three digits; very small ones as a bound. */
export function pText(p: number | null | undefined): string {
  if (!isKnown(p)) return unknown;
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

export function metText(met: boolean | null): string {
  return met === null ? 'unknown' : met ? 'yes' : 'no';
}

/** `−0.13 small-very-noisy`: the task that decides a condition. */
export function conditionText({ value, task }: Condition): string {
  return value === null ? unknown : `${signed(value, 3)}${task ? ` ${task}` : ''}`;
}

function lowestText({ value, task, met }: Condition): string {
  if (value === null) return 'not known';
  return `${signed(value, 3)} dB (${task}; enough: ${metText(met)})`;
}

/** The three conditions of the goal, each with what was found. */
function goalText({ macro, tasks, bicubic, lost }: GoalVerdict, baseline: string): string {
  const over =
    bicubic.met === true
      ? 'bicubic beaten in every task'
      : bicubic.met === null
        ? 'not known whether bicubic is beaten in every task'
        : `bicubic is not beaten in ${lost.join(', ')}`;
  return `${signed(macro.value, 3)} dB over ${baseline} in the mean over tasks (enough: ${metText(macro.met)}), in its lowest task ${lowestText(tasks)}, ${over}`;
}

export const goalSentence = `Goal: at least ${goalLimits.macro} dB PSNR-Y better than the baseline in the mean over tasks, no task worse by more than ${goalLimits.task} dB, and better than bicubic interpolation in every task.`;

/** Of every budget, which arms meet the goal, or which one comes closest. */
export function verdicts({ arms, baseline }: StudyResults): string[] {
  const budgets = [...new Set(arms.map(({ budget }) => budget))];
  return budgets.map((budget) => {
    const compared = arms.filter((arm) => arm.budget === budget && arm.against);
    return `${whole(budget)} steps: ${verdictOf(compared, baseline)}`;
  });
}

function verdictOf(arms: readonly ArmResult[], baseline: string): string {
  const met = arms.filter(({ against }) => against?.goal.met);
  if (met.length > 0) {
    const told = met.map(({ arm, against }) => `${arm} (${toldOf(against, baseline)})`);
    return `${met.length === 1 ? 'one arm meets' : `${met.length} arms meet`} the goal: ${told.join('; ')}.`;
  }
  const known = arms.filter(({ against }) => isKnown(against?.goal.macro.value));
  if (known.length === 0) return `no arm can be compared with ${baseline} yet.`;
  const gainOf = ({ against }: ArmResult) => against?.goal.macro.value as number;
  const best = known.reduce((a, b) => (gainOf(b) > gainOf(a) ? b : a));
  const isOpen = arms.some(({ against }) => against?.goal.met === null);
  const head = isOpen ? 'no arm is known to meet the goal' : 'no arm meets the goal';
  return `${head}; highest in the mean is ${best.arm}: ${toldOf(best.against, baseline)}.`;
}

function toldOf(against: ArmResult['against'], baseline: string): string {
  if (!against) return unknown;
  const macro = against.measures.psnrY?.macro;
  const support = against.resampled.support;
  const sure = support === null ? '' : `; met in ${percent(support, 0)} of the resamples`;
  return `${goalText(against.goal, baseline)}; 95\u202f% interval ${intervalText(macro?.interval, 3)}, p after Holm ${pText(against.adjustedP)}${sure}`;
}

/** How the numbers came about. */
export function methodTexts({ resamples, seed, baseline }: StudyResults): string[] {
  return [
    'Every run is scored on the same degraded images. A task counts by the mean over its images and seeds; the mean over tasks (macro) gives each the same weight, the mean by mass its natural share.',
    `Differences are paired: the same image and the same seed, arm minus ${baseline}. Standard errors cluster by photograph and by seed (two-way, Cameron, Gelbach and Miller 2011): with equally many images of each photograph this is the unbiased variance of two crossed random factors, which holds for three seeds too, where a bootstrap over seeds sees two thirds of theirs. Intervals (95 %) and p-values take Student's t with Satterthwaite's degrees of freedom.`,
    'p-values of the macro PSNR-Y differences are adjusted by Holm over all arms of a budget: below 0.05 after it, the chance of any false finding among them is below 5 %. Values by task and of other measures are not adjusted: among many of them some lie outside their intervals by chance.',
    `What is no mean (worst task, spread over tasks, whether the goal holds) has percentile intervals of a crossed bootstrap: photographs and seeds drawn again independently, ${whole(resamples)} times, seed ${seed}.`,
    "Gap: PSNR-Y of the specialist of a task on its images minus the network's. AR and RPR as in SEAL, tasks as cases: the share of tasks at or above the acceptance network's PSNR-Y, and sigmoid((Q − Q_acc) / (Q_exc − Q_acc)) in the mean over the tasks whose lines lie at least 0.1 dB apart; 0.5 is the acceptance line, 0.73 the specialist.",
  ];
}
