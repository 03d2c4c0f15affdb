/** What a rule that weighs tasks against each other can pursue; the objectives pull apart. */
export const objectives = {
  mean: 'the mean PSNR over the tasks',
  worst: 'the PSNR of the task that is furthest below its specialist',
  'no-task-below-natural':
    'the mean PSNR, while no task falls below what natural sampling gives it',
} as const;

export type Objective = keyof typeof objectives;

export const objectiveNames = Object.keys(objectives) as [Objective, ...Objective[]];
