/**
 * The product's goal: better than the baseline by 0.1 dB PSNR-Y in the mean over tasks, no task worse by
 * more than 0.02 dB, and better than bicubic interpolation in every task.
 */

export const goalLimits = { macro: 0.1, task: 0.02 } as const;

export interface TaskValue {
  task: string;
  /** In dB; null where it is unknown. */
  value: number | null;
}

export interface Condition {
  /** What was found: of the tasks the lowest value. Null where it is unknown. */
  value: number | null;
  task?: string;
  /** Null where what is known does not decide it. */
  met: boolean | null;
}

export interface GoalVerdict {
  macro: Condition;
  tasks: Condition;
  bicubic: Condition;
  /** Tasks in which bicubic interpolation is better or the same. */
  lost: readonly string[];
  met: boolean | null;
}

/** All of three-valued logic: one false is enough for false, without one an unknown makes it unknown. */
function every(verdicts: readonly (boolean | null)[]): boolean | null {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(null) ? null : true;
}

/** The lowest of the values; what it must satisfy decides for all of them. */
function lowest(values: readonly TaskValue[], passes: (value: number) => boolean): Condition {
  const known = values.filter(({ value }) => value !== null) as { task: string; value: number }[];
  if (known.length === 0) return { value: null, met: null };
  const { task, value } = known.reduce((a, b) => (b.value < a.value ? b : a));
  return {
    task,
    value,
    met: every(values.map((one) => (one.value === null ? null : passes(one.value)))),
  };
}

/**
 * @param macro gain over the baseline in the mean over tasks, dB
 * @param tasks gain over the baseline by task, dB
 * @param overBicubic gain over bicubic interpolation by task, dB
 */
export function judgeGoal(
  macro: number | null,
  tasks: readonly TaskValue[],
  overBicubic: readonly TaskValue[],
): GoalVerdict {
  const conditions = {
    macro: { value: macro, met: macro === null ? null : macro >= goalLimits.macro },
    tasks: lowest(tasks, (value) => value >= -goalLimits.task),
    bicubic: lowest(overBicubic, (value) => value > 0),
  };
  return {
    ...conditions,
    lost: overBicubic.flatMap(({ task, value }) => (value !== null && value <= 0 ? [task] : [])),
    met: every(Object.values(conditions).map(({ met }) => met)),
  };
}
