/** The keys of `balance`. */
import { z } from 'zod';
import { balanceDefaults } from '../balance/config.ts';
import { objectiveNames, objectives } from '../balance/objective.ts';
import { balanceRules, ruleLines } from '../balance/rules/index.ts';
import { psnrLimit } from '../balance/transfer.ts';
import { path } from './config-path.ts';

const constantLines = balanceRules
  .filter(({ constants }) => Object.keys(constants).length > 0)
  .map(({ name, constants }) => {
    const values = Object.entries(constants).map(([key, { value }]) => `${key} ${value}`);
    return `${name}: ${values.join(', ')}`;
  })
  .join('; ');

const objectiveLines = objectiveNames.map((name) => `${name}: ${objectives[name]}`).join('; ');

const count = (low = 1) => z.int().min(low);
const fraction = z.number().min(0).max(1);

export const balance = z.strictObject({
  rule: z
    .enum(balanceRules.map(({ name }) => name))
    .default(balanceDefaults.rule)
    .describe(ruleLines(balanceRules)),
  gamma: z
    .number()
    .min(0)
    .max(10)
    .default(balanceDefaults.gamma)
    .describe('power of the focal weight'),
  emaWeight: z
    .number()
    .gt(0)
    .max(1)
    .default(balanceDefaults.emaWeight)
    .describe('weight of the newest PSNR in the moving average of a task'),
  epsilon: z
    .number()
    .gt(0)
    .lt(0.5)
    .default(balanceDefaults.epsilon)
    .describe('KPIs are kept within [epsilon, 1 - epsilon]'),
  lambda: fraction
    .default(balanceDefaults.lambda)
    .describe('share of the anchor that no weight can move'),
  floor: fraction
    .default(balanceDefaults.floor)
    .describe('least quota of a task, as a multiple of its anchor'),
  ceiling: z
    .number()
    .min(1)
    .default(balanceDefaults.ceiling)
    .describe('greatest quota of a task, as a multiple of its anchor'),
  stepLimit: z
    .number()
    .gt(1)
    .default(balanceDefaults.stepLimit)
    .describe('greatest factor by which one update moves a quota'),
  anchor: z
    .union([z.enum(['natural', 'uniform']), z.record(z.string(), z.number().gt(0))])
    .default('natural')
    .describe('quotas for equal weights: natural masses, uniform, or task -> share'),
  warmup: count(0)
    .default(balanceDefaults.warmup)
    .describe('steps at the anchor before the first update'),
  every: count().default(balanceDefaults.every).describe('steps between two updates of the quotas'),
  references: z
    .union([
      path,
      z.strictObject({
        specialistSteps: count(10).describe('steps of the specialist of each task'),
      }),
      z.record(z.string(), z.number()),
    ])
    .nullable()
    .default({ specialistSteps: 400 })
    .describe(
      'PSNR that a specialist reaches: measured in the run at the first update (specialistSteps), file of `tasks measure`, task -> dB, or null',
    ),
  constants: z
    .record(z.string(), z.number())
    .default({})
    .describe(`constants that only the rule has, name -> number: ${constantLines}`),
  objective: z
    .enum(objectiveNames)
    .nullable()
    .default(null)
    .describe(
      `what a rule that weighs tasks against each other pursues: ${objectiveLines}; null takes the first that the rule can pursue`,
    ),
  transfer: z
    .union([
      path,
      z.strictObject({
        specialistSteps: count(10).describe('steps of the specialist of each task'),
        every: count()
          .nullable()
          .default(null)
          .describe(
            'least number of steps from one measurement to the next, which trains all specialists again; null measures once',
          ),
      }),
      z.record(z.string(), z.record(z.string(), z.number().min(-psnrLimit).max(psnrLimit))),
    ])
    .nullable()
    .default(null)
    .describe(
      'PSNR of the specialist of each task on every task, for transfer-matrix and constrained: measured in the run at the first update and now and then (specialistSteps, every), file of `tasks measure`, or task -> {task: dB}',
    ),
  natural: path
    .nullable()
    .default(null)
    .describe(
      'folder of a run by the rule natural that is alike in all but balance, for constrained: it compares with the probe PSNR there at its updates, so validation.every must have measured at these',
    ),
  shares: z
    .record(z.string(), z.number().gt(0))
    .nullable()
    .default(null)
    .describe(
      'task -> share, for replay; numbers of samples will do, such as realised in metrics.jsonl',
    ),
  groups: path
    .nullable()
    .default(null)
    .describe('groups of fixed recipes, for tgsr-recipes: file of `tasks group`'),
});
